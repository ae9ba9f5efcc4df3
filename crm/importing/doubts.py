"""What is well formed and still wrong: amounts and days that cannot be, one product twice."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.importing.kinds import Kind
from crm.importing.problems import Problem
from crm.importing.reader import Line
from crm.tables import Order, OrderLine, Product
from db.base import now

_SMALLEST_PRICE = 100  # rupiah; nothing is sold for less
_FACTOR = 50  # between a price in the catalogue and one that was paid
_AHEAD = timedelta(days=1)  # of the shop's clock
_BATCH = 400


async def mixed_up(session: AsyncSession, kind: Kind, lines: list[Line]) -> list[Problem]:
    """Find amounts in another currency or in thousands, and days whose parts changed places."""
    if kind.table is Order:
        return list(_days(lines))
    if kind.table is OrderLine:
        return await _paid(session, lines)
    return []


async def doubtful(session: AsyncSession, kind: Kind, lines: list[Line]) -> list[Problem]:
    """Report prices that are hardly meant, and products that seem to have two codes.

    Only the owner knows.
    """
    if kind.table is not Product:
        return []
    codes: dict[str, set[str]] = defaultdict(set)
    stored = select(func.lower(Product.name_id), Product.sku).where(Product.active)
    for name, sku in await session.execute(stored):
        codes[name].add(sku)
    here = {line.row["sku"] for line in lines}
    for name in codes:
        codes[name] -= here
    for line in lines:
        if line.row.get("active", True):
            codes[str(line.row["name_id"]).lower()].add(str(line.row["sku"]))
    found = list(_prices(lines))
    for line in lines:
        others = codes[str(line.row["name_id"]).lower()] - {line.row["sku"]}
        if others and line.row.get("active", True):
            named = ", ".join(sorted(others))
            found.append(Problem(line.number, "name_id", f"the same name as {named}: one product?"))
    return found


def _prices(lines: list[Line]) -> Iterator[Problem]:
    for line in lines:
        for name in ("price_idr", "cost_idr"):
            amount = line.row.get(name)
            if amount is not None and 0 < amount < _SMALLEST_PRICE:
                reason = f"{amount} is less than Rp{_SMALLEST_PRICE}: thousands, or a currency?"
                yield Problem(line.number, name, reason)


def _days(lines: list[Line]) -> Iterator[Problem]:
    latest = now() + _AHEAD
    for line in lines:
        ordered, paid = line.row["ordered_at"], line.row.get("paid_at")
        if ordered > latest:
            reason = f"{ordered:%Y-%m-%d} is still to come: day and month mixed up?"
            yield Problem(line.number, "ordered_at", reason)
        if paid is not None and paid < ordered - _AHEAD:
            yield Problem(line.number, "paid_at", "paid before it was ordered")


async def _paid(session: AsyncSession, lines: list[Line]) -> list[Problem]:
    prices: dict[str, int] = {}
    wanted = sorted({str(line.row["sku"]) for line in lines})
    for start in range(0, len(wanted), _BATCH):
        rows = await session.execute(
            select(Product.sku, Product.price_idr).where(
                Product.sku.in_(wanted[start : start + _BATCH])
            )
        )
        prices |= {row.sku: row.price_idr for row in rows}
    found = []
    for line in lines:
        paid, price = line.row["unit_price_idr"], prices.get(str(line.row["sku"]), 0)
        if price and paid and not price / _FACTOR <= paid <= price * _FACTOR:
            reason = f"{paid}, where {line.row['sku']} costs {price}: thousands, or a currency?"
            found.append(Problem(line.number, "unit_price_idr", reason))
    return found
