"""Put the articles in order for a question, from every signal that earned its place.

The weights were chosen on the development folds named in docs/faq.md, never on test queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.corpus import Corpus, rows_of
from faq.head import Head
from faq.index import Opener, PassageIndex, Passages, unit
from faq.lexical import LetterIndex

WEIGHTS = {"meaning": 1.0, "letters": 0.55, "whole": 0.25, "answer": 0.3, "head": 0.25}
_SURPRISE = 1e-4  # the head's smallest probability that still counts
_LEAST_LEFT = 1e-6  # below this a probability in single precision says nothing
_STRANGERS_COUNT = 40  # a small base's own middle is not trusted more than this many strangers'


@dataclass(frozen=True, slots=True)
class Scores:
    """Signals and their sum for some questions, each (questions, articles)."""

    total: NDArray[np.float32]
    meaning: NDArray[np.float32]  # cosine with the nearest wording
    head: NDArray[np.float32] | None  # probability by the classifier, if there is one

    def without(self, gone: NDArray[np.bool_]) -> "Scores":
        """Return the scores had the articles `gone` (questions, articles) not been written.

        What the head gave them falls to the others and to "none of them", each in proportion.
        """
        total, given, head = self.total, self.head, None
        if given is not None:
            left = 1 - np.where(gone, given, 0).sum(axis=1, keepdims=True, dtype=np.float64)
            head = np.where(gone, 0, given / np.maximum(left, _LEAST_LEFT)).astype(np.float32)
            total = total + WEIGHTS["head"] * (_told(head) - _told(given))
        nowhere = float(total.min()) - 1
        return Scores(np.where(gone, nowhere, total).astype(np.float32), self.meaning, head)


class Ranker:
    """Everything fitted on one corpus."""

    def __init__(
        self,
        centre: NDArray[np.float32],
        wordings: Passages,
        answers: Passages | None,
        letters: LetterIndex,
        head: Head | None,
    ) -> None:
        """Hold the fitted parts; a knowledge base may lack answers or enough wordings."""
        self._centre, self._wordings, self._answers = centre, wordings, answers
        self._letters, self._head = letters, head

    @classmethod
    def fit(
        cls,
        corpus: Corpus,
        wording_vectors: NDArray[np.float32],
        answer_vectors: NDArray[np.float32],
        strangers: NDArray[np.float32],
        *,
        with_head: bool,
    ) -> "Ranker":
        """Fit all parts; row i of the vectors belongs to passage i of the corpus.

        `strangers` are vectors of questions that are not for this knowledge base.
        """
        n, rows = len(corpus.article_ids), rows_of(corpus.wordings)
        letters = LetterIndex.fit(
            [p.text for p in corpus.wordings],
            rows,
            [(p.article, p.text) for p in corpus.answers],
            n,
        )
        head = None
        if with_head:
            centre = middle(wording_vectors, strangers)
            head = Head.fit(unit(wording_vectors - centre), rows, unit(strangers - centre), n)
        return cls.of_parts(corpus, wording_vectors, answer_vectors, strangers, letters, head)

    @classmethod
    def of_parts(
        cls,
        corpus: Corpus,
        wording_vectors: NDArray[np.float32],
        answer_vectors: NDArray[np.float32],
        strangers: NDArray[np.float32],
        letters: LetterIndex,
        head: Head | None,
        graph: NDArray[np.uint8] | None = None,
        opener: Opener | None = None,
    ) -> "Ranker":
        """Put a ranker together from fitted parts; `graph` is that of the wordings, if many.

        The passages are kept in memory, or where `opener` keeps them.
        """
        n = len(corpus.article_ids)
        centre = middle(wording_vectors, strangers)
        answers: Passages | None = None
        if corpus.answers:
            open_answers = opener or PassageIndex
            answers = open_answers(rows_of(corpus.answers), answer_vectors - centre, n)
        rows = rows_of(corpus.wordings)
        wordings: Passages
        if opener is None:
            wordings = PassageIndex(rows, wording_vectors - centre, n, graph)
        else:
            wordings = opener(rows, wording_vectors - centre, n)
        return cls(centre, wordings, answers, letters, head)

    def scores(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> Scores:
        """Score every article for each question, given as text and vector (questions, d)."""
        signals = self.signals(texts, vectors)
        return Scores(total_of(signals), signals["meaning"], signals.get("head"))

    def signals(
        self, texts: Sequence[str], vectors: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """Return each part's scores (questions, articles) by its name in WEIGHTS, if it is there.

        Those of the head are probabilities.
        """
        centred = unit(vectors - self._centre)
        letters, whole = self._letters.scores(texts)
        found = {"meaning": self._wordings.best(centred), "letters": letters, "whole": whole}
        if self._answers is not None:
            found["answer"] = self._answers.best(centred)
        if self._head is not None:
            found["head"] = self._head.probabilities(centred)
        return found

    def arrays(self) -> dict[str, Mapping[str, NDArray[Any]]]:
        """Return the fitted parts as arrays by name; the vectors are kept by the builder."""
        arrays: dict[str, Mapping[str, NDArray[Any]]] = {"letters": self._letters.arrays()}
        if self._head is not None:
            arrays["head"] = self._head.arrays()
        graph = self._wordings.graph()
        if graph is not None:
            arrays["graph"] = {"graph": graph}
        return arrays


def total_of(signals: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the weighted sum of these signals, (questions, articles)."""
    parts = [
        WEIGHTS[name] * (_told(one) if name == "head" else one) for name, one in signals.items()
    ]
    total: NDArray[np.float32] = np.sum(parts, axis=0, dtype=np.float32)
    return total


def _told(head: NDArray[np.float32]) -> NDArray[np.float32]:
    told: NDArray[np.float32] = np.log(np.maximum(head, _SURPRISE))
    return told


def middle(wordings: NDArray[np.float32], strangers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what all questions have in common (d,), which tells no article from another.

    Without it the cosines of a model such as e5 are all alike.
    """
    total = wordings.sum(axis=0) + _STRANGERS_COUNT * strangers.mean(axis=0)
    common: NDArray[np.float32] = total / (len(wordings) + _STRANGERS_COUNT)
    return common
