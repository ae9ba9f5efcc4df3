"""What happened, as rows without anybody's words: what all figures are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `intent` is what its turn was taken for."""

    at: datetime
    author: str  # customer, bot, csr, system
    kind: str = "text"
    source: str | None = None  # id of the template or article
    intent: str | None = None
    choice: str | None = None

    @property
    def surveys(self) -> bool:
        """Whether it belongs to a survey, which is no contact."""
        return (
            self.kind == "survey"
            or (self.choice or "").startswith("survey:")
            or (self.source or "").startswith("survey-")
            or (self.intent or "").startswith("survey")
        )


@dataclass(frozen=True, slots=True)
class Handed:
    """One time that a person was waited for, or took over."""

    id: str
    reason: str
    requested_at: datetime
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None  # returned, closed, left
    result: str | None = None  # solved, unsolved
    agent_id: str | None = None

    @property
    def asked(self) -> bool:
        """Whether somebody waited; what a CSR took unasked is no wait."""
        return self.reason != "takeover"


@dataclass(frozen=True, slots=True)
class Rated:
    """Whether an answer helped, by the customer's own tap."""

    at: datetime
    helped: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket that was opened in the conversation."""

    opened_at: datetime
    status: str  # open, waiting_customer, solved, closed


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation with all that happened in it; each list in the order of time."""

    conversation_id: str
    channel: str
    customer_id: str | None = None  # only of who is proven
    said: Sequence[Said] = ()
    handed: Sequence[Handed] = ()
    rated: Sequence[Rated] = ()
    cases: Sequence[Case] = ()
    satisfied: frozenset[str] = field(default_factory=frozenset)  # handoffs with a good mark

    @property
    def person(self) -> str:
        """Who talks: a customer on all their channels, else whoever is in the conversation."""
        return self.customer_id or self.conversation_id
