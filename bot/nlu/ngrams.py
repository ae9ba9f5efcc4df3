"""Words, word pairs, letter groups and concepts of a text, by how telling each is (TF-IDF).

Letter groups recognise slang and typos that the encoder has never seen ("gausahh deh"), concepts
a wish in words that no example has.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu.concepts import concepts

_SHORTEST, _LONGEST = 2, 4
_MIN_TEXTS = 2  # a group seen in one text only teaches nothing
# The length of what a text says in letters, words and concepts. More for concepts calls more angry.
_LENGTHS = {"c": 1.0, "w": 1.0, "k": 0.7}


@dataclass(frozen=True)
class NGrams:
    """The groups learnt from a set of texts, each with its column and its inverse frequency."""

    columns: dict[str, int]
    idf: np.ndarray  # (n,), float32

    @classmethod
    def learn(cls, texts: Sequence[str]) -> "NGrams":
        """Keep the groups that stand in at least two of `texts`."""
        seen_in = Counter(group for text in texts for group in _groups(text))
        # Sorted, so that the same data give the same model.
        kept = sorted(g for g, n in seen_in.items() if n >= _MIN_TEXTS or g.startswith("w"))
        idf = [math.log((1 + len(texts)) / (1 + seen_in[group])) + 1 for group in kept]
        columns = {group: column for column, group in enumerate(kept)}
        return cls(columns, np.array(idf, dtype=np.float32))

    def weigh(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return columns (k,) and weights (k,) of `text`, each kind scaled to its length."""
        columns: list[int] = []
        weights: list[float] = []
        lengths = dict.fromkeys(_LENGTHS, 0.0)
        groups = [(g, n) for g, n in _groups(text).items() if g in self.columns]
        for group, count in groups:
            column = self.columns[group]
            weight = (1 + math.log(count)) * float(self.idf[column])
            columns.append(column)
            weights.append(weight)
            lengths[group[0]] += weight * weight
        scale = {
            kind: _LENGTHS[kind] / math.sqrt(length) if length else 0.0
            for kind, length in lengths.items()
        }
        scaled = [w * scale[group[0]] for (group, _), w in zip(groups, weights, strict=True)]
        return np.array(columns, dtype=np.intp), np.array(scaled, dtype=np.float32)

    def matrix(self, texts: Iterable[str]) -> csr_matrix:
        """Return the weights of all `texts` as a sparse matrix (texts, groups)."""
        rows = [self.weigh(text) for text in texts]
        ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
        columns = np.concatenate([columns for columns, _ in rows])
        weights = np.concatenate([weights for _, weights in rows])
        return csr_matrix((weights, columns, ends), shape=(len(rows), len(self.columns)))


def _groups(text: str) -> Counter[str]:
    words = text.split()
    groups = Counter(f"w{word}" for word in words)
    groups.update(f"w{first} {second}" for first, second in pairwise(words))
    groups.update(f"k{concept}" for concept in concepts(words))
    for word in words:
        padded = f" {word} "
        for size in range(_SHORTEST, min(_LONGEST, len(padded)) + 1):
            groups.update(f"c{padded[i : i + size]}" for i in range(len(padded) - size + 1))
    return groups
