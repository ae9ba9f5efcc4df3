"""Coming in and going out: the login, the language of a console, and what is pushed to it."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from channels.message import Lang
from desk.access import COOKIE, Language, Me
from desk.agents import WrongLogin, plain
from desk.assembly import Desk
from desk.audit import Actor
from desk.people.second_factor import WrongCode


class Login(BaseModel):
    """What the login form sends."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    code: str = Field("", max_length=40)  # of the second factor, from whom it is asked


class LanguageChoice(BaseModel):
    """The language of the console."""

    lang: Lang


def add_doors(router: APIRouter, desk: Desk) -> None:
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
        address = request.client.host if request.client else ""
        await desk.logins_by_address.hit(address)
        await desk.logins_by_name.hit(login.login.strip().casefold())
        device = request.headers.get("user-agent", "")
        try:
            token, agent = await desk.agents.log_in(
                login.login, login.password, login.code, device, address
            )
        except (WrongLogin, WrongCode) as error:
            about = {"login": plain(login.login), "why": type(error).__name__}
            await desk.audit.note(Actor("", ""), "login", outcome="refused", detail=about)
            raise
        await desk.audit.note(Actor(agent.id, agent.name), "login")
        desk.access.remember(request, response, token)
        response.headers["HX-Refresh"] = "true"
        return {"name": agent.name, "role": agent.role, "lang": agent.lang}


def add_session(router: APIRouter, desk: Desk) -> None:
    @router.post("/api/console/logout", status_code=204)
    async def log_out(request: Request, agent: Me, response: Response) -> None:
        """End this browser's session."""
        await desk.agents.log_out(request.cookies[COOKIE])
        await desk.audit.note(Actor(agent.id, agent.name), "logout")
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
