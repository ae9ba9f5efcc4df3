"""Encode again only what has changed since the last build: a small edit is published in seconds."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encodes(Protocol):
    """Whatever turns texts into vectors (n, d), under the name of its model."""

    @property
    def model(self) -> str:
        """The model's name; vectors of different models cannot be compared."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per question."""
        ...

    def encode_answers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per text that answers a question; some models read these otherwise."""
        ...


class Recall:
    """An encoder that remembers vectors, and loads its model only for texts it has none of."""

    def __init__(
        self,
        model: str,
        load: Callable[[str], Encodes],
        questions: dict[str, NDArray[np.float32]],
        answers: dict[str, NDArray[np.float32]],
    ) -> None:
        """Remember vectors (d,) by text, all of `model`; `load` gives the real encoder."""
        self.model = model
        self._load = load
        self._questions, self._answers = questions, answers

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per question, (n, d)."""
        return _recalled(texts, self._questions, lambda new: self._load(self.model).encode(new))

    def encode_answers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per answer, (n, d)."""
        return _recalled(
            texts, self._answers, lambda new: self._load(self.model).encode_answers(new)
        )


def _recalled(
    texts: Sequence[str],
    known: dict[str, NDArray[np.float32]],
    encode: Callable[[Sequence[str]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    new = sorted({text for text in texts if text not in known})
    if new or not texts:
        found = encode(new)
        known.update(zip(new, found, strict=True))
    if not texts:
        return found
    return np.stack([known[text] for text in texts])
