"""One's own account: presence, password, second factor, logins; and the way in by invitation."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from desk.access import COOKIE, Language, Me
from desk.assembly import Desk
from desk.audit import Actor
from desk.people.forms import Away, NewPassword, PairingForm, PasswordAgain, PasswordChange
from desk.people.second_factor import pairing


def add_invited(router: APIRouter, desk: Desk) -> None:
    """Add the doors for who has a link and no password yet."""

    @router.get("/console/invitations/{token}", response_class=HTMLResponse)
    async def invited(token: str, lang: Language) -> HTMLResponse:
        """The form for the password."""
        invitation = await desk.invitations.of_token(token)
        return desk.pages.page("invited.html", lang, invitation=invitation, token=token, agent=None)

    @router.post("/api/console/invitations/{token}", status_code=204)
    async def accept(request: Request, token: str, chosen: NewPassword, response: Response) -> None:
        """Set the password; the account can log in from now on."""
        await desk.logins_by_address.hit(request.client.host if request.client else "")
        agent = await desk.invitations.accept(token, chosen.password)
        await desk.audit.note(Actor(agent.id, agent.name), "invitation.accept")
        response.headers["HX-Redirect"] = "/console"


def add_account(router: APIRouter, desk: Desk) -> None:
    """Add the page of one's own account and what it does."""

    @router.get("/console/account", response_class=HTMLResponse)
    async def page(request: Request, agent: Me, lang: Language) -> HTMLResponse:
        """All about oneself."""
        return desk.pages.page(
            "account.html",
            lang,
            agent=agent,
            sessions=await desk.sessions.of(agent.id, request.cookies[COOKIE]),
            pairing=None if agent.totp_secret else pairing(agent),
            here="account",
        )

    @router.post("/api/console/account/presence", status_code=204)
    async def presence(agent: Me, choice: Away, response: Response) -> None:
        """Say that one is away or back."""
        await desk.presences.set_away(agent.id, away=choice.away)
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/account/password", status_code=204)
    async def password(
        request: Request, agent: Me, change: PasswordChange, response: Response
    ) -> None:
        """Choose another password; all logins end but this one."""
        await desk.logins_by_name.hit(agent.login)
        await desk.agents.check_password(agent, change.current)
        await desk.agents.change_own_password(agent, change.password, request.cookies[COOKIE])
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/account/second-factor")
    async def turn_on(agent: Me, form: PairingForm) -> dict[str, Any]:
        """Turn the second factor on; gives the codes for the day the phone is lost, once."""
        await desk.agents.codes.hit(agent.id)
        return {"recovery": await desk.second_factor.turn_on(agent.id, form.secret, form.code)}

    @router.post("/api/console/account/second-factor/off", status_code=204)
    async def turn_off(agent: Me, again: PasswordAgain, response: Response) -> None:
        """Turn it off again; whoever finds an open console must not be able to."""
        await desk.logins_by_name.hit(agent.login)
        await desk.agents.check_password(agent, again.password)
        await desk.second_factor.turn_off(agent.id)
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/account/sessions/{session_id}/end", status_code=204)
    async def end(session_id: str, agent: Me, response: Response) -> None:
        """Log out of another browser."""
        await desk.sessions.end(agent.id, session_id)
        response.headers["HX-Refresh"] = "true"
