"""What the console shows of the queue and of one conversation, as pages and as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from channels.message import Lang
from conversation.view import as_json
from desk.access import Language, Me
from desk.assembly import Desk
from desk.cases.pop import Pop
from desk.pages import is_part
from desk.screen import Screen
from desk.tables import Agent


def add_pages(router: APIRouter, desk: Desk) -> None:
    async def pop(screen: Screen, agent: Agent, lang: Lang) -> Pop | None:
        """Read what stands beside the talk, for those who may read the talk."""
        if screen.reading != "all":
            return None
        return await desk.cases.pops.of(screen.entry.id, agent.name, lang)

    @router.get("/console/queue", response_class=HTMLResponse)
    async def queue(agent: Me, lang: Language) -> HTMLResponse:
        """The lists on the left."""
        lists = await desk.overview.of(agent)
        return desk.pages.page("queue.html", lang, agent=agent, lists=lists)

    @router.get("/console/conversations/{conversation_id}", response_class=HTMLResponse)
    async def conversation(
        request: Request, conversation_id: str, agent: Me, lang: Language, whole: bool = False
    ) -> HTMLResponse:
        """One conversation; as a piece for htmx, else with the desk around it."""
        screen = await desk.screens.open(conversation_id, agent, whole=whole)
        shown: dict[str, Any] = {
            "screen": screen,
            "seen": await desk.reading.seen(conversation_id),
            "pop": await pop(screen, agent, lang),
            "kinds": desk.cases.kinds,
        }
        if is_part(request):
            refreshes = request.headers.get("hx-target") == "conversation"
            piece = "conversation_body.html" if refreshes else "conversation.html"
            return desk.pages.page(piece, lang, agent=agent, **shown)
        lists = await desk.overview.of(agent)
        return desk.pages.page("desk.html", lang, agent=agent, lists=lists, **shown)

    @router.get("/console/conversations/{conversation_id}/log", response_class=HTMLResponse)
    async def log(
        conversation_id: str, agent: Me, lang: Language, state: str = "", whole: bool = False
    ) -> HTMLResponse:
        """What was said; tells a page that shows another `state` to refresh itself."""
        screen = await desk.screens.open(conversation_id, agent, whole=whole)
        moved = state != screen.entry.state
        headers = {"HX-Trigger-After-Swap": "conversation-changed"} if moved else {}
        seen = await desk.reading.seen(conversation_id)
        return desk.pages.page(
            "log.html", lang, headers=headers, agent=agent, screen=screen, seen=seen
        )


def add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/api/console/me")
    async def me(agent: Me) -> dict[str, str]:
        """Who is logged in."""
        return {"id": agent.id, "name": agent.name, "role": agent.role, "lang": agent.lang}

    @router.get("/api/console/queue")
    async def queue(agent: Me) -> dict[str, Any]:
        """All lists of the desk."""
        return (await desk.overview.of(agent)).as_json()

    @router.get("/api/console/conversations/{conversation_id}/messages")
    async def messages(
        conversation_id: str, agent: Me, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
    ) -> dict[str, Any]:
        """Messages numbered above `after`, at most 200, and the cursor to ask on with."""
        entry = await desk.screens.permit(conversation_id, agent)
        found = [as_json(row) for row in await desk.transcript.after(conversation_id, after)]
        cursor = found[-1]["seq"] if found else after
        return {"messages": found, "cursor": cursor, "state": entry.state}
