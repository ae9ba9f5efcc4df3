"""Working on one conversation together: offers, transfers, whispers and taking over."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from channels.message import Reply
from channels.problem import Problem
from channels.text import clean
from conversation.ownership import NotYours, Passing
from desk.access import Language, Me
from desk.assembly import Desk
from desk.people.people import Person
from desk.roles import supervises, supervisors_only
from desk.tables import Agent

_LONGEST_NOTE = 1000
_NoteText = Annotated[str, Field(max_length=_LONGEST_NOTE)]


class TransferForm(BaseModel):
    """To whom: `agent:ID`, `team:ID` or `bot`; and what they should know."""

    to: Annotated[str, Field(pattern=r"^(agent:\w{1,64}|team:\w{1,64}|bot)$")]
    note: _NoteText = ""


class WhisperForm(BaseModel):
    """What a colleague should know and the customer should not read."""

    text: _NoteText


def add_colleagues(router: APIRouter, desk: Desk) -> None:
    """Add the routes."""
    _add_looking(router, desk)
    _add_transfer(router, desk)

    @router.post("/api/console/conversations/{conversation_id}/decline", status_code=204)
    async def decline(conversation_id: str, agent: Me, response: Response) -> None:
        """Pass on a conversation that is offered to oneself."""
        await desk.router.decline(conversation_id, agent.id)
        response.headers["HX-Trigger"] = "colleagues-changed, desk-changed"

    @router.post("/api/console/conversations/{conversation_id}/whisper", status_code=204)
    async def whisper(
        conversation_id: str, form: WhisperForm, agent: Me, response: Response
    ) -> None:
        """Tell those who work on it something."""
        await desk.screens.permit(conversation_id, agent)
        text = clean(form.text)
        if not text:
            raise Problem("message-empty", 422)
        await desk.notes.add(conversation_id, agent, "whisper", text)
        desk.router.tell(conversation_id)
        response.headers["HX-Trigger"] = "colleagues-changed"

    @router.post("/api/console/conversations/{conversation_id}/seize", status_code=204)
    async def seize(conversation_id: str, agent: Me, response: Response) -> None:
        """Take it over from the CSR who has it."""
        supervisors_only(agent)
        hello = await _announced(desk, "joined", conversation_id, "csr", name=agent.name)
        await desk.ownership.seize(conversation_id, agent.id, hello, agent.name)
        response.headers["HX-Trigger"] = "conversation-changed, desk-changed"


def _add_looking(router: APIRouter, desk: Desk) -> None:
    @router.get("/console/conversations/{conversation_id}/colleagues", response_class=HTMLResponse)
    async def colleagues(conversation_id: str, agent: Me, lang: Language) -> HTMLResponse:
        """Offer, notes, and to whom it can be passed on."""
        entry = await desk.screens.permit(conversation_id, agent)
        mine = entry.state == "csr" and entry.agent_id == agent.id
        passes = mine or (entry.state == "csr" and supervises(agent))
        people = await desk.people.all() if passes else []
        return desk.pages.page(
            "colleagues.html",
            lang,
            agent=agent,
            entry=entry,
            mine=mine,
            passes=passes,
            offer=await desk.notes.offer(conversation_id),
            notes=await desk.notes.of(conversation_id),
            people=[one for one in people if _can_get(one, entry.agent_id)],
            teams=[team for team, _ in await desk.teams.all()] if passes else [],
        )


def _add_transfer(router: APIRouter, desk: Desk) -> None:
    @router.post("/api/console/conversations/{conversation_id}/transfer", status_code=204)
    async def transfer(
        conversation_id: str, form: TransferForm, agent: Me, response: Response
    ) -> None:
        """Pass a conversation on: to a person, a team, or back to the bot."""
        entry = await desk.screens.permit(conversation_id, agent)
        if entry.state != "csr" or not (entry.agent_id == agent.id or supervises(agent)):
            raise NotYours(entry.state)
        kind, _, target = form.to.partition(":")
        if kind == "bot":
            name = await _to_bot(desk, conversation_id, entry.agent_id or "", agent)
        elif kind == "agent":
            name = await _to_person(desk, conversation_id, target, agent)
        else:
            team = await desk.teams.one(target)
            name = team.name
            told = await _announced(
                desk, "passed_team", conversation_id, "waiting", name=agent.name
            )
            await desk.ownership.pass_on(conversation_id, _passing(agent, to_team=team.id), told)
        await desk.notes.add(conversation_id, agent, "transfer", clean(form.note), name)
        desk.router.tell(conversation_id)
        response.headers["HX-Redirect"] = "/console"


async def _to_bot(desk: Desk, conversation_id: str, owner: str, agent: Agent) -> str:
    told = await _announced(desk, "returned", conversation_id, "bot", name=agent.name)
    await desk.ownership.release(conversation_id, owner, "bot", told, agent.name)
    return desk.bot_name


async def _to_person(desk: Desk, conversation_id: str, target: str, agent: Agent) -> str:
    person = await desk.people.one(target)
    if person.presence != "available":
        raise Problem(f"person-{person.presence}", 409, name=person.agent.name)
    if await desk.teams.held(target) >= person.agent.capacity:
        raise Problem("person-full", 409, name=person.agent.name)
    told = await _announced(
        desk, "passed", conversation_id, "waiting", name=agent.name, to=person.agent.name
    )
    # Out of a team in which the colleague is not, else they could not see it.
    team = person.teams[0].id if person.teams else None
    passing = _passing(agent, to_agent=target, to_team=team)
    await desk.ownership.pass_on(conversation_id, passing, told)
    return person.agent.name


def _passing(agent: Agent, *, to_agent: str | None = None, to_team: str | None = None) -> Passing:
    return Passing(agent.id, agent.name, supervises(agent), to_agent, to_team)


def _can_get(person: Person, owner: str | None) -> bool:
    return person.agent.active and person.agent.id != owner


async def _announced(
    desk: Desk,
    key: str,
    conversation_id: str,
    state: Literal["bot", "waiting", "csr"],
    **slots: str,
) -> Reply:
    thread = await desk.transcript.thread(conversation_id)
    bot = desk.assistants.get(thread.site, desk.bot_name)
    return desk.sentences.reply(key, thread.lang, state, bot=bot, **slots)
