"""What came of the offers of some time: funnel, and uplift by offer, segment and channel."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from crm.offering.rules import OfferRules
from crm.offering.uplift import Uplift
from crm.tables import Offer, Product
from db.engine import Database

STEPS = ("shown", "opened", "accepted", "declined", "never", "bought")
_MOST = 20  # products listed, those offered most

_offers: Table = Offer.__table__  # type: ignore[assignment]
_products: Table = Product.__table__  # type: ignore[assignment]
_COLUMNS = (
    "customer_id", "sku", "reason", "asked", "outcome", "channel", "segments", "shown_at",
    "opened_at", "bought_at",
)  # fmt: skip
Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class OfferReport:
    """Everything the console's page shows; names of dimensions lead to groups by their code."""

    since: datetime
    until: datetime
    funnel: Mapping[str, Mapping[str, int]]  # all, unasked, asked -> step -> offers
    reasons: Mapping[str, Mapping[str, int]]
    whole: Uplift
    by: Mapping[str, Mapping[str, Uplift]]  # offer, segment, channel, reason
    products: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # SKU -> names id, en
    within_days: int = 14


async def report(
    database: Database, rules: OfferRules, since: datetime, until: datetime, at: datetime
) -> OfferReport:
    """Report the offers shown from `since` to `until`, both moments, as known at `at`."""
    rows, names = await database.ask(lambda connection: _read(connection, since, until))
    # Before its days have passed nobody can tell what an offer did not bring.
    ripe = [
        row
        for row in rows
        if not row.asked
        and row.customer_id is not None
        and row.shown_at <= at - timedelta(days=rules.bought_within_days)
    ]
    shown = [row for row in rows if row.outcome != "withheld"]
    return OfferReport(
        since,
        until,
        funnel={
            "all": _funnel(shown),
            "unasked": _funnel([row for row in shown if not row.asked]),
            "asked": _funnel([row for row in shown if row.asked]),
        },
        reasons=_funnels(shown),
        whole=compare(ripe),
        by={
            "offer": _most(compared(ripe, lambda row: [row.sku])),
            "segment": compared(ripe, _segments),
            "channel": compared(ripe, lambda row: [row.channel or ""]),
            "reason": compared(ripe, lambda row: [row.reason]),
        },
        products=names,
        within_days=rules.bought_within_days,
    )


def compare(rows: Iterable[Any]) -> Uplift:
    """Compare customers, each by their first offer among `rows`."""
    first: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: row.shown_at):
        first.setdefault(row.customer_id, row)
    counts: Counter[tuple[bool, bool]] = Counter(
        (row.outcome == "withheld", row.bought_at is not None) for row in first.values()
    )
    return Uplift(
        counts[False, True] + counts[False, False],
        counts[False, True],
        counts[True, True] + counts[True, False],
        counts[True, True],
    )


def compared(rows: Iterable[Any], groups: Callable[[Any], list[str]]) -> dict[str, Uplift]:
    """Compare within groups; a row may be in several."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        for group in groups(row):
            found[group].append(row)
    return {group: compare(found[group]) for group in sorted(found)}


def _segments(row: Any) -> list[str]:
    segments = row.segments or {}
    named = ("value_class", "size", "activity")
    return [f"{name}:{segments[name]}" for name in named if segments.get(name)]


def _most(found: dict[str, Uplift]) -> dict[str, Uplift]:
    ordered = sorted(found, key=lambda sku: (-found[sku].offered - found[sku].withheld, sku))
    return {sku: found[sku] for sku in ordered[:_MOST]}


def _funnels(rows: Sequence[Any]) -> dict[str, Mapping[str, int]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.reason].append(row)
    return {reason: _funnel(found[reason]) for reason in sorted(found)}


def _funnel(rows: Sequence[Any]) -> dict[str, int]:
    outcomes = Counter(row.outcome for row in rows)
    return {
        "shown": len(rows),
        "opened": sum(row.opened_at is not None for row in rows),
        "accepted": outcomes["accepted"],
        "declined": outcomes["declined"],
        "never": outcomes["never"],
        "bought": sum(row.bought_at is not None for row in rows),
    }


def _read(
    connection: Connection, since: datetime, until: datetime
) -> tuple[Rows, dict[str, tuple[str, str]]]:
    rows = connection.execute(
        select(*(_offers.c[name] for name in _COLUMNS))
        .where(_offers.c.shown_at >= since, _offers.c.shown_at < until)
        .order_by(_offers.c.shown_at, _offers.c.id)
    ).all()
    skus = sorted({row.sku for row in rows})
    names: dict[str, tuple[str, str]] = {}
    for start in range(0, len(skus), 500):
        for row in connection.execute(
            select(_products.c.sku, _products.c.name_id, _products.c.name_en).where(
                _products.c.sku.in_(skus[start : start + 500])
            )
        ):
            names[row.sku] = row.name_id, row.name_en
    return rows, names
