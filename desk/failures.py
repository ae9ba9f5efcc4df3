"""What could not be taken in or delivered, for those who supervise."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from channels.problem import Problem
from conversation.failures import Failures
from conversation.view import rfc3339
from desk.access import Language, Me
from desk.pages import Pages
from desk.tables import Agent


def add_failures(router: APIRouter, failures: Failures, pages: Pages) -> None:
    """Add the page and the routes behind its buttons; of what customers wrote they show nothing."""

    @router.get("/console/failures", response_class=HTMLResponse)
    async def page(agent: Me, lang: Language) -> HTMLResponse:
        """All that failed, with a way to try it again or put it away."""
        _supervises(agent)
        return pages.page(
            "failures.html",
            lang,
            agent=agent,
            events=await failures.events(),
            messages=await failures.messages(),
        )

    @router.get("/api/console/failures")
    async def listed(agent: Me) -> dict[str, list[dict[str, Any]]]:
        """The same for programs."""
        _supervises(agent)
        return {
            "events": [
                {
                    "id": event.id,
                    "channel": event.channel,
                    "at": rfc3339(event.received_at),
                    "reason": event.error or "",
                }
                for event in await failures.events()
            ],
            "messages": [
                {
                    "id": item.id,
                    "channel": item.channel,
                    "conversation_id": item.conversation_id,
                    "seq": item.seq,
                    "reason": item.error or "",
                }
                for item in await failures.messages()
            ],
        }

    @router.post("/api/console/failures/{failure_id}/retry", status_code=204)
    async def retry(failure_id: str, agent: Me, response: Response) -> None:
        """Try it again from the beginning."""
        _supervises(agent)
        _one(await failures.retry([failure_id]))
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/failures/{failure_id}/drop", status_code=204)
    async def drop(failure_id: str, agent: Me, response: Response) -> None:
        """Put it away for good."""
        _supervises(agent)
        _one(await failures.drop([failure_id]))
        response.headers["HX-Refresh"] = "true"


def _supervises(agent: Agent) -> None:
    if agent.role not in ("supervisor", "admin"):
        raise Problem("supervisors-only", 403)


def _one(settled: int) -> None:
    if not settled:
        raise Problem("failure-unknown", 404)
