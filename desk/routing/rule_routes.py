"""The page of the routing rules: edit, rehearse on yesterday, put in force; for admins."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from channels.message import Lang
from channels.problem import Problem
from desk.access import Language, Me
from desk.assembly import Desk
from desk.roles import admins_only
from desk.routing.rehearsal import Rehearsal
from desk.routing.rules import BadRules
from desk.tables import Agent


class RulesForm(BaseModel):
    """The rules as YAML."""

    text: Annotated[str, Field(max_length=50_000)]


def add_rules(router: APIRouter, desk: Desk) -> None:
    """Add page and routes."""

    async def page(
        agent: Agent, lang: Lang, text: str, rehearsal: Rehearsal | None = None
    ) -> HTMLResponse:
        return desk.pages.page(
            "routing.html",
            lang,
            agent=agent,
            text=text,
            rehearsal=rehearsal,
            versions=await desk.rules.versions(),
            here="routing",
        )

    @router.get("/console/routing", response_class=HTMLResponse)
    async def rules(agent: Me, lang: Language) -> HTMLResponse:
        """The rules in force."""
        admins_only(agent)
        return await page(agent, lang, await desk.rules.text())

    @router.post("/api/console/routing/try", response_class=HTMLResponse)
    async def rehearse(form: RulesForm, agent: Me, lang: Language) -> HTMLResponse:
        """Say who would have got yesterday's contacts; nothing changes."""
        admins_only(agent)
        try:
            tried = await desk.rules.checked(form.text)
        except BadRules as error:
            raise Problem("rules-wrong", 422, why=str(error)) from error
        rehearsal = await desk.rehearsals.yesterday(tried)
        return desk.pages.page("rehearsal.html", lang, agent=agent, rehearsal=rehearsal)

    @router.post("/api/console/routing", status_code=204)
    async def save(form: RulesForm, agent: Me, response: Response) -> None:
        """Put rules in force; wrong ones are refused with their line, and the old ones stay."""
        admins_only(agent)
        try:
            await desk.rules.save(form.text, agent)
        except BadRules as error:
            raise Problem("rules-wrong", 422, why=str(error)) from error
        response.headers["HX-Refresh"] = "true"
