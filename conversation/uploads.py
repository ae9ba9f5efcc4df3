"""Files that a website's visitors send: on the disk and in the database before we say that we have
them, and held back until the scanner has seen them, where there is one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Connection, insert

from channels.file import File, FileRefused
from channels.message import Inbound
from channels.problem import Problem
from channels.upload import Upload
from channels.website import CHANNEL
from conversation.bus import Bus
from conversation.files import files_of
from conversation.kept_files import KeptFiles
from conversation.rows import ConversationUnknown
from conversation.tables import InboxEvent
from conversation.transcript import Also, Transcript
from db.base import new_id, now

log = structlog.get_logger()

_RETRY_S = 5


class Uploads:
    """Implements channels.website_files.Uploads."""

    def __init__(self, transcript: Transcript, kept: KeptFiles, bus: Bus, *, scanned: bool) -> None:
        """`scanned`: conversation/files.py has to look at each before anybody gets it."""
        self._transcript = transcript
        self._kept = kept
        self._bus = bus
        self._scanned = scanned

    async def accept(
        self, conversation_id: str, inbound: Inbound, upload: Upload
    ) -> tuple[str, int, bool]:
        """Store a file once and give its message's id and number, and whether it is held.

        Raises Problem.
        """
        message_id = new_id()
        try:
            await self._kept.keep(message_id, upload.file)
        except OSError as error:
            log.error("file not stored", error=type(error).__name__)
            again = {"Retry-After": str(_RETRY_S)}
            raise Problem("store-down", 503, headers=again) from error
        accepted = None
        try:
            accepted = await self._transcript.accept(
                conversation_id,
                replace(inbound, data={**inbound.data, "attachment": self._about(inbound, upload)}),
                message_id,
                _scan(message_id, upload.file.mime) if self._scanned else None,
            )
        except ConversationUnknown as error:
            raise Problem("session-invalid", 401) from error
        finally:
            if accepted is None or accepted.id != message_id:  # refused, or said before
                await self._kept.drop(message_id)
        if self._scanned:
            self._bus.publish("inbox", {"channel": files_of(CHANNEL)})
        return accepted.id, accepted.seq, self._scanned

    def _about(self, inbound: Inbound, upload: Upload) -> Mapping[str, Any]:
        size = len(upload.file.content)
        file = {"held": True} if self._scanned else {"mime": upload.file.mime, "size": size}
        return {"kind": upload.kind, "name": upload.name, "caption": inbound.text, "file": file}


def _scan(message_id: str, mime: str) -> Also:
    """Make what leaves a file to conversation/files.py, in the transaction of its message."""

    def leave(connection: Connection) -> None:
        moment = now()
        row = {
            "channel": files_of(CHANNEL),
            "source_id": message_id,
            "status": "new",
            "lane": f"file:{message_id}",
            "sent_at": moment,
            "next_at": moment,
            "raw": {"message_id": message_id, "media_id": message_id, "mime": mime},
        }
        connection.execute(insert(InboxEvent), row)

    return leave


class HeldFiles:
    """Where the website's files are fetched for the scan: they are here already."""

    def __init__(self, kept: KeptFiles) -> None:
        self._kept = kept

    async def fetch(self, media_id: str, mime: str, largest: int) -> File:
        """Read a file that `Uploads` has kept. Raises FileRefused."""
        del largest  # it was measured when it came
        try:
            content = await asyncio.to_thread((self._kept.folder / media_id).read_bytes)
        except FileNotFoundError as error:
            raise FileRefused("no longer kept") from error
        return File(content, mime)
