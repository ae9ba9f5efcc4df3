"""What a site's widget looks like and offers before anybody has said anything."""

from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel

from channels.message import Lang
from channels.upload import ACCEPT, KINDS
from channels.visitor import Visitors
from channels.website import preferred

_CACHED = "private, max-age=60"


class ShownSite(BaseModel):
    """A site as its widget shows it; see docs/architecture.md, "Web API"."""

    key: str
    name: str
    lang: Lang
    position: str
    theme: dict[str, str]  # empty: the widget's own colours
    persona: dict[str, Any]
    suggestions: list[str]
    hours: dict[str, Any]
    link_hosts: list[str]
    uploads: dict[str, Any]
    voice: dict[str, bool]
    transcript: dict[str, bool]
    max_chars: int
    help: str


class Showcase(Protocol):
    """What knows the sites."""

    async def shown(self, site_key: str, lang: Lang) -> dict[str, Any]:
        """Give what `ShownSite` holds beside key, language and uploads; the key is known."""

    @property
    def largest_mb(self) -> int:
        """The largest file that a visitor may send."""


def sites_router(visitors: Visitors, showcase: Showcase) -> APIRouter:
    """Build the route GET /api/web/sites/KEY."""
    router = APIRouter(prefix="/api/web", tags=["website"])

    @router.get("/sites/{site_key}")
    async def site(
        site_key: str,
        response: Response,
        lang: Annotated[Lang | None, Query()] = None,
        origin: Annotated[str | None, Header()] = None,
        accept_language: Annotated[str | None, Header()] = None,
    ) -> ShownSite:
        """The site as its widget shows it; needs no session."""
        visitors.site(site_key, origin)
        spoken = lang or preferred(accept_language)
        response.headers["Cache-Control"] = _CACHED
        uploads = {"max_mb": showcase.largest_mb, "kinds": list(KINDS), "accept": ACCEPT}
        shown = await showcase.shown(site_key, spoken)
        return ShownSite(key=site_key, lang=spoken, uploads=uploads, **shown)

    return router
