"""Files that customers sent, for those who may read the conversation."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from channels.problem import Problem
from conversation.transcript import Transcript
from desk.access import Me
from desk.screen import Screens

Seq = Annotated[int, InPath(ge=1, le=2**31 - 1)]
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def add_files(router: APIRouter, screens: Screens, transcript: Transcript, folder: Path) -> None:
    """Add the route; a file is always saved and never shown inside the console's own pages."""

    @router.get("/api/console/conversations/{conversation_id}/files/{seq}")
    async def file(conversation_id: str, seq: Seq, agent: Me) -> FileResponse:
        """The file of one message."""
        await screens.permit(conversation_id, agent)
        found = await transcript.after(conversation_id, seq - 1, limit=1)
        message = found[0] if found and found[0].seq == seq else None
        attachment = message.data.get("attachment", {}) if message else {}
        mime = attachment.get("file", {}).get("mime")
        if message is None or not mime or not (folder / message.id).exists():
            raise Problem("file-unknown", 404)
        name = attachment.get("name") or f"{attachment['kind']}-{seq}.{mime.partition('/')[2]}"
        return FileResponse(folder / message.id, media_type=mime, filename=name, headers=_HEADERS)
