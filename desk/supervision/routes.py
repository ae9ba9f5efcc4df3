"""The supervisor's pages: the desk now, what came of contacts, and what surveys say."""

from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from desk.access import Language, Me
from desk.assembly import Desk
from desk.roles import supervisors_only
from desk.supervision.figures import PARTS
from desk.supervision.insight import Period
from desk.supervision.sheets import contacts_sheet, surveys_sheet

_Day = Annotated[date | None, Query()]


def add_supervision(router: APIRouter, desk: Desk) -> None:
    """Add the pages, their pieces and their files."""
    insight = desk.insight

    def page(
        template: str, lang: Language, agent: Me, here: str, period: Period, **more: Any
    ) -> HTMLResponse:
        today = insight.period(None, None).until
        spans = {days: today - timedelta(days=days - 1) for days in (1, 7, 30)}
        return desk.pages.page(
            template,
            lang,
            agent=agent,
            here=here,
            period=period,
            today=today,
            spans=spans,
            target_s=insight.target_s,
            **more,
        )

    @router.get("/console/supervision", response_class=HTMLResponse)
    async def overview(
        agent: Me, lang: Language, since: _Day = None, until: _Day = None
    ) -> HTMLResponse:
        """The desk now, and the figures of some days."""
        supervisors_only(agent)
        period = insight.period(since, until)
        return page(
            "supervision.html",
            lang,
            agent,
            "supervision",
            period,
            now=await insight.now(),
            figures=await insight.figures(period),
            parts=PARTS,
        )

    @router.get("/console/supervision/now", response_class=HTMLResponse)
    async def live(agent: Me, lang: Language) -> HTMLResponse:
        """The desk now, as a piece that is drawn anew."""
        supervisors_only(agent)
        now = await insight.now()
        return desk.pages.page(
            "supervision_now.html", lang, agent=agent, now=now, target_s=insight.target_s
        )

    @router.get("/console/satisfaction", response_class=HTMLResponse)
    async def satisfaction(
        agent: Me, lang: Language, since: _Day = None, until: _Day = None
    ) -> HTMLResponse:
        """What customers said of the help they got; the last 30 days where nothing is said."""
        supervisors_only(agent)
        last = insight.period(None, until)
        period = insight.period(since or last.until - timedelta(days=29), last.until)
        found = await insight.satisfaction(period)
        return page("satisfaction.html", lang, agent, "satisfaction", period, found=found)

    @router.get("/api/console/supervision/contacts.csv")
    async def contacts_file(agent: Me, since: _Day = None, until: _Day = None) -> Response:
        """All contacts of a period, one a row."""
        supervisors_only(agent)
        period = insight.period(since, until)
        found = await insight.contacts(period)
        return contacts_sheet(found, ZoneInfo(desk.timezone), period)

    @router.get("/api/console/supervision/surveys.csv")
    async def surveys_file(agent: Me, since: _Day = None, until: _Day = None) -> Response:
        """All surveys of a period, one a row."""
        supervisors_only(agent)
        period = insight.period(since, until)
        return surveys_sheet(await insight.marks(period), ZoneInfo(desk.timezone), period)
