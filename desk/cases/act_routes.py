"""The routes of what a CSR does in place, beside the talk."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, StringConstraints

from channels.problem import Problem
from channels.text import clean
from desk.access import Language, Me
from desk.cases.office import Cases
from desk.pages import Pages
from desk.screen import Screens

_CHANGED = "conversation-changed, ticket-changed"
Line = Annotated[str, StringConstraints(max_length=200)]
Words = Annotated[str, StringConstraints(max_length=4000)]
Seq = Annotated[int, Field(ge=1, le=2**31 - 1)]
OfferId = Annotated[int, InPath(ge=1, le=2**31 - 1)]


class Once(BaseModel):
    """What is done once however often it is tried."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")


class Ticked(BaseModel):
    """A step of the script."""

    step: Line
    done: bool = True


class Lookup(Once):
    """An order and what proves whose it is."""

    number: Line
    proof: Line = ""


class NewTicket(Once):
    """A case."""

    category: Line
    description: Words
    contact: Line = ""
    order: Line = ""


class SendBack(Lookup):
    """A wish for money or goods back."""

    kind: Literal["refund", "return"]
    description: Words
    contact: Line = ""


class Call(Once):
    """A call to be made."""

    at: datetime
    phone: Line = ""
    about: Line = ""


class Contact(Once):
    """A new phone number, e-mail or city."""

    field: Literal["phone", "email", "city"]
    value: Line


class Making(Once):
    """An offer; `asked`: the customer wanted to hear some."""

    asked: bool = False


class Outcome(Once):
    """What the customer said to it."""

    outcome: Literal["accepted", "declined", "never"]


class Kept(BaseModel):
    """The message that answered."""

    seq: Seq


def add_case_acts(router: APIRouter, cases: Cases) -> None:
    """Add what changes something; each for the conversation that the CSR has."""
    acts, here = cases.acts, "/api/console/conversations/{conversation_id}"

    @router.post(f"{here}/script")
    async def tick(conversation_id: str, agent: Me, ticked: Ticked) -> dict[str, Any]:
        """Tick a step of the script, or take the tick away."""
        await acts.case(conversation_id, agent, "")
        done = await cases.pops.tick(
            conversation_id, agent.name, agent.id, ticked.step, done=ticked.done
        )
        if not done:
            raise Problem("step-unknown", 404)
        return {"step": ticked.step, "done": ticked.done}

    @router.post(f"{here}/tickets", status_code=201)
    async def ticket(
        conversation_id: str, agent: Me, wanted: NewTicket, response: Response
    ) -> dict[str, str]:
        """Open a ticket for the customer."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        number = await acts.open_ticket(
            case, wanted.category, _said(wanted.description), wanted.contact, wanted.order
        )
        response.headers["HX-Trigger"] = _CHANGED
        return {"number": number}

    @router.post(f"{here}/returns", status_code=201)
    async def send_back(
        conversation_id: str, agent: Me, wanted: SendBack, response: Response
    ) -> dict[str, str]:
        """Ask for a refund or a return."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        number = await acts.send_back(
            case,
            wanted.kind,
            wanted.number,
            wanted.proof,
            _said(wanted.description),
            wanted.contact,
        )
        response.headers["HX-Trigger"] = _CHANGED
        return {"number": number}

    @router.post(f"{here}/calls", status_code=201)
    async def call(
        conversation_id: str, agent: Me, wanted: Call, response: Response
    ) -> dict[str, str]:
        """Book a call."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        at = await acts.book_call(case, wanted.phone, wanted.at, wanted.about)
        response.headers["HX-Trigger"] = _CHANGED
        return {"at": at.isoformat()}

    @router.post(f"{here}/contact")
    async def contact(
        conversation_id: str, agent: Me, wanted: Contact, response: Response
    ) -> dict[str, str]:
        """Change how a verified customer is reached."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        new = await acts.change_contact(case, wanted.field, wanted.value)
        response.headers["HX-Trigger"] = _CHANGED
        return {"field": wanted.field, "new": new}

    @router.post(f"{here}/offers", status_code=201)
    async def offer(
        conversation_id: str, agent: Me, wanted: Making, response: Response
    ) -> dict[str, int]:
        """Offer what fits."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        offer_id = await acts.make_offer(case, asked=wanted.asked)
        response.headers["HX-Trigger"] = _CHANGED
        return {"offer_id": offer_id}

    @router.post(f"{here}/offers/{{offer_id}}")
    async def answer(
        conversation_id: str, offer_id: OfferId, agent: Me, wanted: Outcome, response: Response
    ) -> dict[str, str]:
        """Record the answer to an offer."""
        case = await acts.case(conversation_id, agent, wanted.client_id)
        await acts.answer_offer(case, offer_id, wanted.outcome)
        response.headers["HX-Trigger"] = _CHANGED
        return {"outcome": wanted.outcome}

    @router.post(f"{here}/gaps", status_code=201)
    async def keep(conversation_id: str, agent: Me, kept: Kept) -> dict[str, str]:
        """Put question and answer among what the articles lack."""
        await acts.case(conversation_id, agent, "")
        return {"question": await cases.suggesting.keep(conversation_id, kept.seq)}


def add_case_pages(router: APIRouter, cases: Cases, screens: Screens, pages: Pages) -> None:
    """Add the pieces that pages fetch."""

    @router.get("/console/conversations/{conversation_id}/suggestions", response_class=HTMLResponse)
    async def suggestions(conversation_id: str, agent: Me, lang: Language) -> HTMLResponse:
        """Answers to what the customer said last."""
        await screens.permit(conversation_id, agent)
        found = await cases.suggesting.of(conversation_id)
        return pages.page("suggestions.html", lang, agent=agent, suggested=found)

    @router.post("/console/conversations/{conversation_id}/order", response_class=HTMLResponse)
    async def order(
        conversation_id: str, agent: Me, lang: Language, wanted: Lookup
    ) -> HTMLResponse:
        """An order by its number and a proof; wrong guesses count as they do with the bot."""
        case = await cases.acts.case(conversation_id, agent, wanted.client_id)
        found, why = None, None
        try:
            found = await cases.acts.find_order(case, wanted.number, wanted.proof)
        except Problem as problem:
            why = problem
        return pages.page("found_order.html", lang, agent=agent, order=found, why=why)


def _said(text: str) -> str:
    cleaned = clean(text)
    if not cleaned:
        raise Problem("message-empty", 422)
    return cleaned
