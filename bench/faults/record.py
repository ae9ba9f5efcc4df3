"""What happened on the outside: what customers sent, what vendors took, when something died."""

from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Said:
    """One message of a customer. Times are of the monotonic clock."""

    channel: str
    customer: str
    number: int  # in the order the customer wrote, from 0
    source_id: str  # the vendor's; for the website the id that the app gave with its 202
    began_at: float  # of the first try to hand it over
    accepted_at: float | None = None
    tries: int = 0
    silent: bool = False  # the owner has taken the customer, so the bot must not answer
    acknowledged_as: set[str] = field(default_factory=set)  # ids given for it; more is a fault


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that a vendor took from us."""

    channel: str
    address: str
    tag: str  # of the outbox row and its part
    began_at: float  # when its request arrived
    at: float
    unanswered: bool = False  # the vendor did not say so


@dataclass(slots=True)
class Fault:
    """One thing we broke, and how long until messages were accepted again."""

    kind: str
    at: float
    deadly: bool  # a process of ours died of it
    recovered_s: float | None = None


@dataclass
class Record:
    """Everything the harness saw; it is never killed itself."""

    said: list[Said] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    posts: int = 0  # requests that brought events
    events: int = 0  # brought and acknowledged: messages, repeats, receipts, what the owner wrote
    refused: int = 0  # of them, because somebody was dead
    spoiled: int = 0  # sends that a vendor failed, hung, or did not answer
    begun_at: float = field(default_factory=monotonic)
