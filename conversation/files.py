"""Fetch the files that customers send, check them, and keep them for the CSRs.

A file's event waits in the inbox like any other, in a channel of its own: a slow download or a
slow scanner holds up no message, and what fails each time is parked and shown. Until a file is
known to be clean nobody gets it.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import structlog

from channels.file import FileRefused, Files
from channels.message import Lang, Reply
from conversation.inbox import Inbox
from conversation.kept_files import KeptFiles
from conversation.scanning import Scanner
from conversation.tables import InboxEvent, Message
from conversation.transcript import Transcript
from db.engine import Database

log = structlog.get_logger()

_MEGABYTE = 1024 * 1024
UNSAFE = "unsafe"  # what a file is refused as that the scanner did not like


def files_of(channel: str) -> str:
    """Name the inbox channel in which the files of `channel` wait."""
    return f"{channel}-files"


class FileIntake:
    """Works off the files; one at a time is enough for a shop."""

    def __init__(
        self,
        transcript: Transcript,
        inbox: Inbox,
        files: Mapping[str, Files],
        kept: KeptFiles,
        largest_mb: int,
        *,
        scanner: Scanner | None = None,
        refusal: Callable[[Lang], Reply] | None = None,
    ) -> None:
        """`files` per channel; what was checked is `kept`, named by its message.

        `refusal` is what customers are told when the `scanner` refuses theirs.
        """
        self._transcript = transcript
        self._database: Database = transcript.database
        self._inbox = inbox
        self._files = {files_of(channel): source for channel, source in files.items()}
        self._kept = kept
        self._largest = largest_mb * _MEGABYTE
        self._scanner = scanner
        self._refusal = refusal

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
        if self._scanner and not await self._scanner.is_clean(self._kept.folder / message_id):
            log.warning("file refused", channel=event.channel, reason=UNSAFE)
            await self._kept.drop(message_id)
            await self._note(message_id, {"refused": UNSAFE})
            await self._tell(message_id)
            return
        await self._note(message_id, {"mime": file.mime, "size": len(file.content)})

    async def _note(self, message_id: str, file: Mapping[str, Any]) -> None:
        async with self._database.write() as session:
            message = await session.get(Message, message_id)
            if message is None:  # the customer had everything deleted meanwhile
                await self._kept.drop(message_id)
                return
            attachment = {**message.data["attachment"], "file": dict(file)}
            message.data = {**message.data, "attachment": attachment}
            conversation_id, seq = message.conversation_id, message.seq
        self._transcript.announce(conversation_id, type="file", seq=seq, file=dict(file))
        self._transcript.announce(conversation_id)  # by which the console shows it

    async def _tell(self, message_id: str) -> None:
        """Tell the customer that their file was refused."""
        async with self._database.read() as session:
            message = await session.get(Message, message_id)
        if message is not None and self._refusal is not None:
            reply = self._refusal(cast("Lang", message.lang))
            await self._transcript.say(message.conversation_id, reply, "system", "")
