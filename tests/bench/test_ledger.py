"""Which messages the fault harness holds to be out of order."""

from types import SimpleNamespace
from typing import Any

from bench.faults.findings import Findings
from bench.faults.ledger import _judge_order
from bench.faults.record import Said


def came(number: int, at: float, seq: int) -> tuple[Said, Any]:
    said = Said("whatsapp", "c1", number, str(number), began_at=at, accepted_at=at + 0.01)
    return said, SimpleNamespace(seq=seq)


def judged(*stored: tuple[Said, Any]) -> tuple[list[str], int]:
    found = Findings()
    _judge_order(found, stored)
    return found.disordered, found.too_late


def test_what_came_while_a_later_one_waited_for_it_must_stand_before_it() -> None:
    assert judged(came(1, 0.1, seq=2), came(2, 0.0, seq=1)) == (["c1 2 before 1"], 0)


def test_what_came_after_a_later_one_had_waited_long_enough_is_too_late() -> None:
    assert judged(came(1, 0.3, seq=2), came(2, 0.0, seq=1)) == ([], 1)


def test_what_is_due_lets_through_what_was_written_before_it() -> None:
    first, second, third = came(1, 0.3, seq=3), came(2, 0.1, seq=1), came(3, 0.0, seq=2)

    assert judged(first, second, third) == ([], 2)  # though the second had come only 0.2 s ago
