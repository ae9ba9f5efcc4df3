"""Files between a website's visitor and a shop; the token travels in the header, not in the URL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.types import Message

from channels.file import SAFE_HEADERS, FileRefused
from channels.message import Inbound
from channels.pace import Pace
from channels.problem import Problem
from channels.upload import Upload, checked_upload
from channels.website import NewMessage, Website, admission, as_inbound

_MEGABYTE = 1_000_000
_FIELDS_BYTES = 64_000  # of the form around the file
_AT_ONCE = 2  # files in memory; the others wait on the disk
_FORM = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["client_id", "file"],
                "properties": {
                    "client_id": {"type": "string", "maxLength": 64},
                    "file": {"type": "string", "format": "binary"},
                    "text": {"type": "string"},
                },
            }
        }
    },
    "required": True,
}


class Uploads(Protocol):
    """Where visitors' files go."""

    async def accept(
        self, conversation_id: str, inbound: Inbound, upload: Upload
    ) -> tuple[str, int, bool]:
        """Store a file once; give its message's id and number, and whether it is held."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """How visitors' files are taken."""

    uploads: Uploads
    pace: Pace  # per conversation
    largest_mb: int

    @property
    def largest(self) -> int:
        """The largest file, in bytes."""
        return self.largest_mb * _MEGABYTE


class AcceptedFile(BaseModel):
    """The file is stored; while it is `held` nobody gets it yet."""

    id: str
    seq: int
    held: bool


def files_router(website: Website, receiving: Receiving) -> APIRouter:
    """Build the routes below /api/web/files."""
    router = APIRouter(prefix="/api/web", tags=["website"])
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type
    turn = asyncio.Semaphore(_AT_ONCE)

    @router.get("/files/{seq}")
    async def file(
        conversation_id: Conversation, seq: Annotated[int, Path(ge=1, le=2**31 - 1)]
    ) -> FileResponse:
        """The file that came with message `seq`."""
        found = await website.conversations.file(conversation_id, seq)
        if found is None:
            raise Problem("file-unknown", 404)
        return FileResponse(
            found.path, media_type=found.mime, filename=found.name, headers=SAFE_HEADERS
        )

    # The request is read by hand: a body parameter would be received before the token is checked.
    @router.post("/files", status_code=202, openapi_extra={"requestBody": _FORM})
    async def send(conversation_id: Conversation, request: Request) -> AcceptedFile:
        """Accept a picture, a PDF, a recording or a film; a repeat gives the same answer."""
        await receiving.pace.hit(conversation_id)
        async with _form(request, receiving) as form:
            inbound = as_inbound(_told(form), conversation_id, website.max_chars, wordless=True)
            async with turn:
                upload = await _checked(form.get("file"), receiving)
                stored = await receiving.uploads.accept(conversation_id, inbound, upload)
        return AcceptedFile(id=stored[0], seq=stored[1], held=stored[2])

    return router


@asynccontextmanager
async def _form(request: Request, receiving: Receiving) -> AsyncIterator[FormData]:
    """Receive the form, up to the limit and not a piece further; it waits on the disk.

    Raises Problem 413.
    """
    too_large = Problem("file-too-large", 413, limit=receiving.largest_mb)
    most = receiving.largest + _FIELDS_BYTES
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > most:
        raise too_large
    come = 0

    async def receive() -> Message:
        nonlocal come
        message = await request.receive()
        come += len(message.get("body", b""))
        if come > most:
            raise too_large
        return message

    bounded = Request(request.scope, receive)
    async with bounded.form(max_files=1, max_fields=4, max_part_size=_FIELDS_BYTES) as form:
        yield form


def _told(form: FormData) -> NewMessage:
    """Read what came beside the file. Raises Problem 422."""
    try:
        return NewMessage.model_validate({name: form.get(name) for name in ("client_id", "text")})
    except ValidationError as error:
        raise Problem("request-invalid", 422) from error


async def _checked(file: UploadFile | str | None, receiving: Receiving) -> Upload:
    """Give the file as it may be kept. Raises Problem."""
    if not isinstance(file, UploadFile):
        raise Problem("file-empty", 422)
    content = await file.read()
    name, declared = file.filename or "", file.content_type or ""
    try:
        return await asyncio.to_thread(checked_upload, content, name, declared, receiving.largest)
    except FileRefused as refusal:
        status = 413 if str(refusal) == "too-large" else 422
        raise Problem(f"file-{refusal}", status, limit=receiving.largest_mb) from None
