"""What CSRs do with tickets: the same domain functions, and the same rules, as the bot's."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from channels.problem import Problem
from channels.text import clean
from crm.ticket_kinds import UnknownCategory
from crm.ticketing.history import By
from crm.ticketing.tables import Ticket
from crm.ticketing.work import NotPossible, TicketMoved
from crm.tickets import TicketNotFound
from db.base import new_id
from desk.access import Me
from desk.cases.office import Cases
from desk.cases.sight import may_assign
from desk.cases.telling import card
from desk.tables import Agent

_MAX_NOTE = 4000
_TRIGGER = "ticket-changed, desk-changed"
Short = Annotated[str, StringConstraints(max_length=64)]


class TicketUpdate(BaseModel):
    """New values; what is left out stays. `seen` is when the page's ticket was last changed."""

    status: Short | None = None
    priority: Short | None = None
    category: Short | None = None
    agent: Short | None = None  # "" puts it back to nobody
    seen: datetime | None = None


class NewNote(BaseModel):
    """A note for colleagues, or words for the customer; a repeat of `client_id` is the same."""

    text: str
    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    kind: Literal["note", "tell", "ask"] = "note"  # ask: tell, then wait for the answer


class Into(BaseModel):
    """The ticket that goes on."""

    into: Short


def add_ticket_acts(router: APIRouter, cases: Cases) -> None:
    """Add the routes; each answers with the ticket and whether the customer was told."""

    @router.post("/api/console/tickets/{number}")
    async def update(
        number: str, agent: Me, wanted: TicketUpdate, response: Response
    ) -> dict[str, Any]:
        """Change a ticket."""
        row = await cases.tickets.permit(number, agent)
        fields = wanted.model_dump(exclude={"seen"}, exclude_none=True)
        row, changed = await _change(cases, row, agent, wanted.seen, fields)
        told = "status" in changed and await cases.telling.status(row, agent, new_id())
        response.headers["HX-Trigger"] = _TRIGGER
        return {**card(row), "changed": list(changed), "told": told}

    @router.post("/api/console/tickets/{number}/notes", status_code=201)
    async def note(number: str, agent: Me, note: NewNote, response: Response) -> dict[str, Any]:
        """Add a note for colleagues, or write to the customer on their channel."""
        row = await cases.tickets.permit(number, agent)
        text = _checked(note.text)
        if note.kind != "note":
            await cases.telling.write(cases.work, row, agent, text, note.client_id)
        else:
            await cases.work.note(f"console:{note.client_id}", row.id, _by(agent), text)
        if note.kind == "ask":
            row, _ = await _change(cases, row, agent, None, {"status": "waiting_customer"})
        response.headers["HX-Trigger"] = _TRIGGER
        return {**card(row), "told": note.kind != "note"}

    @router.post("/api/console/tickets/{number}/merge")
    async def merge(number: str, agent: Me, wanted: Into, response: Response) -> dict[str, Any]:
        """Go on with another ticket of the same customer in place of this one."""
        row = await cases.tickets.permit(number, agent)
        other = await cases.tickets.permit(wanted.into, agent)
        try:
            row, other = await cases.work.merge(row.id, other.id, _by(agent))
        except NotPossible as refused:
            raise Problem(f"ticket-{refused.reason}", 409) from None
        told = await cases.telling.changed(
            row, agent, "ticket_merged", new_id(), other=other.number
        )
        response.headers["HX-Redirect"] = f"/console/tickets/{other.number}"
        return {**card(other), "told": told}


async def _change(
    cases: Cases, row: Ticket, agent: Agent, seen: datetime | None, fields: dict[str, str]
) -> tuple[Ticket, tuple[str, ...]]:
    given: dict[str, str | None] = dict(fields)
    if "agent" in given:
        given["agent"] = given["agent"] or None
        if not may_assign(agent, given["agent"]):
            raise Problem("supervisors-only", 403)
        if not await cases.tickets.is_active(given["agent"]):
            raise Problem("agent-gone", 409)
    try:
        return await cases.work.update(row.id, _by(agent), seen=seen, **given)
    except TicketMoved:
        raise Problem("ticket-moved", 409) from None
    except NotPossible as refused:
        raise Problem(f"ticket-{refused.reason}", 409) from None
    except (UnknownCategory, TicketNotFound):
        raise Problem("request-invalid", 422) from None


def _checked(text: str) -> str:
    cleaned = clean(text)
    if not cleaned:
        raise Problem("message-empty", 422)
    if len(cleaned) > _MAX_NOTE:
        raise Problem("message-too-long", 422, limit=_MAX_NOTE)
    return cleaned


def _by(agent: Agent) -> By:
    return By("csr", agent.id)
