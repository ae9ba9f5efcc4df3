"""The console's list of what customers said yes to and of promised calls, with the reason why."""

import asyncio
from typing import Any, Literal

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from channels.message import Lang
from channels.problem import Problem
from conversation.bus import Bus
from conversation.view import rfc3339
from crm.leads import Leads, LeadUnknown, Task
from crm.offering.words import OfferContent
from desk.access import Language, Me
from desk.pages import Pages

log = structlog.get_logger()


def add_leads(router: APIRouter, leads: Leads, reasons: OfferContent, pages: Pages) -> None:
    """Add the page, its count for the bar, and the routes behind its buttons."""

    @router.get("/console/leads", response_class=HTMLResponse)
    async def page(agent: Me, lang: Language) -> HTMLResponse:
        """All that is open, soonest due first."""
        tasks = [(task, _why(task, reasons, lang)) for task in await leads.open()]
        return pages.page("leads.html", lang, agent=agent, tasks=tasks, here="leads")

    @router.get("/console/leads/due", response_class=HTMLResponse)
    async def due(agent: Me, lang: Language) -> HTMLResponse:
        """How many are due, for the bar."""
        del agent
        return pages.page("leads_due.html", lang, due=await leads.due())

    @router.get("/api/console/leads")
    async def listed(agent: Me, lang: Language) -> dict[str, list[dict[str, Any]]]:
        """The same for programs."""
        del agent
        return {"tasks": [_json(task, reasons, lang) for task in await leads.open()]}

    @router.post("/api/console/leads/{kind}/{task_id}/{outcome}", status_code=204)
    async def close(
        kind: Literal["lead", "call_back"],
        task_id: str,
        outcome: Literal["done", "cancelled"],
        response: Response,
    ) -> None:
        """Note that it was seen to, or is not wanted any more."""
        try:
            await leads.close(kind, task_id, outcome)
        except LeadUnknown as error:
            raise Problem("lead-unknown", 404) from error
        response.headers["HX-Refresh"] = "true"


async def remind_of_calls(leads: Leads, bus: Bus, every_s: float = 20.0) -> None:
    """Have the desk look when a promised call comes due, until cancelled."""
    while True:
        try:
            for task_id in await leads.remind():
                bus.publish("desk", {"type": "presence", "conversation": f"call-{task_id}"})
                log.info("a promised call is due", call=task_id)
        except Exception:
            log.exception("reminders stopped for a moment")
        await asyncio.sleep(every_s)


def _why(task: Task, reasons: OfferContent, lang: Lang) -> str:
    if task.reason is None:
        return task.about
    try:
        return reasons.reason(task.reason, task.reason_data, lang)
    except KeyError:  # a reason that an older version gave
        return ""


def _json(task: Task, reasons: OfferContent, lang: Lang) -> dict[str, Any]:
    return {
        "kind": task.kind,
        "id": task.id,
        "due_at": rfc3339(task.due_at),
        "due": task.is_due,
        "customer": task.customer,
        "phone": task.phone,
        "conversation_id": task.conversation_id,
        "product": task.product.get(lang),
        "price_idr": task.price_idr,
        "why": _why(task, reasons, lang),
    }
