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
        """Return one vector per text."""
        ...


class Recall:
    """An encoder that remembers vectors, and loads its model only for texts it has none of."""

    def __init__(
        self, model: str, load: Callable[[str], Encodes], known: dict[str, NDArray[np.float32]]
    ) -> None:
        """Remember `known`, vectors (d,) by text, all of `model`; `load` gives the real encoder."""
        self.model = model
        self._load = load
        self._known = known

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per text, (n, d)."""
        new = sorted({text for text in texts if text not in self._known})
        if new or not texts:
            found = self._load(self.model).encode(new)
            self._known.update(zip(new, found, strict=True))
        if not texts:
            return found
        return np.stack([self._known[text] for text in texts])
