"""The console's routes: pages for people, and the same as JSON for programs.

Everything that changes something is JSON under /api/console; the pages under /console only show.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from channels.message import Lang, Reply, Source
from channels.pace import Pace
from channels.problem import Problem
from channels.text import clean
from conversation.bus import Bus
from conversation.failures import Failures
from conversation.kept_files import KeptFiles
from conversation.ownership import Ownership
from conversation.transcript import Transcript
from conversation.view import as_json
from db.engine import Database
from desk.access import COOKIE, Access, Language, Me
from desk.agents import Agents
from desk.failures import add_failures
from desk.files import Enclosing, add_enclosing, add_files
from desk.live import Live
from desk.overview import Overview
from desk.pages import Pages, is_part
from desk.queue import Queue
from desk.refusal import refusing_route
from desk.screen import Screens
from desk.words import Sentences, Words
from settings import Settings

_CLIENT_ID = r"^[A-Za-z0-9_-]{1,64}$"


class Login(BaseModel):
    """What the login form sends."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class NewMessage(BaseModel):
    """What a CSR says; the same `client_id` again is the same message."""

    text: str
    client_id: str = Field(pattern=_CLIENT_ID)


class Typing(BaseModel):
    """Whether the CSR is typing right now."""

    on: bool = True


class LanguageChoice(BaseModel):
    """The language of the console."""

    lang: Lang


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the console's routes work with."""

    transcript: Transcript
    ownership: Ownership
    agents: Agents
    access: Access
    screens: Screens
    overview: Overview
    live: Live
    failures: Failures
    pages: Pages
    words: Words
    sentences: Sentences
    logins_by_address: Pace
    logins_by_name: Pace
    bot_name: str
    max_chars: int
    max_body_bytes: int
    kept: KeptFiles
    enclosing: Enclosing


def open_desk(
    settings: Settings,
    *,
    database: Database,
    bus: Bus,
    transcript: Transcript,
    queue: Queue,
    bot_name: str,
) -> Desk:
    """Put the desk's parts together."""
    words = Words.load()
    agents = Agents(database, settings.console_session_hours)
    ownership = Ownership(database, transcript)
    kept = KeptFiles(settings.files_dir)
    enclosing = Enclosing(
        transcript, ownership, kept, settings.media_max_mb, settings.message_max_chars
    )
    return Desk(
        transcript=transcript,
        ownership=ownership,
        agents=agents,
        access=Access(agents, settings.console_session_hours),
        screens=Screens(database),
        overview=Overview(queue),
        live=Live(bus, agents, words),
        failures=Failures(database),
        pages=Pages(words, settings.timezone, enclosing.limits),
        words=words,
        sentences=Sentences.load(),
        logins_by_address=Pace(settings.logins_per_minute, 60),
        # Slower than by address, so that a stranger cannot keep somebody out for long.
        logins_by_name=Pace(settings.logins_per_minute * 3, 300),
        bot_name=bot_name,
        max_chars=settings.message_max_chars,
        max_body_bytes=settings.max_body_bytes,
        kept=kept,
        enclosing=enclosing,
    )


def console_router(desk: Desk) -> APIRouter:
    """Build all routes of the console."""
    route = refusing_route(desk.words, desk.pages)
    from_here = Depends(desk.access.from_here)
    signed_in = Depends(desk.access.signed_in)
    largest = desk.max_body_bytes
    doors = APIRouter(route_class=route, dependencies=[from_here], max_body_size=largest)
    _add_doors(doors, desk)
    inside = APIRouter(
        route_class=route, dependencies=[from_here, signed_in], max_body_size=largest
    )
    _add_session(inside, desk)
    _add_pages(inside, desk)
    _add_reading(inside, desk)
    _add_ownership(inside, desk)
    _add_talking(inside, desk)
    add_files(inside, desk.screens, desk.transcript, desk.kept)
    add_failures(inside, desk.failures, desk.pages)
    posting = APIRouter(
        route_class=route,
        dependencies=[from_here, signed_in],
        max_body_size=desk.enclosing.largest + largest,
    )
    add_enclosing(posting, desk.enclosing, _CLIENT_ID)
    router = APIRouter()
    router.include_router(doors, tags=["console"])
    router.include_router(inside, tags=["console"])
    router.include_router(posting, tags=["console"])
    return router


def _add_doors(router: APIRouter, desk: Desk) -> None:
    @router.get("/console", response_class=HTMLResponse)
    async def enter(request: Request) -> HTMLResponse:
        """The desk, or the login."""
        agent = await desk.access.agent(request)
        lang: Lang = request.state.lang
        if agent is None:
            return desk.pages.page("login.html", lang, detail="", agent=None)
        lists = await desk.overview.of(agent)
        return desk.pages.page("desk.html", lang, agent=agent, lists=lists, screen=None)

    @router.post("/api/console/login")
    async def log_in(request: Request, response: Response, login: Login) -> dict[str, Any]:
        """Begin a session; the answer carries its cookie."""
        await desk.logins_by_address.hit(request.client.host if request.client else "")
        await desk.logins_by_name.hit(login.login.strip().casefold())
        token, agent = await desk.agents.log_in(login.login, login.password)
        desk.access.remember(request, response, token)
        response.headers["HX-Refresh"] = "true"
        return {"name": agent.name, "role": agent.role, "lang": agent.lang}


