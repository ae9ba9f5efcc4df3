"""The pages of the teams; for admins."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from desk.access import Language, Me
from desk.assembly import Desk
from desk.people.forms import Listed, Said
from desk.roles import admins_only
from desk.routing.teams import TeamChange


class TeamForm(BaseModel):
    """What an admin sets of a team."""

    name: Said
    topics: Listed = []
    lines: Listed = []
    langs: Listed = []
    cities: Listed = []
    channels: Listed = []
    hours: Annotated[str, Field(max_length=2000)] = ""


def add_teams(router: APIRouter, desk: Desk) -> None:
    """Add pages and routes."""

    @router.get("/console/teams", response_class=HTMLResponse)
    async def teams(agent: Me, lang: Language) -> HTMLResponse:
        """All teams."""
        admins_only(agent)
        found = await desk.teams.all()
        return desk.pages.page("teams.html", lang, agent=agent, teams=found, here="teams")

    @router.get("/console/teams/{team_id}", response_class=HTMLResponse)
    async def team(team_id: str, agent: Me, lang: Language) -> HTMLResponse:
        """One team."""
        admins_only(agent)
        found = await desk.teams.one(team_id)
        return desk.pages.page("team.html", lang, agent=agent, team=found, here="teams")

    @router.post("/api/console/teams", status_code=201)
    async def make(form: TeamForm, agent: Me, response: Response) -> dict[str, str]:
        """Make a team."""
        admins_only(agent)
        made = await desk.teams.save(TeamChange(**form.model_dump()))
        response.headers["HX-Redirect"] = "/console/teams"
        return {"id": made}

    @router.post("/api/console/teams/{team_id}", status_code=204)
    async def change(team_id: str, form: TeamForm, agent: Me, response: Response) -> None:
        """Change a team."""
        admins_only(agent)
        await desk.teams.save(TeamChange(**form.model_dump()), team_id)
        response.headers["HX-Redirect"] = "/console/teams"

    @router.post("/api/console/teams/{team_id}/end", status_code=204)
    async def end(team_id: str, agent: Me, response: Response) -> None:
        """Delete a team."""
        admins_only(agent)
        await desk.teams.one(team_id)
        await desk.teams.end(team_id)
        response.headers["HX-Redirect"] = "/console/teams"
