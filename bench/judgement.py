"""Let customers live for months beside the offers, and count what should never have been offered.

    .venv/bin/python -m bench.judgement [--turns 100000] [--seed 1]

Real offers on a real SQLite database: chosen, recorded, answered. What happens to the customers
(orders, late parcels, cases, disputed bills, consent, noes, the stop button, empty shelves) is
drawn with a seed and kept a second time in plain Python; each offer shown is held against that
second book, which shares no code with the rules.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from crm.eligibility import Situation, in_control_group
from crm.offering.tables import OfferSwitch
from crm.offers import Offers, Proposal
from crm.recommending.store import learn_all
from crm.tables import Customer, Invoice, Order, OrderLine, Product, Shipment, Ticket
from db.engine import Database
from db.migrate import migrate

_CUSTOMERS, _PRODUCTS = 200, 40
_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MOODS = ("neutral", "neutral", "neutral", "happy", "sorry", "angry", "sad")
_REFILL = dict.fromkeys(range(0, _PRODUCTS, 4), 30)  # product -> days


@dataclass
class Life:
    """What is true of one customer, as the second book has it."""

    consent: bool = True
    ticket: int | None = None  # open
    late: str | None = None  # order
    disputed: datetime | None = None  # case solved then, the bill still unpaid
    never: bool = False
    noes: dict[int, datetime] = field(default_factory=dict)  # product -> when
    shown: list[datetime] = field(default_factory=list)  # unasked
    bought: dict[int, datetime] = field(default_factory=dict)


class World:
    """A shop, its customers and a clock."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.database, self.chance, self.at = database, chance, _START
        self.offers = Offers(database, clock=lambda: self.at)
        self.lives = [Life() for _ in range(_CUSTOMERS)]
        self.stock = [5] * _PRODUCTS
        self.stopped = False
        self.orders = self.turns = 0
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []

    async def fill(self) -> None:
        """Open the shop and let everybody buy something."""
        await self._do(insert(Product), [
            {"sku": f"P{n}", "name_id": "", "name_en": "", "category": f"K{n % 5}", "stock": 5,
             "price_idr": 50_000 + 1_000 * n, "refill_days": _REFILL.get(n),
             "complements": [f"P{(n + step) % _PRODUCTS}" for step in (1, 2, 3, 7)]}
            for n in range(_PRODUCTS)
        ])  # fmt: skip
        await self._do(insert(Customer), [
            {"id": f"C{n}", "name": "", "consent_offers": True} for n in range(_CUSTOMERS)
        ])  # fmt: skip
        for who in range(_CUSTOMERS):
            await self._buy(who)
        await learn_all(self.database, lambda: self.at)

    async def turn(self) -> None:
        """Let some time pass, something happen, and one customer write."""
        self.at += timedelta(minutes=self.chance.expovariate(1 / 10))
        self.turns += 1
        who = self.chance.randrange(_CUSTOMERS)
        if self.chance.random() < 0.25:
            await self.chance.choice(
                (self._buy, self._case, self._parcel, self._dispute, self._consent, self._shelf)
            )(who)
        if self.chance.random() < 0.002:
            self.stopped = not self.stopped and self.chance.random() < 0.3
            switch = {"stopped": self.stopped, "agent_id": "a", "agent_name": "a", "reason": ""}
            await self._do(insert(OfferSwitch), [{"at": self.at, **switch}])
        situation = Situation(
            f"v{who}",
            customer_id=f"C{who}",
            asked=self.chance.random() < 0.3,
            complaint=self.chance.random() < 0.1,
            handoff=self.chance.random() < 0.1,
            mood=self.chance.choice(_MOODS),
        )
        proposal = await self.offers.choose(situation)
        if proposal is None:
            self.counts["none"] += 1
            return
        offer_id = await self.offers.record(f"t{self.turns}", situation.conversation_id, proposal)
        if offer_id is None:
            self.counts["withheld"] += 1
            if not proposal.withheld:
                self.violations.append(
                    f"turn {self.turns}: not recorded, though nobody was quicker"
                )
            return
        self.counts["asked" if situation.asked else "unasked"] += 1
        self._judge(who, situation, proposal)
        await self._answer(who, situation, proposal, offer_id)

    def _judge(self, who: int, situation: Situation, proposal: Proposal) -> None:
        life, number = self.lives[who], int(proposal.sku[1:])
        last = life.bought.get(number)
        wrong = {
            "stopped": self.stopped,
            "complaint": situation.complaint,
            "handoff": situation.handoff,
            "mood": situation.mood in ("sorry", "angry", "sad"),
            "dispute": life.disputed is not None and self.at - life.disputed < 30 * _DAY,
            "out of stock": self.stock[number] == 0,
            "declined": number in life.noes and self.at - life.noes[number] < 90 * _DAY,
            "had it": last is not None
            and (number not in _REFILL or self.at < last + _REFILL[number] * _DAY),
        }
        if not situation.asked:
            wrong |= {
                "ticket": life.ticket is not None,
                "late": life.late is not None,
                "consent": not life.consent,
                "never": life.never,
                "not now": any(self.at - no < 14 * _DAY for no in life.noes.values()),
                "cap": any(self.at - shown < 7 * _DAY for shown in life.shown),
                "control": in_control_group(f"C{who}"),
            }
            life.shown.append(self.at)
        self.violations += [f"turn {self.turns}: {name}" for name, is_so in wrong.items() if is_so]

    async def _answer(
        self, who: int, situation: Situation, proposal: Proposal, offer_id: int
    ) -> None:
        answer = self.chance.choices(("ignore", "yes", "no", "never"), (50, 30, 18, 2))[0]
        life, number = self.lives[who], int(proposal.sku[1:])
        if answer == "yes":
            await self.offers.accept(offer_id, situation.conversation_id)
        elif answer != "ignore":
            never = answer == "never"
            await self.offers.decline(offer_id, situation.conversation_id, never=never)
            life.noes[number] = self.at
            life.never |= never
        self.counts[answer] += 1

    async def _buy(self, who: int) -> None:
        await self._order(who, self.chance.randrange(_PRODUCTS), "delivered")

    async def _order(self, who: int, product: int, status: str) -> str:
        self.orders += 1
        number = f"O{self.orders}"
        await self._do(insert(Order), [
            {"number": number, "customer_id": f"C{who}", "ordered_at": self.at, "status": status,
             "total_idr": 1},
        ])  # fmt: skip
        await self._do(insert(OrderLine), [
            {"order_number": number, "line": 1, "sku": f"P{product}", "quantity": 1,
             "unit_price_idr": 1},
        ])  # fmt: skip
        self.lives[who].bought[product] = self.at
        return number

    async def _case(self, who: int) -> None:
        life = self.lives[who]
        if life.ticket is None:
            life.ticket = self.turns
            await self._ticket(who, "other", "open")
        else:
            turn_id = f"x{who}.{life.ticket}"
            await self._do(update(Ticket).where(Ticket.turn_id == turn_id).values(status="solved"))
            life.ticket = None

    async def _parcel(self, who: int) -> None:
        life = self.lives[who]
        if life.late is None:
            life.late = await self._order(who, self.chance.randrange(_PRODUCTS), "shipped")
            late = {"eta": self.at - _DAY, "courier": "JNE", "status": "in_transit"}
            await self._do(insert(Shipment), [{"id": life.late, "order_number": life.late, **late}])
        else:
            done = update(Order).where(Order.number == life.late).values(status="delivered")
            await self._do(done)
            life.late = None

    async def _dispute(self, who: int) -> None:
        life, bill = self.lives[who], f"I{who}.{self.turns}"
        if life.disputed is None:
            life.disputed = self.at
            await self._ticket(who, "payment", "solved")
            await self._do(insert(Invoice), [
                {"number": bill, "customer_id": f"C{who}", "issued_at": self.at, "due_at": self.at,
                 "amount_idr": 1, "status": "due"},
            ])  # fmt: skip
        else:
            mine = update(Invoice).where(Invoice.customer_id == f"C{who}")
            await self._do(mine.values(status="paid", paid_at=self.at))
            life.disputed = None

    async def _consent(self, who: int) -> None:
        life = self.lives[who]
        life.consent = not life.consent or self.chance.random() < 0.5
        changed = update(Customer).where(Customer.id == f"C{who}")
        await self._do(changed.values(consent_offers=life.consent))

    async def _shelf(self, _who: int) -> None:
        number = self.chance.randrange(_PRODUCTS)
        self.stock[number] = 0 if self.stock[number] else 5
        full = update(Product).where(Product.sku == f"P{number}")
        await self._do(full.values(stock=self.stock[number]))

    async def _ticket(self, who: int, category: str, status: str) -> None:
        await self._do(insert(Ticket), [
            {"turn_id": f"x{who}.{self.turns}", "customer_id": f"C{who}", "category": category,
             "priority": "low", "status": status, "description": "", "contact": "", "lang": "id",
             "due_at": self.at, "created_at": self.at, "updated_at": self.at},
        ])  # fmt: skip

    async def _do(self, statement: Any, rows: Sequence[dict[str, Any]] | None = None) -> None:
        async with self.database.write() as session:
            if rows is None:
                await session.execute(statement)
            else:
                await session.execute(statement, rows)


async def live(folder: Path, turns: int, seed: int, every: int = 0) -> World:
    """Simulate `turns`; says how it goes after `every` so many, if that is not 0."""
    url = f"sqlite+aiosqlite:///{folder / 'shop.db'}"
    await asyncio.to_thread(migrate, url)
    database = Database(url)
    try:
        world = World(database, random.Random(seed))
        await world.fill()
        for _ in range(turns):
            await world.turn()
            if every and world.turns % every == 0:
                _tell(world)
        return world
    finally:
        await database.close()


def _tell(world: World) -> None:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(world.counts.items()))
    print(
        f"{world.turns} turns to {world.at:%Y-%m-%d}: {len(world.violations)} violations; {counts}"
    )
    for violation in world.violations[:10]:
        print(f"  {violation}")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate and print; 1 if anything was offered that should not have been."""
    parser = argparse.ArgumentParser(description="Count offers that should not have been made.")
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        world = asyncio.run(live(Path(folder), options.turns, options.seed, every=10_000))
    _tell(world)
    return 1 if world.violations else 0


if __name__ == "__main__":
    sys.exit(main())
