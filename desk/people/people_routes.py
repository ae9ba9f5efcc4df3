"""Who works at the desk: invitations, roles, skills, logins; for admins."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from desk.access import Language, Me
from desk.assembly import Desk
from desk.people.forms import InvitationForm, PersonForm
from desk.people.invitations import Wanted
from desk.people.people import Change
from desk.roles import admins_only


def add_people(router: APIRouter, desk: Desk) -> None:
    """Add the pages and what they do."""
    _add_pages(router, desk)
    _add_invitations(router, desk)

    @router.post("/api/console/people/{agent_id}", status_code=204)
    async def change(agent_id: str, form: PersonForm, agent: Me, response: Response) -> None:
        """Set role, capacity, skills and teams of somebody."""
        admins_only(agent)
        await desk.people.change(agent_id, Change(**form.model_dump()))
        response.headers["HX-Redirect"] = "/console/people"

    @router.post("/api/console/people/{agent_id}/second-factor/off", status_code=204)
    async def forget_factor(agent_id: str, agent: Me, response: Response) -> None:
        """Let somebody in who lost both phone and codes; their password is still asked."""
        admins_only(agent)
        person = await desk.people.one(agent_id)
        await desk.second_factor.turn_off(person.agent.id)
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/people/{agent_id}/sessions/end", status_code=204)
    async def log_out_everywhere(agent_id: str, agent: Me, response: Response) -> None:
        """End all logins of somebody."""
        admins_only(agent)
        await desk.sessions.end_all(agent_id)
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/people/{agent_id}/sessions/{session_id}/end", status_code=204)
    async def end(agent_id: str, session_id: str, agent: Me, response: Response) -> None:
        """End one login of somebody."""
        admins_only(agent)
        await desk.sessions.end(agent_id, session_id)
        response.headers["HX-Refresh"] = "true"


def _add_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/console/people", response_class=HTMLResponse)
    async def people(agent: Me, lang: Language) -> HTMLResponse:
        """Everybody, and who was invited."""
        admins_only(agent)
        return desk.pages.page(
            "people.html",
            lang,
            agent=agent,
            people=await desk.people.all(),
            invitations=await desk.invitations.open(),
            here="people",
        )

    @router.get("/console/people/{agent_id}", response_class=HTMLResponse)
    async def person(agent_id: str, agent: Me, lang: Language) -> HTMLResponse:
        """One person."""
        admins_only(agent)
        return desk.pages.page(
            "person.html",
            lang,
            agent=agent,
            person=await desk.people.one(agent_id),
            sessions=await desk.sessions.of(agent_id),
            teams=[team for team, _ in await desk.teams.all()],
            here="people",
        )


def _add_invitations(router: APIRouter, desk: Desk) -> None:
    def link(request: Request, token: str) -> dict[str, Any]:
        return {"link": f"{request.url.scheme}://{request.url.netloc}/console/invitations/{token}"}

    @router.post("/api/console/people", status_code=201)
    async def invite(request: Request, form: InvitationForm, agent: Me) -> dict[str, Any]:
        """Make the link by which somebody opens their account."""
        admins_only(agent)
        return link(request, await desk.invitations.invite(agent, Wanted(**form.model_dump())))

    @router.post("/api/console/people/{agent_id}/password-link", status_code=201)
    async def renew(request: Request, agent_id: str, agent: Me) -> dict[str, Any]:
        """Make the link by which somebody sets a new password."""
        admins_only(agent)
        person = await desk.people.one(agent_id)
        return link(request, await desk.invitations.renew_password(agent, person.agent))

    @router.post("/api/console/invited/{invitation_id}/end", status_code=204)
    async def take_back(invitation_id: str, agent: Me, response: Response) -> None:
        """Make an invitation's link useless."""
        admins_only(agent)
        await desk.invitations.take_back(invitation_id)
        response.headers["HX-Refresh"] = "true"
