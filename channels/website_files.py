"""Files that CSRs send to a website's visitor; the token travels in the header, not in the URL."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse

from channels.file import SAFE_HEADERS
from channels.problem import Problem
from channels.website import Website, admission


def files_router(website: Website) -> APIRouter:
    """Build the route GET /api/web/files/SEQ."""
    router = APIRouter(prefix="/api/web", tags=["website"])
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type

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

    return router
