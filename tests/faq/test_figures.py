import numpy as np

from faq.figures import Outcomes, figures, risk_curve, wrong_at

X = frozenset({"x"})


def outcomes() -> Outcomes:
    """Ten questions, surest first: right, right, second, unknown and answered, ..."""
    right = [X, X, X, frozenset(), X, X, X, X, X, frozenset()]
    first = [["x"], ["x"], ["y", "x"], ["y"], ["x"], ["x"], ["x"], ["y"], ["x"], ["y"]]
    decisions = ["answer"] * 5 + ["clarify"] * 3 + ["abstain"] * 2
    return Outcomes.of(right, first, [1 - n / 10 for n in range(10)], decisions)


def test_every_figure_is_what_counting_by_hand_gives() -> None:
    assert figures(outcomes()) == {
        "top1": 6 / 8,
        "top3": 7 / 8,
        "mrr": 6.5 / 8,
        "auroc": 11 / 16,  # of 16 pairs the answerable one is surer in 3 + 8
        "answered": 0.5,
        "clarified": 0.3,
        "wrong_among_answered": 2 / 5,
        "wrong_at_70": 2 / 7,
        "wrong_at_70_answerable": 2 / 7,  # 6 of the 8 answerable are among the first 7
    }


def test_without_unanswerable_questions_nothing_can_be_told_apart() -> None:
    known = outcomes().take(np.array([0, 1, 2]))
    assert figures(known)["auroc"] is None


def test_without_questions_no_figure_is_made_up() -> None:
    nothing = outcomes().take(np.array([], dtype=np.int64))
    assert set(figures(nothing).values()) == {None}


def test_a_search_that_never_decides_has_no_share_answered() -> None:
    silent = Outcomes.of([X, X], [["x"], ["y"]], [0.5, 0.4], ["", ""])
    found = figures(silent)
    assert (found["answered"], found["clarified"], found["top1"]) == (None, None, 0.5)
    assert found["wrong_among_answered"] is None


def test_a_base_that_answers_nothing_asked_has_no_coverage_of_the_answerable() -> None:
    strange = Outcomes.of([frozenset()] * 2, [["x"], []], [0.5, 0.4], ["answer", "abstain"])
    found = figures(strange)
    assert (found["top1"], found["wrong_at_70_answerable"]) == (None, None)
    assert (found["wrong_at_70"], found["wrong_among_answered"]) == (1.0, 1.0)


def test_the_curve_ends_at_everything_answered() -> None:
    covered, wrong = risk_curve(outcomes())
    assert (covered[-1], wrong[-1]) == (1.0, 4 / 10)
    assert wrong_at(outcomes(), 0.2) == 0.0
