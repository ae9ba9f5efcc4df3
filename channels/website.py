"""The website's channel: sessions, messages in, messages out by long poll or socket.

A client reads by cursor (the last `seq` it has), so one that reconnects misses nothing and sees
nothing twice. The socket's token travels as the first frame, because URLs end up in logs.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from channels.file import Saved
from channels.message import Inbound, Lang
from channels.pace import Pace
from channels.problem import Problem
from channels.text import clean
from channels.visitor import Visitors

CHANNEL = "website"
_LONGEST_WAIT_S = 25


class Listener(Protocol):
    """Somebody who waits for something to happen in a conversation."""

    closed: bool  # this process is about to end

    async def next(self, timeout_s: float | None = None) -> Mapping[str, Any] | None:
        """Give the next event, or None after `timeout_s`."""


class Conversations(Protocol):
    """What the website needs of the conversations behind it."""

    async def begin(self, site: str, lang: Lang, customer_id: str | None, network: str) -> str:
        """Begin a conversation with a visitor from `network` and give its id."""

    async def site(self, conversation_id: str) -> str:
        """Give the key of the site it began on; raises Problem."""

    async def identify(self, conversation_id: str, customer_id: str) -> bool:
        """Note who the visitor is; False if the shop has no such customer. Raises Problem 409."""

    async def accept(self, conversation_id: str, inbound: Inbound) -> tuple[str, int]:
        """Store a message once and give its id and number; raises Problem."""

    async def after(self, conversation_id: str, seq: int) -> list[dict[str, Any]]:
        """Give the messages numbered above `seq`."""

    async def file(self, conversation_id: str, seq: int) -> Saved | None:
        """Give the file that came to the visitor with message `seq`, if there is one."""

    async def presence(self, conversation_id: str) -> Mapping[str, Any]:
        """Say who answers now, and in line which place it is; raises Problem if it is not there."""

    def listen(self, conversation_id: str) -> AbstractContextManager[Listener]:
        """Hear what happens in a conversation inside the block; raises Problem if too many do."""

    def typing(self, conversation_id: str, *, on: bool) -> None:
        """Tell whoever answers that the customer is typing."""

    async def read(self, conversation_id: str, seq: int) -> None:
        """Tell whoever answers that the customer has seen every message up to `seq`."""


class Greeter(Protocol):
    """Introduces the assistant."""

    def persona(self, site_key: str, lang: Lang) -> Mapping[str, Any]:
        """Give name, greeting, avatar and pictures of the site's assistant."""


@dataclass(frozen=True, slots=True)
class Website:
    """The parts the routes work with."""

    visitors: Visitors
    conversations: Conversations
    greeter: Greeter
    messages_pace: Pace  # per conversation
    sessions_pace: Pace  # per client address
    max_chars: int


class NewSession(BaseModel):
    """A visitor opens the widget."""

    site_key: str = Field(max_length=100)
    lang: Lang | None = None
    identity_token: str | None = Field(None, max_length=4096)


class Session(BaseModel):
    """The right to one conversation, and how it begins."""

    token: str
    conversation_id: str
    persona: dict[str, Any]
    messages: list[dict[str, Any]]
    cursor: int


class NewMessage(BaseModel):
    """What the visitor typed or tapped; `client_id` makes sending it again harmless."""

    client_id: str = Field(min_length=1, max_length=64)
    text: str | None = None
    choice: str | None = Field(None, max_length=200)


class AcceptedMessage(BaseModel):
    """The message is stored."""

    id: str
    seq: int


class Messages(BaseModel):
    """What was said after the client's cursor, and the new cursor."""

    messages: list[dict[str, Any]]
    cursor: int


