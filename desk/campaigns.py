"""The console's page of campaigns, for supervisors: look before sending, stop at once, report."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from channels.problem import Problem
from conversation.campaigns.progress import report_of
from conversation.campaigns.sending import CampaignRefused, Campaigns, CampaignUnknown
from crm.campaigns.content import content_of, parse_campaign
from crm.importing.problems import ImportRefused
from db.engine import Database
from desk.access import Language, Me
from desk.pages import Pages
from desk.roles import supervisors_only

_LONGEST = 20_000


class Draft(BaseModel):
    """A campaign as its owner writes it."""

    text: str = Field(max_length=_LONGEST)


class Start(BaseModel):
    """The count that was looked at."""

    count: int = Field(ge=0)


def add_campaigns(
    router: APIRouter, campaigns: Campaigns, database: Database, pages: Pages
) -> None:
    """Add the pages and the routes behind their buttons."""
    _add_pages(router, campaigns, database, pages)

    @router.post("/api/console/campaigns", status_code=204)
    async def add(agent: Me, draft: Draft, response: Response) -> None:
        """Keep a draft; one with mistakes is refused with their lines."""
        supervisors_only(agent)
        try:
            content = parse_campaign(draft.text, "")
            await campaigns.add(content)
        except ImportRefused as refused:
            lines = "; ".join(f"{p.line}: {p.column} {p.reason}" for p in refused.problems)
            raise Problem("campaign-wrong", 422, lines=lines) from refused
        except CampaignRefused as error:
            raise Problem("campaign-refused", 409, why=error.status) from error
        response.headers["HX-Redirect"] = f"/console/campaigns/{content.id}"

    @router.post("/api/console/campaigns/{campaign_id}/start", status_code=204)
    async def start(campaign_id: str, agent: Me, wish: Start, response: Response) -> None:
        """Send it, if it is still for as many people as were looked at."""
        supervisors_only(agent)
        try:
            await campaigns.start(campaign_id, agent.login, expected=wish.count)
        except CampaignUnknown as error:
            raise Problem("campaign-unknown", 404) from error
        except CampaignRefused as error:
            raise Problem("campaign-refused", 409, why=error.status) from error
        response.headers["HX-Refresh"] = "true"

    @router.post("/api/console/campaigns/{campaign_id}/stop", status_code=204)
    async def stop(campaign_id: str, agent: Me, response: Response) -> None:
        """Stop it at once, also what is queued."""
        supervisors_only(agent)
        try:
            await campaigns.stop(campaign_id)
        except CampaignUnknown as error:
            raise Problem("campaign-unknown", 404) from error
        response.headers["HX-Refresh"] = "true"


def _add_pages(router: APIRouter, campaigns: Campaigns, database: Database, pages: Pages) -> None:
    @router.get("/console/campaigns", response_class=HTMLResponse)
    async def listed(agent: Me, lang: Language) -> HTMLResponse:
        """All campaigns, and a form for a new one."""
        supervisors_only(agent)
        found = await campaigns.all()
        return pages.page("campaigns.html", lang, agent=agent, campaigns=found, here="campaigns")

    @router.get("/console/campaigns/{campaign_id}", response_class=HTMLResponse)
    async def one(campaign_id: str, agent: Me, lang: Language) -> HTMLResponse:
        """What it says, whom it goes to, how it went."""
        supervisors_only(agent)
        row = next((each for each in await campaigns.all() if each.id == campaign_id), None)
        if row is None:
            raise Problem("campaign-unknown", 404)
        content = content_of(row.content)
        audience = await campaigns.preview(campaign_id) if row.status == "draft" else None
        report: dict[str, Any] = {}
        if audience is None and (counted := await report_of(database, campaign_id)):
            report = asdict(counted)
        return pages.page(
            "campaign.html",
            lang,
            agent=agent,
            campaign=row,
            content=content,
            audience=audience,
            report=report,
            here="campaigns",
        )
