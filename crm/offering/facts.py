"""Gather what the rules of offers look at, of the customer and of this conversation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select

from crm.campaigns.tables import CampaignRecipient
from crm.eligibility import Facts, Situation
from crm.importing.cells import SEGMENT_DIMENSIONS
from crm.offering.rules import Dispute, OfferRules
from crm.offering.tables import OfferSwitch
from crm.orders import FINISHED, UNDONE, is_late
from crm.segments.tables import Standing
from crm.tables import Customer, Invoice, Offer, Order, OrderLine, Shipment, Ticket
from crm.texts import plain_number

_DAY = timedelta(days=1)
_OPEN = ("open", "waiting_customer")


def _table(mapped: Any) -> Table:
    found: Table = mapped.__table__
    return found


# Statements are written once: building one takes longer than SQLite takes to answer it.
_customers, _offers, _orders = _table(Customer), _table(Offer), _table(Order)
_lines, _tickets, _bills = _table(OrderLine), _table(Ticket), _table(Invoice)
_shipments, _standings, _switches = _table(Shipment), _table(Standing), _table(OfferSwitch)
_recipients = _table(CampaignRecipient)
_HAD = select(_recipients.c.handed_at)
_OWNER = select(_orders.c.customer_id)
_CONSENT = select(_customers.c.consent_offers)
_STANDING = select(*(_standings.c[name] for name in SEGMENT_DIMENSIONS))
_STOPPED = select(_switches.c.stopped).order_by(_switches.c.id.desc()).limit(1)
_MADE = select(*(_offers.c[n] for n in ("sku", "shown_at", "asked", "outcome", "outcome_at")))
_CASES = select(_tickets.c.category, _tickets.c.status, _tickets.c.updated_at)
_BOUGHT = (
    select(*(_orders.c[n] for n in ("number", "ordered_at", "status")), _lines.c.sku)
    .select_from(_orders.outerjoin(_lines, _lines.c.order_number == _orders.c.number))
    .order_by(_orders.c.ordered_at.desc(), _orders.c.number, _lines.c.line)
)
_ETAS = select(_shipments.c.order_number, _shipments.c.eta)


_Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Bought:
    """One product of one order."""

    number: str
    at: datetime
    status: str
    sku: str


@dataclass(frozen=True, slots=True)
class Known:
    """The facts for the rules, and what candidates are found by."""

    facts: Facts
    bought: Sequence[Bought]  # newest first, also of orders undone; of all of the customer
    segments: dict[str, str]  # codes by dimension
    shown: Mapping[str, int]  # how often each SKU was shown and not taken


def gather(connection: Connection, situation: Situation, at: datetime, rules: OfferRules) -> Known:
    """Return what is known at the moment `at`."""
    who = _customer_id(connection, situation)
    made = connection.execute(_MADE.where(shown_to(who, situation.conversation_id))).all()
    whose = _tickets.c.conversation_id == situation.conversation_id
    if who is not None:
        whose = or_(whose, _tickets.c.customer_id == who)
    cases = connection.execute(_CASES.where(whose)).all()
    rows = connection.execute(_BOUGHT.where(_orders.c.customer_id == who)).all() if who else []
    bought = [Bought(row.number, row.ordered_at, row.status, row.sku) for row in rows if row.sku]
    facts = Facts(
        situation=situation,
        at=at,
        customer_id=who,
        consent=bool(who and connection.scalar(_CONSENT.where(_customers.c.id == who))),
        stopped=bool(connection.scalar(_STOPPED)),
        open_ticket=any(case.status in _OPEN for case in cases),
        late_order=_late(connection, rows, at),
        disputed_bill=_disputed(connection, who, cases, rules.dispute, at),
        bought=_last_times(bought),
        **answers(made, _campaigns(connection, who), rules, at),
    )
    return Known(facts, bought, _segments(connection, who), _shown(made))


def shown_to(customer_id: str | None, conversation_id: str) -> ColumnElement[bool]:
    """Select the offers made to a customer, or in this conversation."""
    same = _offers.c.conversation_id == conversation_id
    return same if customer_id is None else or_(same, _offers.c.customer_id == customer_id)


def capped(moments: Iterable[datetime], rules: OfferRules, at: datetime) -> tuple[bool, bool]:
    """Say whether unasked offers at these `moments` are enough in the days of the cap, in a day."""
    ages = [at - moment for moment in moments]
    caps = rules.caps
    return (
        sum(age < timedelta(days=caps.days) for age in ages) >= caps.offers,
        sum(age < _DAY for age in ages) >= caps.a_day,
    )


def _customer_id(connection: Connection, situation: Situation) -> str | None:
    if situation.customer_id is not None or situation.order_number is None:
        return situation.customer_id
    number = plain_number(situation.order_number)
    return connection.scalar(_OWNER.where(_orders.c.number == number))


def _campaigns(connection: Connection, who: str | None) -> list[datetime]:
    """Return when the customer had campaigns, which count as offers that nobody asked for."""
    if who is None:
        return []
    had = connection.scalars(_HAD.where(_recipients.c.customer_id == who))
    return [at for at in had if at is not None]


def answers(
    made: _Rows, campaigns: Sequence[datetime], rules: OfferRules, at: datetime
) -> dict[str, Any]:
    """Return what the offers made so far (sku, shown_at, asked, outcome, outcome_at) mean now."""
    no = [row for row in made if row.outcome in ("declined", "never")]
    lately = timedelta(days=rules.declined_days)
    unasked = [*(row.shown_at for row in made if not row.asked), *campaigns]
    enough, today = capped(unasked, rules, at)
    return {
        "capped": enough,
        "capped_today": today,
        "said_never": any(row.outcome == "never" for row in made),
        "said_not_now": any(
            at - (row.outcome_at or row.shown_at) < timedelta(days=rules.not_now_days) for row in no
        ),
        "declined": frozenset(
            row.sku for row in no if at - (row.outcome_at or row.shown_at) < lately
        ),
    }


def _late(connection: Connection, rows: _Rows, at: datetime) -> bool:
    under_way = {row.number: row for row in rows if row.status not in FINISHED}
    if not under_way:
        return False
    etas: dict[str, list[datetime | None]] = {number: [] for number in under_way}
    for number, eta in connection.execute(_ETAS.where(_shipments.c.order_number.in_(under_way))):
        etas[number].append(eta)
    return any(
        is_late(order.status, order.ordered_at, eta, at)
        for number, order in under_way.items()
        for eta in etas[number] or [None]
    )


def _disputed(
    connection: Connection,
    who: str | None,
    cases: _Rows,
    rule: Dispute,
    at: datetime,
) -> bool:
    lately = at - timedelta(days=rule.days)
    about = [
        case
        for case in cases
        if case.category in rule.ticket_categories
        and (case.status in _OPEN or case.updated_at > lately)
    ]
    if who is None or not about:
        return False
    unpaid = select(_bills.c.number).where(
        _bills.c.customer_id == who, _bills.c.status.in_(("due", "overdue"))
    )
    return connection.scalar(unpaid.limit(1)) is not None


def _last_times(bought: Sequence[Bought]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for one in bought:  # newest first
        if one.status not in UNDONE:
            last.setdefault(one.sku, one.at)
    return last


def _segments(connection: Connection, who: str | None) -> dict[str, str]:
    row = connection.execute(_STANDING.where(_standings.c.customer_id == who)).first()
    if who is None or row is None:
        return {}
    return {name: code for name, code in zip(SEGMENT_DIMENSIONS, row, strict=True) if code}


def _shown(made: _Rows) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in made:
        if row.outcome == "shown":
            counts[row.sku] = counts.get(row.sku, 0) + 1
    return counts
