"""What came of the offers, and the button that stops them; for supervisors and admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from channels.problem import Problem
from channels.text import clean
from conversation.view import rfc3339
from crm.offering.report import STEPS, OfferReport, report
from crm.offering.rules import OfferRules, load_offer_rules
from crm.offering.switch import Switch
from crm.offering.uplift import Uplift
from crm.rule_files import RuleFiles
from crm.segments.rules import SegmentRules, load_segment_rules
from db.base import now
from db.engine import Database
from desk.access import Language, Me
from desk.pages import Pages
from desk.roles import supervisors_only
from settings import Settings

_Days = Annotated[int, Query(ge=1, le=730)]
_DAYS = 90


class Press(BaseModel):
    """The stop button."""

    model_config = ConfigDict(extra="forbid")

    stopped: bool
    reason: str = Field("", max_length=200)


@dataclass(frozen=True, slots=True)
class OfferDesk:
    """What the page works with."""

    database: Database
    switch: Switch
    rules: OfferRules
    segments: SegmentRules
    learning: bool

    async def report(self, days: int) -> OfferReport:
        """Report the offers of the last `days`."""
        at = now()
        return await report(self.database, self.rules, at - timedelta(days=days), at, at)

    def segment_name(self, code: str, lang: str) -> str:
        """Name a segment, as in "value_class:high"; one unknown to the rules as it is."""
        dimension, _, value = code.partition(":")
        names: dict[str, Mapping[str, Any]] = {
            "value_class": self.segments.names.value,
            "size": self.segments.names.size,
            "activity": self.segments.names.activity,
        }
        found = names.get(dimension, {}).get(value)
        return str(found.say(lang)) if found else code


def open_offer_desk(settings: Settings, database: Database) -> OfferDesk:
    """Put it together."""
    files = RuleFiles(settings.crm_content_dir, settings.data_dir / "rules")
    return OfferDesk(
        database,
        Switch(database),
        load_offer_rules(files),
        load_segment_rules(files),
        settings.offer_learning,
    )


def add_offers(router: APIRouter, desk: OfferDesk, pages: Pages) -> None:
    """Add the page and the button."""

    @router.get("/console/offers", response_class=HTMLResponse)
    async def page(agent: Me, lang: Language, days: _Days = _DAYS) -> HTMLResponse:
        """Funnel, uplift and the stop button."""
        supervisors_only(agent)
        history = await desk.switch.history()
        return pages.page(
            "offers.html",
            lang,
            agent=agent,
            here="offers",
            report=await desk.report(days),
            days=days,
            history=history,
            stopped=bool(history and history[0].stopped),
            learning=desk.learning,
            control=desk.rules.control_percent,
            steps=STEPS,
            segment=lambda code: desk.segment_name(code, lang),
            points=lambda share: _points(share, lang),
        )

    @router.get("/api/console/offers")
    async def figures(agent: Me, days: _Days = _DAYS) -> dict[str, Any]:
        """The same for programs."""
        supervisors_only(agent)
        return _as_json(await desk.report(days))

    @router.post("/api/console/offers/stop", status_code=204)
    async def press(agent: Me, pressed: Press, response: Response) -> None:
        """Stop all offers at once, or let them go on."""
        supervisors_only(agent)
        done = await desk.switch.press(
            stopped=pressed.stopped,
            agent_id=agent.id,
            agent_name=agent.name,
            reason=clean(pressed.reason),
        )
        if not done:
            raise Problem("offers-already", 409)
        response.headers["HX-Refresh"] = "true"


def _points(share: float, lang: str) -> str:
    """Write a difference of shares in percentage points: +2.1."""
    written = f"{100 * share:+.1f}".replace("-", "−")
    return written if lang == "en" else written.replace(".", ",")


def _as_json(found: OfferReport) -> dict[str, Any]:
    return {
        "since": rfc3339(found.since),
        "until": rfc3339(found.until),
        "bought_within_days": found.within_days,
        "funnel": found.funnel,
        "reasons": found.reasons,
        "uplift": _uplift(found.whole),
        "by": {
            dimension: {code: _uplift(one) for code, one in groups.items()}
            for dimension, groups in found.by.items()
        },
    }


def _uplift(one: Uplift) -> dict[str, Any]:
    return {
        "offered": one.offered,
        "offered_bought": one.offered_bought,
        "withheld": one.withheld,
        "withheld_bought": one.withheld_bought,
        "difference": one.difference,
        "interval": one.interval,
    }
