"""The one message type at the border: what comes in, and what a channel must be able to do.

Vendor JSON ends in the channels' own files; everything behind them sees only these types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from channels.file import Enclosed

Lang = Literal["id", "en"]
Author = Literal["customer", "bot", "csr", "system"]
Kind = Literal[
    "text", "answer", "clarify", "order", "ticket", "offer", "handoff", "survey", "error"
]
Mood = Literal["neutral", "happy", "thinking", "sorry"]
State = Literal["bot", "waiting", "csr", "closed"]
AttachmentKind = Literal[
    "image", "video", "audio", "document", "sticker", "location", "contacts", "order", "unsupported"
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the customer may tap; `id` is `INTENT` or `INTENT:VALUE`, at most 64 bytes."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sentence comes from; every message of the bot has one."""

    type: Literal["article", "template", "csr"]
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message of a pushing channel is from, as far as the vendor tells."""

    phone: str | None = None  # as the channel writes it; may be missing, and may change
    name: str = ""
    lang: Lang | None = None  # of their app


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a customer sent, once per (channel, source_id).

    `data["attachment"]` is what came instead of words, see channels/attachment.py.
    """

    channel: str
    source_id: str  # the channel's own id of this message, unique in the channel
    address: str  # where a reply goes: a chat, a visitor
    text: str = ""
    choice: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # for cards and tests
    sender: Sender | None = None
    sent_at: datetime | None = None  # by the vendor's clock; None: just now
    asks: bool = True  # False: nobody expects an answer, as to a reaction
    is_command: bool = False  # `choice` is of the channel's own menu, and needs no offer
    site: str = ""  # the site whose link brought them here


@dataclass(frozen=True, slots=True)
class Reply:
    """One utterance to a customer, before it has a number and a time."""

    text: str
    lang: Lang
    source: Source
    kind: Kind = "text"
    data: Mapping[str, Any] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    mood: Mood = "neutral"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A stored message on its way to the customer's channel."""

    id: str
    seq: int
    author: Author
    name: str
    at: datetime
    reply: Reply
    phone: str | None = None  # where the customer is reached, if the channel needs one
    window_until: datetime | None = None  # then they may not be written to freely
    invited: bool = False  # they were asked to write, and have not yet
    answers: str | None = None  # the customer's latest message, by its source id
    part: int = 0  # of a long text, counted from 0
    tag: str = ""  # for the vendor to give back in its receipts
    invite_tag: str = ""  # the same for a template that goes out instead
    enclosed: Enclosed | None = None  # a file; the reply's text says the same in words


@dataclass(frozen=True, slots=True)
class Sent:
    """What the vendor made of a send."""

    external_id: str | None = None  # the vendor's own id of it
    more: bool = False  # this was one part, and others follow
    held: bool = False  # the message waits until the customer writes again
    reason: str = ""  # why the customer could not even be asked to


class DeliveryFailed(Exception):
    """A channel could not send; `permanent` means that trying again is useless.

    `code` is the vendor's. One that does not `count` is no fault of the message: it waits its
    turn, or for the owner to mend something, however often. `shut`: the customer has to write
    first.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after_s: float = 0,
        code: int | None = None,
        counts: bool = True,
        shut: bool = False,
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.code = code
        self.counts = counts
        self.shut = shut


class Channel(Protocol):
    """A way to push messages to customers. The website is none: its clients read by cursor."""

    name: str

    async def send(self, address: str, message: Outbound) -> "Sent | None":
        """Send, or raise DeliveryFailed. None: all of it is sent, and nothing is known of it."""

    async def heard(self, inbound: Inbound, *, answering: bool) -> None:
        """Show the customer that a message came, and whether the bot is answering; never raises."""
