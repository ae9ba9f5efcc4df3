import numpy as np
import pytest

from faq.ranking import Scores


def scores(head: list[float] | None, total: list[float]) -> Scores:
    told = None if head is None else np.array([head], dtype=np.float32)
    return Scores(np.array([total], dtype=np.float32), np.zeros((1, 3), dtype=np.float32), told)


FIRST = np.array([[True, False, False]])


def test_what_an_unwritten_article_was_given_falls_to_the_others_and_to_none() -> None:
    without = scores([0.6, 0.2, 0.1], [3, 2, 1]).without(FIRST)
    assert without.head is not None
    assert without.head[0].tolist() == pytest.approx([0, 0.5, 0.25])


def test_the_sum_of_the_others_rises_with_what_falls_to_them() -> None:
    one = scores([0.9, 0.09, 0.005], [3, 2, 1])
    raised = one.without(FIRST).total - one.total
    # Both became ten times as likely, so both rise by the same.
    assert raised[0, 1] == pytest.approx(raised[0, 2])
    assert raised[0, 1] > 0.5
    assert one.without(FIRST).total[0].argmax() == 1


def test_without_a_head_only_the_article_itself_goes() -> None:
    without = scores(None, [3, 2, 1]).without(FIRST)
    assert (without.head, without.total[0].tolist()) == (None, [0, 2, 1])
