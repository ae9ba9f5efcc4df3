"""Ask a knowledge base its own questions, to learn how far its scores can be trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from faq.corpus import Corpus, rows_of
from faq.decision import ANSWERABLE_SHARE, MAX_CHOICES, Rehearsal, Vector, Yardstick, features
from faq.head import Head
from faq.ranking import Ranker, Scores
from language import plain_words

CONTENT = Path(__file__).with_name("content")
_FOLDS = 5
# Enough to fit a few numbers; keeps the build of a large base short, and its memory small.
_MOST_QUESTIONS = 3_000
_MOST_SCORES = 4_000_000


@cache
def strangers() -> tuple[str, ...]:
    """Return sentences no shop has an answer for, in every language."""
    pool = yaml.safe_load((CONTENT / "out_of_domain.yml").read_text(encoding="utf-8"))
    return tuple(plain_words(each) for sentences in pool.values() for each in sentences)


@dataclass(frozen=True, slots=True)
class Material:
    """A corpus with the vectors of its passages, row by row."""

    corpus: Corpus
    wordings: NDArray[np.float32]
    answers: NDArray[np.float32]
    strangers: NDArray[np.float32]  # of `strangers()`

    def keep(self, rows: Sequence[int]) -> "Material":
        """Return the material with only these wordings."""
        kept = tuple(self.corpus.wordings[row] for row in rows)
        return replace(
            self, corpus=replace(self.corpus, wordings=kept), wordings=self.wordings[rows]
        )

    @property
    def head_pays(self) -> bool:
        """Whether a classifier over the articles is worth fitting."""
        return Head.pays(rows_of(self.corpus.wordings))

    def ranker(self, *, with_head: bool) -> Ranker:
        """Fit a ranker on it."""
        return Ranker.fit(
            self.corpus, self.wordings, self.answers, self.taught_strangers, with_head=with_head
        )

    @property
    def taught_strangers(self) -> NDArray[np.float32]:
        """The strangers a ranker may know; the others measure it."""
        return self.strangers[::2]

    def strange(self, ranker: Ranker) -> Scores:
        """Return how the strangers score whom no head was taught."""
        return ranker.scores(strangers()[1::2], self.strangers[1::2])


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Wordings searched by a ranker that did not know them."""

    scores: Scores
    wordings: list[int]  # rows in the corpus
    articles: NDArray[np.int64]  # the right article of each


def folds(material: Material) -> Iterator[HeldOut]:
    """Search every wording of an article that has others, without itself.

    The wordings at one position go together, because the second English wording is often the
    translation of the second Indonesian one. A large base plays as many folds as it needs to.
    """
    wordings = material.corpus.wordings
    turns = [set[int]() for _ in material.corpus.article_ids]
    for wording in wordings:
        turns[wording.article].add(wording.turn % _FOLDS)
    wanted = min(_MOST_QUESTIONS, _MOST_SCORES // len(turns) + 1)
    for fold in range(_FOLDS):
        out = [
            row
            for row, wording in enumerate(wordings)
            if wording.turn % _FOLDS == fold and len(turns[wording.article]) > 1
        ]
        if not out or wanted <= 0:
            continue
        held = set(out)
        rest = material.keep([row for row in range(len(wordings)) if row not in held])
        # The rehearsal has to look like the play: with the classifier if the whole base has one.
        ranker = rest.ranker(with_head=material.head_pays)
        asked = out[:: -(-len(out) // wanted)]
        wanted -= len(asked)
        scores = ranker.scores([wordings[row].text for row in asked], material.wordings[asked])
        articles = np.array([wordings[row].article for row in asked], dtype=np.int64)
        yield HeldOut(scores, asked, articles)


def rehearse(material: Material, yardstick: Yardstick, strange: Scores) -> Rehearsal | None:
    """Return how questions with a known end look; None if no article has two wordings."""
    return as_rehearsal(material, yardstick, strange, list(folds(material)))


def as_rehearsal(
    material: Material, yardstick: Yardstick, strange: Scores, searched: Sequence[HeldOut]
) -> Rehearsal | None:
    """Return `searched` and the questions of strangers as examples of right and wrong."""
    if not searched:
        return None
    groups = material.corpus.answer_groups()
    group = np.asarray(groups)
    known, first, among, orphans = [], [], [], []
    for held in searched:
        known.append(features(held.scores, groups, yardstick))
        order = np.argsort(-held.scores.total, axis=1)[:, :MAX_CHOICES]
        right = group[order] == group[held.articles][:, None]
        first.append(right[:, 0])
        among.append(right.any(axis=1))
        without = _without(held, group)
        if without is not None:
            orphans.append(features(without, groups, yardstick))
    hopeless = [*orphans, features(strange, groups, yardstick)]
    n_known, n_hopeless = sum(map(len, known)), sum(map(len, hopeless))
    nothing = np.zeros(n_hopeless)
    return Rehearsal(
        np.concatenate([*known, *hopeless]),
        np.concatenate([*first, nothing]).astype(np.float64),
        np.concatenate([*among, nothing]).astype(np.float64),
        np.concatenate([np.full(n_known, ANSWERABLE_SHARE / n_known), _shares(hopeless)]),
    )


def _shares(hopeless: Sequence[Vector]) -> Vector:
    """Return a weight per question without an answer; half of them sound like ours."""
    n_orphans, n_strange = sum(map(len, hopeless[:-1])), len(hopeless[-1])
    share = (1 - ANSWERABLE_SHARE) / (2 if n_orphans else 1)
    return np.concatenate(
        [np.full(n_orphans, share / max(n_orphans, 1)), np.full(n_strange, share / n_strange)]
    )


def _without(held: HeldOut, group: NDArray[np.int64]) -> Scores | None:
    """Return the scores as they would be, had the right article not been written."""
    gone = group[None, :] == group[held.articles][:, None]
    if gone.all(axis=1).any():
        return None
    return held.scores.without(gone)
