"""Invent who subscribes to LarasNet, who moves up to a faster plan, and their monthly invoices."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from db.sample import days
from db.sample.baskets import Basket
from db.sample.content import Content
from db.sample.people import Person
from db.sample.rows import Invoice

SUBSCRIBERS = 68
UPGRADES = 16
LAST_START = date(2026, 10, 30)
MEMBERS_BEFORE = date(2026, 6, 1)  # or most connections would begin in the last weeks
PLAN_SHARES = {"NET-020": 45, "NET-050": 38, "NET-100": 17}
INSTALLATION = "SVC-003"
TROUBLE_HELP = "SVC-007"  # bought by those whose e-mail or connection is too slow
INSTALLATION_DAYS = 3
UPGRADE_AFTER_DAYS = 75
EXTRA_CHANCE = 0.45

ISSUE_DAY = 5
DUE_DAY = 20
LATE_FEE_IDR = 25_000
LATE_CHANCE = 0.08
OPEN_NOW_CHANCE = 0.22
TWO_OPEN_CHANCE = 0.1


@dataclass(frozen=True, slots=True)
class Subscription:
    """One customer's LarasNet connection: the plans with the day each began, oldest first."""

    person: Person
    plans: tuple[tuple[date, str], ...]
    open_invoices: int  # how many of the latest invoices are unpaid

    def plan_on(self, day: date) -> str | None:
        """Return the plan that runs on `day`; none before the connection exists."""
        running = [sku for start, sku in self.plans if start <= day]
        return running[-1] if running else None


@dataclass(frozen=True, slots=True)
class PlanOrder:
    """What a subscriber orders: the first plan with its installation, or a faster one."""

    person: Person
    day: date
    basket: Basket


def invent(
    rng: Random, content: Content, people: list[Person]
) -> tuple[list[Subscription], list[PlanOrder]]:
    """Return the invented subscriptions and the orders that led to them."""
    able = [
        p
        for p in people
        if p.place.larasnet and p.pace and p.since < MEMBERS_BEFORE and not p.stops
    ]
    chosen = rng.sample(able, SUBSCRIBERS)
    subscriptions: list[Subscription] = []
    orders: list[PlanOrder] = []
    upgrades = 0
    for person in chosen:
        start = _start(rng, person)
        sku = rng.choices(list(PLAN_SHARES), list(PLAN_SHARES.values()))[0]
        orders.append(PlanOrder(person, start, _first_basket(rng, content, sku)))
        plans = [(start + timedelta(days=INSTALLATION_DAYS), sku)]
        faster = content.products[sku].upgrade_to
        latest = (LAST_START - start).days
        if faster and latest > UPGRADE_AFTER_DAYS and upgrades < UPGRADES:
            upgrades += 1
            day = start + timedelta(days=rng.randint(UPGRADE_AFTER_DAYS, latest))
            orders.append(PlanOrder(person, day, {TROUBLE_HELP: 1, faster: 1}))
            plans.append((day, faster))
        subscriptions.append(Subscription(person, tuple(plans), _open(rng)))
    return subscriptions, orders


def known(content: Content, people: list[Person]) -> list[Subscription]:
    """Return the subscriptions of the well-known customers."""
    by_id = {p.id: p for p in people}
    return [
        Subscription(by_id[e["customer_id"]], ((e["from"], e["plan_sku"]),), e["open_invoices"])
        for e in content.known["subscriptions"]
    ]


def invoices(rng: Random, content: Content, subscriptions: list[Subscription]) -> list[Invoice]:
    """Return every invoice issued until NOW, numbered through each month."""
    by_person = [list(_of(rng, content, s)) for s in subscriptions]
    every = sorted((i for found in by_person for i in found), key=lambda i: i.issued_at)
    numbers: dict[date, int] = {}
    numbered: list[Invoice] = []
    for invoice in every:
        month = invoice.issued_at.date()
        numbers[month] = numbers.get(month, 0) + 1
        numbered.append(_numbered(invoice, numbers[month]))
    return numbered


def _start(rng: Random, person: Person) -> date:
    first = max(person.since, days.FIRST_DAY)
    return first + timedelta(days=rng.randrange((LAST_START - first).days))


def _first_basket(rng: Random, content: Content, sku: str) -> Basket:
    basket = {sku: 1, INSTALLATION: 1}
    if rng.random() < EXTRA_CHANCE:
        basket[rng.choice(content.products[sku].complements)] = 1
    return basket


def _open(rng: Random) -> int:
    draw = rng.random()
    if draw < TWO_OPEN_CHANCE:
        return 2
    return 1 if draw < TWO_OPEN_CHANCE + OPEN_NOW_CHANCE else 0


def _of(rng: Random, content: Content, subscription: Subscription) -> list[Invoice]:
    issue_days = [d for d in _issue_days() if subscription.plan_on(d)]
    found: list[Invoice] = []
    late_fee = 0
    for place, day in enumerate(issue_days):
        plan = subscription.plan_on(day) or ""
        is_open = len(issue_days) - place <= subscription.open_invoices
        # A two months' debtor pays nothing more; the well-known and the others are late by chance.
        late = rng.random() < LATE_CHANCE and subscription.person.pace > 0
        paid_at = None if is_open else _paid_at(rng, day, late=late)
        due_at = datetime(day.year, day.month, DUE_DAY, 23, 59, 59, tzinfo=days.WIB)
        price = content.products[plan].price_idr
        found.append(
            Invoice(
                number="",
                customer_id=subscription.person.id,
                plan_sku=plan,
                issued_at=days.at(day, 8),
                due_at=due_at,
                amount_idr=price + late_fee,
                status=_status(paid_at, due_at),
                paid_at=paid_at,
                late_fee_idr=late_fee,
            )
        )
        late_fee = LATE_FEE_IDR if paid_at is None or paid_at > due_at else 0
    return found


def _issue_days() -> list[date]:
    months = [(2025 + n // 12, n % 12 + 1) for n in range(24)]
    issued = [date(year, month, ISSUE_DAY) for year, month in months]
    return [day for day in issued if days.FIRST_DAY <= day <= days.NOW.date()]


def _paid_at(rng: Random, issued: date, *, late: bool) -> datetime | None:
    after = rng.randint(16, 24) if late else rng.randint(0, 14)
    paid_at = days.at(issued + timedelta(days=after), rng.uniform(8.1, 21.9))
    return paid_at if paid_at <= days.NOW else None


def _status(paid_at: datetime | None, due_at: datetime) -> str:
    if paid_at:
        return "paid"
    return "overdue" if due_at < days.NOW else "due"


def _numbered(invoice: Invoice, number: int) -> Invoice:
    values = {name: getattr(invoice, name) for name in Invoice.__dataclass_fields__}
    values["number"] = f"INV-{invoice.issued_at:%y%m}-{number:04d}"
    return Invoice(**values)
