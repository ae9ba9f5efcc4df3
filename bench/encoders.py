"""Encoders for benchmarks: what was encoded once is kept on disk, and a text alone is not.

The public sets hold 46,000 different texts, ten minutes of a core for `full`, and are searched by
a dozen searches. The profile `full` is two encoders side by side, so its vectors are kept for all.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq.e5 import ANSWER, E5
from faq.e5_setup import prepare
from faq.encoder import Encoder
from faq.index import unit
from faq.profiles import FULL, LIGHT, version
from faq.recall import Encodes
from settings import load_settings

Vectors = NDArray[np.float32]

E5_ALONE = "multilingual-e5-small"
_E5_WIDTH = 384
_AT_ONCE = 2_000  # texts, after which what was encoded is safe


class E5Alone:
    """The e5 half of the profile `full`, by itself: multilingual-e5-small, centred."""

    model = E5_ALONE

    def __init__(self) -> None:
        """Load the model, making its files at the first time."""
        self._e5 = E5(prepare(load_settings().encoder_dir, version(FULL)))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, (n, 384), of length 1."""
        return unit(self._e5.encode(texts))

    def encode_answers(self, texts: Sequence[str]) -> Vectors:
        """Return the same for texts that answer a question."""
        return unit(self._e5.encode(texts, ANSWER))


class Kept:
    """The vectors of one encoder, in memory and in a folder."""

    def __init__(self, model: str, folder: Path, what: str = "vectors") -> None:
        """Read what is kept of `model` in `folder`, unless its version is another one now."""
        self._model = model
        digest = hashlib.sha256(version(model).encode()).hexdigest()[:12]
        self._folder = folder / f"{what}-{digest}"
        self._known: dict[str, Vectors] = {}
        for file in sorted(self._folder.glob("*.npy")):
            texts = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
            self._known.update(zip(texts, np.load(file), strict=True))

    def encode(self, texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        """Return one vector per text, (n, d), asking `encode` for those that are not kept."""
        new = sorted({text for text in texts if text not in self._known}, key=len)
        for at in range(0, len(new), _AT_ONCE):
            some = new[at : at + _AT_ONCE]
            found = encode(some)
            self._write(some, found)
            self._known.update(zip(some, found, strict=True))
        return np.stack([self._known[text] for text in texts])

    def _write(self, texts: list[str], found: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        written = json.dumps(texts)
        place = self._folder / hashlib.sha256(written.encode()).hexdigest()[:12]
        place.with_suffix(".json").write_text(written, encoding="utf-8")
        half = place.with_suffix(".half")
        with half.open("wb") as stream:
            np.save(stream, found)
        half.replace(place.with_suffix(".npy"))


class Remembering:
    """An encoder that encodes a list of texts only once.

    A single text is encoded again each time, so that questions are timed as in service.
    """

    def __init__(self, model: str, kept: Kept, answers: Kept, part: slice) -> None:
        """Serve `model` by the columns `part` of the vectors kept of questions and answers."""
        self.model = model
        self._kept, self._answers, self._part = kept, answers, part
        self._encoder: Encodes | None = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, (n, d), of length 1."""
        if len(texts) == 1:
            return self.alone().encode(texts)
        if not texts:
            return self._kept.encode(["."], self._whole)[:0, self._part]
        return unit(self._kept.encode(texts, self._whole)[:, self._part])

    def encode_answers(self, texts: Sequence[str]) -> Vectors:
        """Return the same for answers, which are never timed."""
        if not texts:
            return self.encode(texts)
        kept = self._answers.encode(texts, self._whole_model().encode_answers)
        return unit(kept[:, self._part])

    def alone(self) -> Encodes:
        """Return the model itself, loaded when it is first needed."""
        if self._encoder is None:
            self._encoder = E5Alone() if self.model == E5_ALONE else Encoder(self.model)
        return self._encoder

    def _whole(self, texts: Sequence[str]) -> Vectors:
        return self._whole_model().encode(texts)

    def _whole_model(self) -> Encodes:
        """Return the model whose vectors are kept."""
        return encoder(FULL if self.model in _PARTS else self.model).alone()


_PARTS = {LIGHT: slice(_E5_WIDTH, None), E5_ALONE: slice(0, _E5_WIDTH)}


@cache
def encoder(model: str) -> Remembering:
    """Return the encoder of that name; its vectors are kept in the data folder."""
    whole = FULL if model in _PARTS else model
    part = _PARTS.get(model, slice(None))
    return Remembering(model, _kept(whole, "vectors"), _kept(whole, "answers"), part)


@cache
def _kept(model: str, what: str) -> Kept:
    return Kept(model, load_settings().data_dir / "bench", what)
