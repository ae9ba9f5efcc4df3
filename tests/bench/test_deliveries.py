"""Whom the fault harness blames for a message that a vendor took twice."""

from types import SimpleNamespace

import pytest

from bench.faults.deliveries import judge_deliveries
from bench.faults.findings import Findings
from bench.faults.options import Options
from bench.faults.record import Fault, Record, Taken

ITEMS = {"a": SimpleNamespace(seq=1), "b": SimpleNamespace(seq=2)}


def taken(tag: str, at: float, channel: str = "telegram", *, unanswered: bool = False) -> Taken:
    return Taken(channel, "chat", f"{tag}:0", at, at + 0.1, unanswered)


def judged(faults: list[Fault], *sends: Taken) -> Findings:
    found = Findings()
    judge_deliveries(found, Record(taken=list(sends), faults=faults), ITEMS, Options())
    return found


def test_a_message_sent_again_after_each_of_two_crashes_is_one_duplicate_of_each() -> None:
    crashes = [Fault("kill-app", 1.05, deadly=True), Fault("kill-app", 5.05, deadly=True)]

    found = judged(crashes, taken("a", 1), taken("a", 5), taken("a", 9))

    assert (found.duplicates_by_fault, found.broken) == ([1, 1], {})


def test_two_messages_doubled_by_one_crash_are_a_broken_guarantee() -> None:
    crash = [Fault("kill-app", 1.2, deadly=True)]

    found = judged(crash, taken("a", 1), taken("b", 1.1), taken("a", 5), taken("b", 6))

    assert found.broken == {"more than one outbound duplicate of a crash": ["2 of fault 1"]}


def test_a_crash_is_blamed_before_what_broke_beside_it() -> None:
    jump, crash = Fault("clock-back", 1.1, deadly=False), Fault("kill-app", 1.2, deadly=True)

    assert judged([jump, crash], taken("a", 1), taken("a", 5)).duplicates_by_fault == [0, 1]


@pytest.mark.parametrize(
    ("channel", "unanswered", "otherwise", "excused"),
    [
        ("telegram", True, [], 1),
        ("whatsapp", True, ["whatsapp a:0"], 0),  # its receipt told that it was taken
        ("telegram", False, ["telegram a:0"], 0),
    ],
)
def test_without_a_crash_only_a_vendor_that_tells_nothing_excuses_a_duplicate(
    channel: str, unanswered: bool, otherwise: list[str], excused: int
) -> None:
    found = judged([], taken("a", 1, channel, unanswered=unanswered), taken("a", 5, channel))

    assert (found.duplicates_otherwise, found.duplicates_unanswered) == (otherwise, excused)


def test_an_answer_that_comes_after_a_later_one_is_out_of_order() -> None:
    assert judged([], taken("b", 1), taken("a", 2)).disordered == ["answer 1 to chat came late"]


def test_a_send_over_which_the_vendor_was_slower_than_over_its_repeat_is_the_crashs() -> None:
    crash = [Fault("kill-app", 1.6, deadly=True)]
    slow = Taken("telegram", "chat", "a:0", began_at=1.0, at=4.1)
    again = Taken("telegram", "chat", "a:0", began_at=3.9, at=4.0)

    found = judged(crash, slow, again)

    assert (found.duplicates_by_fault, found.broken) == ([1], {})
