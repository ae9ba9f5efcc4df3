"""The files of a conversation on disk, named by their messages, for those who may have them."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from channels.file import Enclosed, File, Saved
from channels.message import Reply
from conversation.tables import Message


class KeptFiles:
    """A folder that all app processes share; what is old is deleted by conversation/cleanup.py."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first file comes."""
        self.folder = folder

    async def keep(self, message_id: str, file: File) -> None:
        """Write the file of a message. Raises OSError."""
        await asyncio.to_thread(_keep, self.folder / message_id, file)

    async def drop(self, message_id: str) -> None:
        """Forget the file of a message that was not said."""
        await asyncio.to_thread((self.folder / message_id).unlink, missing_ok=True)

    def saved(self, message: Message) -> Saved | None:
        """Give a message's file, if it has one that is still kept."""
        attachment: Mapping[str, Any] = message.data.get("attachment") or {}
        mime = str(attachment.get("file", {}).get("mime", ""))
        path = self.folder / message.id
        if not mime or not path.exists():
            return None
        ending = mime.partition("/")[2]
        name = attachment.get("name") or f"{attachment['kind']}-{message.seq}.{ending}"
        return Saved(path, mime, str(name))

    async def enclosed(self, message_id: str, reply: Reply) -> Enclosed | None:
        """Read the file that goes out with `reply`, None if it has none. Raises OSError."""
        attachment: Mapping[str, Any] = reply.data.get("attachment") or {}
        if not attachment.get("file"):
            return None
        content = await asyncio.to_thread((self.folder / message_id).read_bytes)
        file = File(content, str(attachment["file"]["mime"]))
        kind = cast("Any", attachment["kind"])
        return Enclosed(file, kind, str(attachment["name"]), str(attachment["caption"]))


def attachment_of(enclosed: Enclosed) -> dict[str, Any]:
    """Describe a file for the message that carries it, see channels/attachment.py."""
    return {
        "kind": enclosed.kind,
        "name": enclosed.name,
        "caption": enclosed.caption,
        "file": {"mime": enclosed.file.mime, "size": len(enclosed.file.content)},
    }


def _keep(path: Path, file: File) -> None:
    """Write a file so that only its owner reads it, and nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(file.content)
        out.flush()
        os.fsync(descriptor)  # its message, which says that it is there, survives a power cut
    part.replace(path)
