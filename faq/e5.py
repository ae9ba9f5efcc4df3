"""Run multilingual-e5-small on one thread, from the files that `faq.e5_setup` made.

The graph holds the layers; the vectors of the 250,000 pieces of words stay in a mapped file, of
which the machine reads the few that customers use.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from faq.e5_weights import BLOCK, split

NETWORK, PIECES, WORDS, CENTRES = "network.onnx", "pieces.model", "words.npy", "centres.npy"

INPUT = "words"  # the one input of the network
# How e5 was taught to read a question that is compared with questions, and what answers one.
QUESTION, ANSWER = "query: ", "passage: "
PROMPTS = (QUESTION, ANSWER)  # in the order of their centres
_MOST_TOKENS = 512
_TOKENS_AT_ONCE = 2_048  # bounds the memory of a call to some 50 MB


class E5:
    """The loaded model. Its answer for a text does not depend on the others of the call."""

    def __init__(self, folder: Path) -> None:
        """Load the files in `folder`."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The arena would keep the memory of the longest text ever seen.
        options.enable_cpu_mem_arena = False
        self._network = onnxruntime.InferenceSession(
            folder / NETWORK, options, providers=["CPUExecutionProvider"]
        )
        self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
        self._words = np.load(folder / WORDS, mmap_mode="r")
        self.width = self._words.shape[1] * BLOCK
        self._centres = dict(zip(PROMPTS, np.load(folder / CENTRES), strict=True))

    def encode(self, texts: Sequence[str], prompt: str = QUESTION) -> NDArray[np.float32]:
        """Return one vector per text, (n, 384): how it differs from everyday sentences.

        `prompt` is QUESTION or ANSWER. Any two sentences have a cosine of .75 or more before the
        everyday ones are taken off, read in the same way. The length tells nothing.
        """
        tokens = [self._tokens(prompt + text) for text in texts]
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        same_size: dict[int, list[int]] = {}
        for row, ids in enumerate(tokens):
            same_size.setdefault(len(ids), []).append(row)
        for size, rows in same_size.items():
            step = max(1, _TOKENS_AT_ONCE // size)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                words = self._vectors(np.array([tokens[row] for row in some]))
                (vectors[some],) = self._network.run(None, {INPUT: words})
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        centred: NDArray[np.float32] = vectors / lengths - self._centres[prompt]
        return centred

    def _tokens(self, text: str) -> list[int]:
        # What the model's own normaliser does: NFKC, and a space for what cannot be seen.
        seen = (c if c.isprintable() else " " for c in unicodedata.normalize("NFKC", text))
        ids: list[int] = self._pieces.encode("".join(seen))
        return [self._pieces.bos_id(), *ids[: _MOST_TOKENS - 2], self._pieces.eos_id()]

    def _vectors(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        numbers, scales = split(self._words[tokens])
        vectors = (numbers.astype(np.float32) - 8) * scales[..., None]
        return vectors.reshape(*tokens.shape, self.width)