def _add_session(router: APIRouter, desk: Desk) -> None:
    @router.post("/api/console/logout", status_code=204)
    async def log_out(request: Request, response: Response) -> None:
        """End this browser's session."""
        await desk.agents.log_out(request.cookies[COOKIE])
        desk.access.forget(response)
        response.headers["HX-Redirect"] = "/console"

    @router.post("/api/console/language", status_code=204)
    async def choose_language(agent: Me, choice: LanguageChoice, response: Response) -> None:
        """Choose the language of this agent's console."""
        await desk.agents.set_lang(agent.id, choice.lang)
        response.headers["HX-Refresh"] = "true"

    @router.get("/api/console/events", response_class=EventSourceResponse)
    async def events(request: Request, lang: Language) -> AsyncIterator[ServerSentEvent]:
        """Hints of what changed: queue, message-ID, presence-ID, typing-ID, beat, gone."""
        async for hint in desk.live.events(request.cookies[COOKIE], lang):
            yield hint


def _add_pages(router: APIRouter, desk: Desk) -> None:
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
        if is_part(request):
            refreshes = request.headers.get("hx-target") == "conversation"
            piece = "conversation_body.html" if refreshes else "conversation.html"
            return desk.pages.page(piece, lang, agent=agent, screen=screen)
        lists = await desk.overview.of(agent)
        return desk.pages.page("desk.html", lang, agent=agent, lists=lists, screen=screen)

    @router.get("/console/conversations/{conversation_id}/log", response_class=HTMLResponse)
    async def log(
        conversation_id: str, agent: Me, lang: Language, state: str = "", whole: bool = False
    ) -> HTMLResponse:
        """What was said; tells a page that shows another `state` to refresh itself."""
        screen = await desk.screens.open(conversation_id, agent, whole=whole)
        moved = state != screen.entry.state
        headers = {"HX-Trigger-After-Swap": "conversation-changed"} if moved else {}
        return desk.pages.page("log.html", lang, headers=headers, agent=agent, screen=screen)


def _add_reading(router: APIRouter, desk: Desk) -> None:
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


def _add_ownership(router: APIRouter, desk: Desk) -> None:
    async def say(key: str, conversation_id: str, state: str, name: str) -> Reply:
        thread = await desk.transcript.thread(conversation_id)
        return desk.sentences.reply(key, thread.lang, state, name=name, bot=desk.bot_name)

    async def end(
        conversation_id: str, agent: Me, to: Literal["bot", "closed"], key: str
    ) -> dict[str, str]:
        goodbye = await say(key, conversation_id, to, agent.name)
        await desk.ownership.release(conversation_id, agent.id, to, goodbye, agent.name)
        return {"id": conversation_id, "state": to}

    @router.post("/api/console/conversations/{conversation_id}/take")
    async def take(conversation_id: str, agent: Me, response: Response) -> dict[str, str]:
        """Become the one who answers; the bot is silent from now on."""
        hello = await say("joined", conversation_id, "csr", agent.name)
        await desk.ownership.take(conversation_id, agent.id, hello, agent.name)
        response.headers["HX-Trigger"] = "conversation-changed, desk-changed"
        return {"id": conversation_id, "state": "csr"}

    @router.post("/api/console/conversations/{conversation_id}/release")
    async def release(conversation_id: str, agent: Me, response: Response) -> dict[str, str]:
        """Hand the conversation back to the bot."""
        response.headers["HX-Redirect"] = "/console"
        return await end(conversation_id, agent, "bot", "returned")

    @router.post("/api/console/conversations/{conversation_id}/close")
    async def close(conversation_id: str, agent: Me, response: Response) -> dict[str, str]:
        """End the conversation; the customer's next message begins with the bot again."""
        response.headers["HX-Redirect"] = "/console"
        return await end(conversation_id, agent, "closed", "closed")


def _add_talking(router: APIRouter, desk: Desk) -> None:
    @router.post("/api/console/conversations/{conversation_id}/messages", status_code=201)
    async def say(
        conversation_id: str, agent: Me, message: NewMessage, response: Response
    ) -> dict[str, Any]:
        """Say something to the customer; the same `client_id` again gives the same answer."""
        text = clean(message.text)
        if not text:
            raise Problem("message-empty", 422)
        if len(text) > desk.max_chars:
            raise Problem("message-too-long", 422, limit=desk.max_chars)
        thread = await desk.transcript.thread(conversation_id)
        reply = Reply(text=text, lang=thread.lang, source=Source("csr", agent.id, ""))
        stored = await desk.ownership.say(
            conversation_id, agent.id, reply, agent.name, client_id=message.client_id
        )
        response.headers["HX-Trigger"] = "log-changed"
        return {"id": stored.id, "seq": stored.seq}

    @router.post("/api/console/conversations/{conversation_id}/typing", status_code=204)
    async def typing(conversation_id: str, agent: Me, typing: Typing) -> None:
        """Tell the customer that the CSR is typing."""
        entry = await desk.screens.permit(conversation_id, agent)
        if entry.agent_id != agent.id:
            raise Problem("not-yours-csr", 409)
        desk.transcript.announce(
            conversation_id, type="typing", author="csr", name=agent.name, on=typing.on
        )
