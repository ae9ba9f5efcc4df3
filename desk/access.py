"""Who stands behind a request to the console, and that it comes from the console itself."""

from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from channels.message import Lang
from channels.problem import Problem
from channels.website import preferred
from desk.agents import Agents
from desk.tables import Agent

COOKIE = "sapa_console"


class Access:
    """Dependencies that guard the console's routes."""

    def __init__(self, agents: Agents, session_hours: int) -> None:
        """The cookie lasts as long as the session on the server does."""
        self._agents = agents
        self._cookie_s = session_hours * 3600

    async def from_here(self, request: Request) -> None:
        """Refuse what another website made a browser send. Raises Problem 403.

        Browsers say so in Sec-Fetch-Site, or in Origin where the console has no https; a client
        that sends neither is no browser, and carries no cookie by accident.
        Source: https://pkg.go.dev/net/http#CrossOriginProtection
        """
        request.state.lang = preferred(request.headers.get("accept-language"))
        if request.method in ("GET", "HEAD"):
            return
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site is not None:
            allowed = site in ("same-origin", "none")
        else:
            allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
        if not allowed:
            raise Problem("foreign-origin", 403)

    async def agent(self, request: Request) -> Agent | None:
        """Give the agent who is logged in, if any."""
        token = request.cookies.get(COOKIE)
        found = await self._agents.of_token(token) if token else None
        if found is not None:
            request.state.lang = found.lang
        return found

    async def signed_in(self, request: Request) -> None:
        """Let only a logged-in active agent pass. Raises Problem 401."""
        found = await self.agent(request)
        if found is None:
            raise Problem("login-needed", 401, headers={"HX-Redirect": "/console"})
        request.state.agent = found

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Give the browser the token of its session."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=self._cookie_s,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def forget(self, response: Response) -> None:
        """Take the token away from the browser."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _me(request: Request) -> Agent:
    return cast("Agent", request.state.agent)


def lang_of(request: Request) -> Lang:
    """Give the language to answer a request in."""
    return cast("Lang", getattr(request.state, "lang", "id"))


Me = Annotated[Agent, Depends(_me)]  # behind Access.signed_in
Language = Annotated[Lang, Depends(lang_of)]
