"""Answer, ask back or admit not knowing, by the probability that the best article is right.

A raw score means something else for every model and knowledge base, so it is first measured in
spreads of the scores that questions from other worlds reach here (`content/out_of_domain.yml`).
A logistic regression over those features is fitted on the knowledge base's own wordings, each
searched without itself (right or wrong), without its article (wrong), and on the pool (wrong).
It starts from a prior learned on our own articles cut down to one wording (`content/prior.json`),
so that it also works where there are no wordings to learn from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from faq.ranking import Scores

Decision = Literal["answer", "clarify", "abstain"]
Vector = NDArray[np.float64]

MAX_CHOICES = 3
# What we promise, not what a model needs: of 100 answers given at most 5 are wrong, and choices
# are shown when the right article is more likely among them than not.
WRONG_AMONG_ANSWERED = 0.05
RIGHT_AMONG_CHOICES = 0.5
# Where a base has no wordings to measure that share on, each single answer must be this likely.
LIKELY_WITHOUT_REHEARSAL = 0.8
# Out of 100 messages that reach the search, so many we assume to have an answer.
ANSWERABLE_SHARE = 0.7
_PRIOR_STRENGTH = 2.0
# In spreads of the strangers' scores; chosen on the development folds named in docs/faq.md.
_TEMPERATURE = 0.8  # of the softmax over articles
_OURS = 3.0  # from here on up a higher score says little more
_MOST_ODDS = 8.0
_NO_OPINION = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Mean and spread of the best score of questions from other worlds."""

    mean: float
    spread: float

    @classmethod
    def of(cls, strangers: Scores) -> Self:
        """Measure with the scores of out-of-domain questions."""
        best = strangers.total.max(axis=1)
        return cls(float(best.mean()), max(float(best.std()), 1e-3))


def features(scores: Scores, groups: Sequence[int], yardstick: Yardstick) -> Vector:
    """Describe the best article of each question, (questions, 3), comparable across models.

    How far it stands above strangers, but no farther than a question surely meant for us; how it
    stands against all other answers and none together, in log odds; how sure the head is. More
    (each signal by itself, their agreement, the length) fits our articles better and others worse.
    """
    total = scores.total.astype(np.float64)
    here, top = np.arange(len(total)), total.argmax(axis=1)
    above = (total[here, top] - yardstick.mean) / yardstick.spread
    group = np.asarray(groups)
    same = group[None, :] == group[top][:, None]
    share = np.exp((total - total[here, top][:, None]) / (_TEMPERATURE * yardstick.spread))
    # A score beyond 30 temperatures is beyond the clip below, whatever it is.
    nothing = np.exp(np.clip(-above / _TEMPERATURE, -30, 30))
    others = np.where(same, 0, share).sum(axis=1) + nothing
    odds = np.log(np.where(same, share, 0).sum(axis=1)) - np.log(others)
    sure = np.zeros(len(total)) if scores.head is None else scores.head[here, top]
    odds = np.clip(odds, -_MOST_ODDS, _MOST_ODDS)
    return np.stack([-np.logaddexp(0, _OURS - above), odds, sure], axis=1)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Questions whose right answer is known: how they look and how they ended."""

    features: Vector  # (n, 3)
    first_right: Vector  # 1 where the best article is right
    among_right: Vector  # 1 where the right one is among the first MAX_CHOICES
    weight: Vector  # share of such questions in real life, sums to 1


@dataclass(frozen=True, slots=True)
class Judge:
    """The calibrated decision for one knowledge base and model."""

    yardstick: Yardstick
    first: tuple[float, ...]  # intercept, then one coefficient per feature
    among: tuple[float, ...]
    answer_from: float  # probability

    @classmethod
    def fit(cls, yardstick: Yardstick, rehearsal: Rehearsal | None, prior: "Judge | None") -> Self:
        """Calibrate on `rehearsal`, leaning on `prior` the more, the fewer questions there are.

        Raises ValueError if both are missing.
        """
        if rehearsal is None:
            if prior is None:
                raise ValueError("neither a rehearsal nor a prior to calibrate with")
            return cls(yardstick, prior.first, prior.among, LIKELY_WITHOUT_REHEARSAL)
        start = prior or cls(yardstick, _NO_OPINION, _NO_OPINION, 1.0)
        first = _logistic(rehearsal, rehearsal.first_right, start.first)
        among = _logistic(rehearsal, rehearsal.among_right, start.among)
        likely = _probability(rehearsal.features, first)
        return cls(yardstick, first, among, _lowest_safe(likely, rehearsal))

    def decide(self, scores: Scores, groups: Sequence[int]) -> list[tuple[Decision, float]]:
        """Return the decision and the probability that the first article is right."""
        seen = features(scores, groups, self.yardstick)
        first = _probability(seen, self.first)
        among = _probability(seen, self.among)
        return [
            (self._decision(float(p), float(q)), float(p))
            for p, q in zip(first, among, strict=True)
        ]

    def _decision(self, first: float, among: float) -> Decision:
        if first >= self.answer_from:
            return "answer"
        return "clarify" if among >= RIGHT_AMONG_CHOICES else "abstain"

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            "yardstick": asdict(self.yardstick),
            "first": self.first,
            "among": self.among,
            "answer_from": self.answer_from,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read back what `to_json` gave."""
        yardstick = Yardstick(**row["yardstick"])
        return cls(yardstick, tuple(row["first"]), tuple(row["among"]), float(row["answer_from"]))


def _probability(seen: Vector, coefficients: Sequence[float]) -> Vector:
    logit = seen @ np.asarray(coefficients[1:]) + coefficients[0]
    probability: Vector = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
    return probability


def _logistic(rehearsal: Rehearsal, target: Vector, start: Sequence[float]) -> tuple[float, ...]:
    """Fit coefficients to `target`, drawn towards `start`."""
    columns = np.column_stack([np.ones(len(target)), rehearsal.features])
    weight = rehearsal.weight * len(target)
    origin = np.asarray(start)

    def loss(coefficients: Vector) -> tuple[float, Vector]:
        logit = np.clip(columns @ coefficients, -30, 30)
        away = coefficients - origin
        cost = weight @ (np.logaddexp(0, logit) - target * logit) + _PRIOR_STRENGTH * away @ away
        slope = columns.T @ (weight * (1 / (1 + np.exp(-logit)) - target))
        return float(cost), slope + 2 * _PRIOR_STRENGTH * away

    from scipy.optimize import minimize  # noqa: PLC0415 - needed to learn, not to serve

    fitted = minimize(loss, origin, jac=True, method="L-BFGS-B")
    return tuple(float(value) for value in fitted.x)


def _lowest_safe(likely: Vector, rehearsal: Rehearsal) -> float:
    """Return the lowest probability from which answers keep the promised share of errors."""
    order = np.argsort(-likely)
    weight = rehearsal.weight[order]
    wrong = np.cumsum(weight * (1 - rehearsal.first_right[order])) / np.cumsum(weight)
    safe = np.flatnonzero(wrong <= WRONG_AMONG_ANSWERED)
    return float(likely[order][safe[-1]]) if len(safe) else 1.0
