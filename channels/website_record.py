"""What visitors may do with what was said: take it along, have it mailed, have it forgotten."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from channels.pace import Pace
from channels.website import Website, admission

Format = Literal["text", "html"]
_TYPES = {"text": "text/plain; charset=utf-8", "html": "text/html; charset=utf-8"}
_ENDINGS = {"text": "txt", "html": "html"}
_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_MOST_BYTES = 4_000


class Records(Protocol):
    """What keeps the conversations and can give them away."""

    async def written(self, conversation_id: str, form: Format, zone: str) -> tuple[str, str]:
        """Give a file's name, without its ending, and its content. Raises Problem."""

    async def mail(self, conversation_id: str, email: str, zone: str) -> None:
        """Send it to an address. Raises Problem."""

    async def forget(self, conversation_id: str) -> tuple[int, int]:
        """Delete all of it; give how many messages and files there were. Raises Problem."""


@dataclass(frozen=True, slots=True)
class Record:
    """The parts the routes work with."""

    records: Records
    mails: Pace  # per conversation, per receiver and per client address
    downloads: Pace  # per conversation


class MailWish(BaseModel):
    """Where the transcript shall go."""

    email: str = Field(min_length=3, max_length=254)
    zone: str = Field("", max_length=64)


class ErasureWish(BaseModel):
    """The visitor was asked, and means it."""

    confirm: Literal[True]


class Erased(BaseModel):
    """How much there was."""

    messages: int
    files: int


def record_router(website: Website, record: Record) -> APIRouter:
    """Build the routes; see docs/architecture.md, "Web API"."""
    router = APIRouter(prefix="/api/web", tags=["website"], max_body_size=_MOST_BYTES)
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type

    @router.get("/transcript")
    async def transcript(
        conversation_id: Conversation,
        form: Annotated[Format, Query(alias="format")] = "text",
        zone: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """The conversation as a file to save."""
        await record.downloads.hit(conversation_id)
        name, content = await record.records.written(conversation_id, form, zone)
        saved = f'attachment; filename="{name}.{_ENDINGS[form]}"'
        headers = {**_SAFE, "Content-Disposition": saved}
        return Response(content, media_type=_TYPES[form], headers=headers)

    @router.post("/transcript/mail", status_code=202)
    async def mail(
        wish: MailWish, conversation_id: Conversation, request: Request
    ) -> dict[str, Any]:
        """Send the conversation to an address that the visitor gives."""
        address = request.client.host if request.client else ""
        for key in (conversation_id, f"to {wish.email.strip().lower()}", f"from {address}"):
            await record.mails.hit(key)
        await record.records.mail(conversation_id, wish.email, wish.zone)
        return {}

    @router.post("/erasure")
    async def erase(_: ErasureWish, conversation_id: Conversation) -> Erased:
        """Delete this conversation with its files; its token opens nothing after it."""
        await website.conversations.presence(conversation_id)  # or there is none: 401
        messages, files = await record.records.forget(conversation_id)
        return Erased(messages=messages, files=files)

    return router
