"""Files in a conversation: what customers sent, for those who may read it, and what CSRs send."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from channels.attachment import described
from channels.file import LARGEST_IMAGE, SAFE_HEADERS, Enclosed, FileRefused, enclosed
from channels.message import Reply, Source
from channels.problem import Problem
from channels.text import clean
from conversation.kept_files import KeptFiles, attachment_of
from conversation.ownership import Ownership
from conversation.tables import Message
from conversation.transcript import Transcript
from db.base import new_id
from desk.access import Me
from desk.screen import Screens
from desk.tables import Agent

Seq = Annotated[int, InPath(ge=1, le=2**31 - 1)]
_MEGABYTE = 1_000_000


def add_files(router: APIRouter, screens: Screens, transcript: Transcript, kept: KeptFiles) -> None:
    """Add the route; a file is always saved and never shown inside the console's own pages."""

    @router.get("/api/console/conversations/{conversation_id}/files/{seq}")
    async def file(conversation_id: str, seq: Seq, agent: Me) -> FileResponse:
        """The file of one message."""
        await screens.permit(conversation_id, agent)
        found = await transcript.after(conversation_id, seq - 1, limit=1)
        saved = kept.saved(found[0]) if found and found[0].seq == seq else None
        if saved is None:
            raise Problem("file-unknown", 404)
        return FileResponse(
            saved.path, media_type=saved.mime, filename=saved.name, headers=SAFE_HEADERS
        )


class Enclosing:
    """Sends files as CSRs, on any channel."""

    def __init__(
        self,
        transcript: Transcript,
        ownership: Ownership,
        kept: KeptFiles,
        largest_mb: int,
        max_chars: int,
    ) -> None:
        """A file has at most `largest_mb`, what is written beside it `max_chars`."""
        self._transcript = transcript
        self._ownership = ownership
        self._kept = kept
        self._max_chars = max_chars
        self.largest = largest_mb * _MEGABYTE

    async def say(
        self, conversation_id: str, agent: Agent, upload: UploadFile, text: str, client_id: str
    ) -> Message:
        """Send a file; the same `client_id` again gives the message of the first time.

        Raises Problem, NotYours, ConversationUnknown.
        """
        caption = clean(text)
        if len(caption) > self._max_chars:
            raise Problem("message-too-long", 422, limit=self._max_chars)
        found = self._checked(await upload.read(), upload.filename or "", caption)
        thread = await self._transcript.thread(conversation_id)
        about = attachment_of(found)
        reply = Reply(
            text=described(about, thread.lang),
            lang=thread.lang,
            source=Source("csr", agent.id, ""),
            data={"attachment": about},
        )
        message_id = new_id()
        await self._kept.keep(message_id, found.file)
        said: Message | None = None
        try:
            said = await self._ownership.say(
                conversation_id, agent.id, reply, agent.name, client_id, message_id
            )
        finally:
            if said is None or said.id != message_id:  # refused, or said before
                await self._kept.drop(message_id)
        return said

    def _checked(self, content: bytes, name: str, caption: str) -> Enclosed:
        try:
            return enclosed(content, name, caption, self.largest)
        except FileRefused as refusal:
            raise Problem(f"file-{refusal}", 422, headers=None, **self.limits) from None

    @property
    def limits(self) -> dict[str, int]:
        """How large files may be, in MB, by their kind."""
        largest = {"image": min(LARGEST_IMAGE, self.largest), "document": self.largest}
        return {kind: size // _MEGABYTE for kind, size in largest.items()}


def add_enclosing(router: APIRouter, enclosing: Enclosing, client_id_pattern: str) -> None:
    """Add the route by which CSRs send files."""

    @router.post("/api/console/conversations/{conversation_id}/files", status_code=201)
    async def send(
        conversation_id: str,
        agent: Me,
        response: Response,
        file: Annotated[UploadFile, File()],
        client_id: Annotated[str, Form(pattern=client_id_pattern)],
        text: Annotated[str, Form()] = "",
    ) -> dict[str, Any]:
        """Send a JPEG, PNG or PDF, with words or without; a repeat gives the same answer."""
        said = await enclosing.say(conversation_id, agent, file, text, client_id)
        response.headers["HX-Trigger"] = "log-changed"
        return {"id": said.id, "seq": said.seq}
