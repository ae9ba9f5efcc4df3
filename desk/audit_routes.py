"""The audit log for admins: to read and to check, and nothing else."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from desk.access import Language, Me
from desk.assembly import Desk
from desk.audit import AuditFilter
from desk.roles import admins_only

_Short = Annotated[str, Query(max_length=120)]


def add_audit(router: APIRouter, desk: Desk) -> None:
    """Add the page."""

    @router.get("/console/audit", response_class=HTMLResponse)
    async def page(
        agent: Me,
        lang: Language,
        who: _Short = "",
        action: _Short = "",
        subject: _Short = "",
        day: date | Literal[""] = "",
        before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        *,
        check: bool = False,
    ) -> HTMLResponse:
        """What was done, newest first; `check` walks the whole chain."""
        admins_only(agent)
        since = datetime.combine(day, time(), ZoneInfo(desk.timezone)) if day else None
        wanted = AuditFilter(
            who, action, subject, since, since + timedelta(days=1) if since else None
        )
        return desk.pages.page(
            "audit.html",
            lang,
            agent=agent,
            entries=await desk.audit.entries(wanted, before),
            people=await desk.people.all(),
            actions=await desk.audit.actions(),
            chosen={
                "who": who,
                "action": action,
                "subject": subject,
                "day": day.isoformat() if day else "",
            },
            chain=await desk.audit.checked() if check else None,
            here="audit",
        )
