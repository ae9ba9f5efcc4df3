"""How often a search was right, how well it knew when it was, and how much it answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

COVERAGE = 0.7  # the share answered at which searches that decide differently are compared
Figure = float | None  # None where the questions cannot tell


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How some questions ended, one row each."""

    places: NDArray[np.int64]  # of the first right article, from 1; 0 if it was not found
    known: NDArray[np.bool_]  # whether any article answers the question
    confidence: NDArray[np.float64]  # orders questions by how sure the search is
    decisions: NDArray[np.str_]  # "answer", "clarify", "abstain"; "" of a search that never decides

    @classmethod
    def of(
        cls,
        right: Sequence[frozenset[str]],
        ranked: Sequence[Sequence[str]],
        confidence: Sequence[float],
        decisions: Sequence[str],
    ) -> Self:
        """Compare what was found, ids best first, with the `right` ids; none if unanswerable."""
        places = [
            next((place for place, one in enumerate(found, 1) if one in wanted), 0)
            for wanted, found in zip(right, ranked, strict=True)
        ]
        return cls(
            np.array(places, dtype=np.int64),
            np.array([bool(wanted) for wanted in right], dtype=np.bool_),
            np.asarray(confidence, dtype=np.float64),
            np.asarray(decisions, dtype=np.str_),
        )

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return the outcomes of these rows, given by number or by mask."""
        return type(self)(
            self.places[rows], self.known[rows], self.confidence[rows], self.decisions[rows]
        )


def figures(outcomes: Outcomes) -> dict[str, Figure]:
    """Return every figure of the contract; shares are of 1.

    `wrong_at_70`: share wrong, were the surest 70 % of all questions answered.
    `wrong_at_70_answerable`: share wrong among all that is answered from the confidence at which
    70 % of the answerable questions are, which no number of unanswerable ones makes unreachable.
    """
    places = outcomes.places[outcomes.known]
    wrong = outcomes.places != 1
    answered = outcomes.decisions == "answer"
    decides = not (outcomes.decisions == "").any()
    return {
        "top1": share(places == 1),
        "top3": share((places > 0) & (places <= 3)),  # noqa: PLR2004 - it is called top 3
        "mrr": share(np.where(places > 0, 1 / np.maximum(places, 1), 0)),
        "auroc": _auroc(outcomes),
        "answered": share(answered) if decides else None,
        "clarified": share(outcomes.decisions == "clarify") if decides else None,
        "wrong_among_answered": share(wrong[answered]),
        "wrong_at_70": wrong_at(outcomes, COVERAGE),
        "wrong_at_70_answerable": _wrong_at_answerable(outcomes, COVERAGE),
    }


def share(values: NDArray[np.float64] | NDArray[np.bool_]) -> Figure:
    """Return the mean, None of nothing."""
    return float(values.mean()) if len(values) else None


def wrong_at(outcomes: Outcomes, coverage: float) -> Figure:
    """Return the share wrong, were the surest `coverage` (0 to 1) of all questions answered."""
    surest = _surest(outcomes)[: round(coverage * len(outcomes.confidence))]
    return share(outcomes.places[surest] != 1)


def risk_curve(outcomes: Outcomes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares answered, 0 to 1, and the share wrong among them at each."""
    wrong = outcomes.places[_surest(outcomes)] != 1
    count = np.arange(1, len(wrong) + 1)
    return count / max(len(wrong), 1), np.cumsum(wrong) / count


def _wrong_at_answerable(outcomes: Outcomes, coverage: float) -> Figure:
    order = _surest(outcomes)
    known = np.cumsum(outcomes.known[order])
    wanted = round(coverage * int(outcomes.known.sum()))
    if not wanted:
        return None
    answered = order[: int(np.searchsorted(known, wanted)) + 1]
    return share(outcomes.places[answered] != 1)


def _auroc(outcomes: Outcomes) -> Figure:
    """Return how often an answerable question gets more confidence than one that is not."""
    if outcomes.known.all() or not outcomes.known.any():
        return None
    known = int(outcomes.known.sum())
    # Mann and Whitney's U by ranks: the tenth of the time of scikit-learn's, for bootstraps.
    ranks = rankdata(outcomes.confidence)[outcomes.known].sum()
    pairs = known * (len(outcomes.known) - known)
    return float((ranks - known * (known + 1) / 2) / pairs)


def _surest(outcomes: Outcomes) -> NDArray[np.int64]:
    return np.argsort(-outcomes.confidence, kind="stable")
