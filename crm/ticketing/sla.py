"""How much of a promise to a customer is used up: the SLA clocks of a ticket.

A clock runs while the ticket is open and people are there to work on it. It stands outside service
hours and while the customer is asked something, and ends with the first response or the solution;
a reopened ticket goes on where its clock stood. Everything is worked out from the history, so that
what is shown can be checked, and nothing is lost when hours or priorities change.
Definition in words: docs/desk.md, "Tickets".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

RUNNING = "open"  # the one state in which it is our turn
WARN_FROM = 0.75  # of what is allowed


class Hours(Protocol):
    """Time that counts only while people are there."""

    def service_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much service there is from `start` to `end`."""

    def add_service_time(self, at: datetime, hours: float) -> datetime:
        """Return the moment at which `hours` of service have passed since `at`."""


@dataclass(frozen=True, slots=True)
class Step:
    """The ticket is in `status` from `at` on."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime | None  # None: it still runs


def used(history: Sequence[Step], hours: Hours, until: datetime) -> timedelta:
    """Return the service time in which it was our turn, up to `until`."""
    total = timedelta()
    for span in _running(history):
        end = until if span.end is None else min(span.end, until)
        if end > span.start:
            total += hours.service_time(span.start, end)
    return total


def due(history: Sequence[Step], hours: Hours, allowed_hours: float) -> datetime | None:
    """Return when `allowed_hours` are used up; None while the clock stands before that."""
    left = timedelta(hours=allowed_hours)
    for span in _running(history):
        if span.end is None:
            return hours.add_service_time(span.start, left / timedelta(hours=1))
        passed = hours.service_time(span.start, span.end)
        if passed >= left:
            return hours.add_service_time(span.start, left / timedelta(hours=1))
        left -= passed
    return None


def _running(history: Sequence[Step]) -> Iterator[_Span]:
    """Give the spans in which the clock ran, oldest first.

    The clock of a machine may be set back between two changes: none begins before the one before.
    """
    began: datetime | None = None
    latest: datetime | None = None
    for step in history:
        at = step.at if latest is None else max(step.at, latest)
        latest = at
        if step.status == RUNNING and began is None:
            began = at
        elif step.status != RUNNING and began is not None:
            yield _Span(began, at)
            began = None
    if began is not None:
        yield _Span(began, None)
