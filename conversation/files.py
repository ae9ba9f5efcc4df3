"""Fetch the files that customers send, check them, and keep them for the CSRs.

A file's event waits in the inbox like any other, in a channel of its own: a slow download holds
up no message, and what fails each time is parked and shown.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from channels.file import FileRefused, Files
from conversation.bus import Bus
from conversation.inbox import Inbox
from conversation.kept_files import KeptFiles
from conversation.tables import InboxEvent, Message
from db.engine import Database

log = structlog.get_logger()

_MEGABYTE = 1024 * 1024


def files_of(channel: str) -> str:
    """Name the inbox channel in which the files of `channel` wait."""
    return f"{channel}-files"


class FileIntake:
    """Works off the files; one at a time is enough for a shop."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        files: Mapping[str, Files],
        folder: Path,
        largest_mb: int,
        bus: Bus,
    ) -> None:
        """`files` per channel; what was checked is kept in `folder`, named by its message."""
        self._database = database
        self._inbox = inbox
        self._files = {files_of(channel): source for channel, source in files.items()}
        self._kept = KeptFiles(folder)
        self._largest = largest_mb * _MEGABYTE
        self._bus = bus

    async def run(self, sweep_s: float = 2.0) -> None:
        """Work until cancelled; does nothing where no channel has files."""
        while self._files:
            try:
                busy = await self._inbox.any_due(self._files) and await self.take_in()
            except Exception:
                log.exception("files stopped for a moment")
                busy = False
            if not busy:
                await asyncio.sleep(sweep_s)

    async def take_in(self) -> bool:
        """Fetch what is due; False when there was nothing."""
        events = await self._inbox.claim(self._files)
        for event in events:
            try:
                await self._take(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                await self._inbox.failed(event, f"{type(error).__name__}: {error}"[:200], [])
            else:
                await self._inbox.done([event])
        return bool(events)

    async def _take(self, event: InboxEvent) -> None:
        raw: Mapping[str, Any] = event.raw or {}
        message_id, media_id = str(raw["message_id"]), str(raw["media_id"])
        try:
            file = await self._files[event.channel].fetch(
                media_id, str(raw.get("mime", "")), self._largest
            )
        except FileRefused as refusal:
            log.warning("file refused", channel=event.channel, reason=str(refusal))
            await self._note(message_id, {"refused": str(refusal)})
            return
        await self._kept.keep(message_id, file)
        await self._note(message_id, {"mime": file.mime, "size": len(file.content)})

    async def _note(self, message_id: str, file: Mapping[str, Any]) -> None:
        async with self._database.write() as session:
            message = await session.get_one(Message, message_id)
            attachment = {**message.data["attachment"], "file": dict(file)}
            message.data = {**message.data, "attachment": attachment}
            conversation_id = message.conversation_id
        event = {"type": "message", "conversation": conversation_id}
        self._bus.publish("desk", event)
