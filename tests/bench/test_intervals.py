import pytest

from bench.intervals import with_intervals
from faq.figures import Outcomes


def outcomes(right: int, of: int) -> Outcomes:
    wanted = [frozenset({"x"})] * of
    found = [["x"]] * right + [["y"]] * (of - right)
    return Outcomes.of(wanted, found, [1 - n / of for n in range(of)], ["answer"] * of)


def test_an_interval_is_the_same_at_every_run_and_holds_the_figure() -> None:
    first = with_intervals(outcomes(80, 100))["top1"]
    assert first == with_intervals(outcomes(80, 100))["top1"]
    assert first is not None
    value, low, high = first
    # The normal approximation gives .722 to .878.
    assert (value, low, high) == pytest.approx((0.8, 0.722, 0.878), abs=0.015)


def test_more_questions_make_it_narrower() -> None:
    few, many = with_intervals(outcomes(8, 10))["top1"], with_intervals(outcomes(800, 1000))["top1"]
    assert few is not None
    assert many is not None
    assert many[2] - many[1] < (few[2] - few[1]) / 5


def test_what_cannot_be_told_has_no_interval() -> None:
    assert with_intervals(outcomes(8, 10))["auroc"] is None
