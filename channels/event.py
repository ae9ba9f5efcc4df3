"""What a vendor brings: raw as it is stored, and read as the conversations understand it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from channels.message import DeliveryFailed, Inbound, Sender


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as the vendor sent it, with as much as is needed to store it once and in order."""

    source_id: str  # the vendor's own id, unique in the channel
    lane: str  # events of one lane are taken in one after another, as they were sent
    sent_at: datetime  # by the vendor's clock, or what else orders a lane
    raw: Mapping[str, Any]


class Store(Protocol):
    """Where raw events are kept until they are taken in."""

    async def put(self, channel: str, events: Sequence[RawEvent]) -> None:
        """Store those that are new; returns when they are safe, raises when they are not."""


DeliveryState = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What became of something we sent; may come twice, late, and in any order."""

    external_id: str  # the vendor's id of our message
    tag: str  # what we sent along, "" if the vendor does not give it back
    state: DeliveryState
    failure: DeliveryFailed | None = None  # why, where the state is "failed"


@dataclass(frozen=True, slots=True)
class OwnerMessage:
    """What the shop's owner wrote to a customer by phone, past Sapa."""

    channel: str
    source_id: str
    address: str
    sender: Sender  # the customer
    text: str
    data: Mapping[str, Any]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A customer who is reached in another way from now on."""

    addresses: tuple[str, ...]  # under which the customer may be known, best first
    address: str | None  # the new one, where the vendor told one
    phone: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a customer wrote before, in other words."""

    channel: str
    of: str  # the source id of what is corrected
    address: str
    sender: Sender
    text: str
    data: Mapping[str, Any]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Reachability:
    """A customer who let us in again, or does not want to hear from us any more."""

    address: str
    on: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Uninvited:
    """We are somewhere that many read, where no customer can be served."""

    address: str  # of the group or channel
    by: str | None = None  # who is to be told, where it cannot be said there


@dataclass(frozen=True, slots=True)
class VendorFault:
    """The vendor reports that something is wrong with our account or number."""

    reason: str


Happening = (
    Inbound
    | Correction
    | DeliveryReceipt
    | OwnerMessage
    | NumberChange
    | Reachability
    | Uninvited
    | VendorFault
)


class Unreadable(ValueError):
    """An event that does not have the form it should have; the text tells no personal data."""


class Reader(Protocol):
    """Reads the raw events of one channel."""

    def __call__(self, raw: Mapping[str, Any], sent_at: datetime) -> Happening | None:
        """Say what happened; None for what concerns nobody. Raises Unreadable."""