def website_router(website: Website, *, max_body_bytes: int) -> APIRouter:
    """Build the routes below /api/web; the socket is in channels/website_socket.py."""
    router = APIRouter(prefix="/api/web", tags=["website"], max_body_size=max_body_bytes)
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type

    @router.post("/sessions", status_code=201)
    async def open_session(wish: NewSession, request: Request) -> Session:
        """Begin a conversation on a site."""
        address = request.client.host if request.client else ""
        await website.sessions_pace.hit(address)
        website.visitors.site(wish.site_key, request.headers.get("origin"))
        customer_id = None
        if wish.identity_token:
            customer_id = website.visitors.identity(wish.site_key, wish.identity_token)
        lang = wish.lang or preferred(request.headers.get("accept-language"))
        conversation_id = await website.conversations.begin(
            wish.site_key, lang, customer_id, website.visitors.network(address)
        )
        return Session(
            token=website.visitors.token(conversation_id, wish.site_key),
            conversation_id=conversation_id,
            persona=dict(website.greeter.persona(wish.site_key, lang)),
            messages=[],
            cursor=0,
        )

    @router.post("/messages", status_code=202)
    async def send(message: NewMessage, conversation_id: Conversation) -> AcceptedMessage:
        """Accept a message; the same `client_id` again gives the same answer."""
        await website.messages_pace.hit(conversation_id)
        inbound = as_inbound(message, conversation_id, website.max_chars)
        message_id, seq = await website.conversations.accept(conversation_id, inbound)
        return AcceptedMessage(id=message_id, seq=seq)

    @router.get("/messages")
    async def read(
        conversation_id: Conversation,
        response: Response,
        after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        wait: Annotated[int, Query(ge=0, le=_LONGEST_WAIT_S)] = 0,
    ) -> Messages:
        """Read what was said after the cursor, waiting up to `wait` seconds for something."""
        response.headers["Cache-Control"] = "no-store"
        await website.conversations.presence(conversation_id)
        with website.conversations.listen(conversation_id) as listener:
            messages = await website.conversations.after(conversation_id, after)
            while not messages and wait:
                event = await listener.next(wait)
                if event is not None and event["type"] != "message":
                    continue
                messages = await website.conversations.after(conversation_id, after)
                break
        return Messages(messages=messages, cursor=cursor_of(messages, after))

    return router


class DirectMessages:
    """Accepts messages as the route does, past the web framework (app/direct.py).

    What the route would refuse is left to it; what it refuses late then counts twice for the pace.
    """

    def __init__(self, website: Website) -> None:
        self._website = website
        self._admit = admission(website.visitors)

    async def take(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[int, bytes] | None:
        """Give status and JSON. Raises Problem, ValueError and what the store raises."""
        website, origin = self._website, headers.get(b"origin")
        if not headers.get(b"content-type", b"").startswith(b"application/json"):
            return None
        message = NewMessage.model_validate_json(body)
        conversation_id = self._admit(
            headers.get(b"authorization", b"").decode("latin-1"),
            None if origin is None else origin.decode("latin-1"),
        )
        inbound = as_inbound(message, conversation_id, website.max_chars)
        await website.messages_pace.hit(conversation_id)
        message_id, seq = await website.conversations.accept(conversation_id, inbound)
        return 202, AcceptedMessage(id=message_id, seq=seq).model_dump_json().encode()


def admission(visitors: Visitors) -> Callable[[str, str | None], str]:
    """Make what finds the conversation that a request's token opens. Raises Problem 401, 403."""

    def conversation(
        authorization: Annotated[str, Header()] = "",
        origin: Annotated[str | None, Header()] = None,
    ) -> str:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem("session-missing", 401, headers={"WWW-Authenticate": "Bearer"})
        return visitors.conversation(token.strip(), origin)

    return conversation


def as_inbound(
    message: NewMessage, conversation_id: str, max_chars: int, *, wordless: bool = False
) -> Inbound:
    """Check and clean what the visitor sent; `wordless`: it may be empty. Raises Problem 422."""
    text = clean(message.text or "")
    if clean(message.client_id) != message.client_id:  # two could become one
        raise Problem("request-invalid", 422)
    if message.choice is None and not text and not wordless:
        raise Problem("message-empty", 422)
    if len(text) > max_chars:
        raise Problem("message-too-long", 422, limit=max_chars)
    return Inbound(
        channel=CHANNEL,
        source_id=f"{conversation_id}:{message.client_id}",
        address=conversation_id,
        text=text,
        choice=message.choice,
        data={"client_id": message.client_id},
    )


def cursor_of(messages: Sequence[Mapping[str, Any]], before: int) -> int:
    """The number of the last message, or where the client already was."""
    return int(messages[-1]["seq"]) if messages else before


def preferred(accept_language: str | None) -> Lang:
    """Choose Indonesian unless the browser asks for English first (RFC 9110, 12.5.4)."""
    ranked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(","):
        tag, _, weight = part.partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        ranked.append((-quality, tag.strip().lower()))
    for _, tag in sorted(ranked, key=lambda entry: entry[0]):
        if tag.startswith(("id", "ms", "jv", "su")):
            return "id"
        if tag.startswith("en"):
            return "en"
    return "id"
