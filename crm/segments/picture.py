"""Say where a customer stands, and why, as people at the desk read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.ext.asyncio import AsyncSession

from crm.segments.rules import SegmentRules
from crm.segments.tables import Standing
from crm.tables import Product
from db.base import now as current_time
from db.engine import Database

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a customer's standing; `names` and `why` are in one language.

    `segments` are codes by dimension: activity, size, region, line, rfm; one that is not known is
    left out, as it is in `names`.
    """

    customer_id: str
    at: datetime  # computed
    value_class: str  # high, medium, low, new
    value_name: str
    segments: Mapping[str, str]
    names: Mapping[str, str]
    why: tuple[str, ...]  # sentences, the most important first
    profit_idr: int
    expected_orders: float | None
    churn: float | None
    need: str | None = None  # warranty, refill, bill
    need_at: datetime | None = None
    need_about: str | None = field(default=None)  # SKU, or number of the invoice


class Standings:
    """Tells of customers' standings."""

    def __init__(
        self,
        database: Database,
        rules: SegmentRules,
        timezone: str,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Days are those of `timezone`, an IANA name."""
        self._database = database
        self.rules = rules
        self._zone = ZoneInfo(timezone)
        self._clock = clock

    async def of(self, customer_id: str, lang: str) -> Picture | None:
        """Give the picture of a customer in `lang`, None before the first computation."""
        async with self._database.read() as session:
            standing = await session.get(Standing, customer_id)
            if standing is None:
                return None
            about = await _about(session, standing, lang)
        return self._picture(standing, about, lang)

    def _picture(self, standing: Standing, about: str, lang: str) -> Picture:
        names = self._names(standing, lang)
        why = (
            self._need(standing, about, lang),
            self._activity(standing, lang),
            self._value(standing, lang),
            self._rfm(standing, names, lang),
            self._future(standing, lang),
            self._line(standing, names, lang),
        )
        codes = ("activity", "size", "region", "line", "rfm")
        return Picture(
            customer_id=standing.customer_id,
            at=standing.at,
            value_class=standing.value_class,
            value_name=self.rules.names.value[standing.value_class].say(lang),
            segments={code: found for code in codes if (found := getattr(standing, code))},
            names=names,
            why=tuple(said for said in why if said),
            profit_idr=standing.profit_idr,
            expected_orders=standing.expected_orders,
            churn=standing.churn,
            need=standing.need,
            need_at=standing.need_at,
            need_about=standing.need_about,
        )

    def _names(self, standing: Standing, lang: str) -> dict[str, str]:
        rules = self.rules
        found = {"activity": rules.names.activity[standing.activity].say(lang)}
        if standing.size:
            found["size"] = rules.names.size[standing.size].say(lang)
        # The rules may have changed since the standing was computed.
        region = rules.regions.get(standing.region or "")
        found["region"] = (region.name if region else rules.names.other).say(lang)
        if standing.line:
            line = rules.lines.get(standing.line)
            found["line"] = line.say(lang) if line else standing.line
        if standing.rfm:
            named = (rule.name for rule in rules.rfm if rule.segment == standing.rfm)
            found["rfm"] = next((name.say(lang) for name in named), standing.rfm)
        return found

    def _activity(self, standing: Standing, lang: str) -> str:
        limits = self.rules.activity
        slots: dict[str, Any] = {"days": self._days_since(standing.last_order_at), "bills": 0}
        slots["limit"] = (
            limits.passive_days if standing.activity == "lapsed" else limits.active_days
        )
        if standing.activity == "bad_debtor":
            slots["days"] = self._days_since(standing.overdue_since)
            slots["bills"] = standing.overdue_bills
        return self.rules.why.activity[standing.activity].say(lang, **slots)

    def _value(self, standing: Standing, lang: str) -> str:
        if not standing.orders and not standing.contacts:
            return ""
        return self.rules.why.value.say(
            lang,
            profit=rupiah(standing.profit_idr),
            margin=rupiah(standing.margin_idr),
            service=rupiah(standing.service_idr),
            contacts=standing.contacts,
            trend=self.rules.names.trend[standing.trend].say(lang),
        )

    def _rfm(self, standing: Standing, names: Mapping[str, str], lang: str) -> str:
        if not standing.rfm:
            return ""
        return self.rules.why.rfm.say(
            lang,
            orders=standing.orders,
            spent=rupiah(standing.spent_idr),
            days=self._days_since(standing.last_order_at),
            name=names["rfm"],
        )

    def _future(self, standing: Standing, lang: str) -> str:
        why, horizon = self.rules.why, self.rules.horizon_days
        if standing.expected_orders is None or standing.silent is None:
            return ""
        if standing.churn is None:
            return why.future_once.say(lang, horizon=horizon, silent=_percent(standing.silent))
        expected = f"{standing.expected_orders:.1f}"
        return why.future.say(
            lang,
            expected=expected if lang == "en" else expected.replace(".", ","),
            horizon=horizon,
            churn=_percent(standing.churn),
        )

    def _line(self, standing: Standing, names: Mapping[str, str], lang: str) -> str:
        said = []
        if standing.size:
            said.append(
                self.rules.why.size.say(
                    lang,
                    revenue=rupiah(standing.revenue_idr),
                    days=self.rules.history_days,
                    name=names["size"],
                )
            )
        if standing.line:
            said.append(self.rules.why.line.say(lang, name=names["line"]))
        return " ".join(said)

    def _need(self, standing: Standing, about: str, lang: str) -> str:
        if standing.need is None or standing.need_at is None:
            return ""
        late = standing.need == "bill" and standing.need_at < self._clock()
        day = format_date(standing.need_at.astimezone(self._zone), "d MMMM y", locale=lang)
        return self.rules.why.need["bill_overdue" if late else standing.need].say(
            lang, about=about, day=day
        )

    def _days_since(self, moment: datetime | None) -> int:
        return max((self._clock() - moment) // _DAY, 0) if moment else 0


async def _about(session: AsyncSession, standing: Standing, lang: str) -> str:
    if standing.need in ("warranty", "refill"):
        product = await session.get(Product, standing.need_about)
        if product is not None:
            return product.name_en if lang == "en" else product.name_id
    return standing.need_about or ""


def rupiah(amount: int) -> str:
    """Write an amount as shops in Indonesia do: Rp1.250.000."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")


def _percent(share: float) -> int:
    return round(100 * share)
