"""What an import must not undo: that somebody was erased, or took back their consent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.importing.kinds import Kind
from crm.importing.problems import Problem
from crm.importing.reader import Content, Line
from crm.profile.erased import ERASED, digest_of
from crm.profile.tables import ConsentEntry, ErasedCustomer
from crm.tables import Customer, Order
from db.base import Base, new_id, now

_BATCH = 400
_NOBODYS = {"shipments": "order_number", "shipment_events": "shipment_id"}


async def without_erased(
    session: AsyncSession, kind: Kind, content: Content
) -> tuple[Content, list[Problem]]:
    """Leave out who was erased; their new orders and bills are kept without them."""
    name = "id" if kind.table is Customer else "customer_id"
    if name not in kind.columns:
        return await _without_their_parcels(session, kind, content)
    wanted = {digest_of(str(line.row[name])): str(line.row[name]) for line in content.lines}
    erased = {
        wanted[digest] for digest in await _known(session, ErasedCustomer, "digest", set(wanted))
    }
    if not erased:
        return content, []
    key = kind.keys[0]
    theirs = {line.row[key] for line in content.lines if line.row[name] in erased}
    stored = set() if kind.table is Customer else await _known(session, kind.table, key, theirs)
    nobody = ""
    lines, remarks = [], []
    for line in content.lines:
        if line.row[name] not in erased:
            lines.append(line)
            continue
        remarks.append(Problem(line.number, name, "was erased at their own wish; left out"))
        if kind.table is not Customer and line.row[key] not in stored:
            nobody = nobody or await _nobody(session)
            without = {"customer_id": nobody} | ({"city": None} if "city" in line.row else {})
            lines.append(Line(line.number, {**line.row, **without}))
    return replace(content, lines=lines, keys=content.keys | {nobody}), remarks


async def _without_their_parcels(
    session: AsyncSession, kind: Kind, content: Content
) -> tuple[Content, list[Problem]]:
    """A parcel's number and the courier's notes would lead back to them."""
    column = _NOBODYS.get(kind.name)
    if column is None:
        return content, []
    shipments = Base.metadata.tables["shipments"]
    found = select(Order.number).where(Order.customer_id.like(f"{ERASED}%"))
    if kind.name == "shipment_events":
        found = select(shipments.c.id).where(shipments.c.order_number.in_(found))
    theirs = set(await session.scalars(found))
    remarks = [
        Problem(line.number, column, "of somebody who was erased; left out")
        for line in content.lines
        if line.row[column] in theirs
    ]
    lines = [line for line in content.lines if line.row[column] not in theirs]
    return replace(content, lines=lines), remarks


async def with_their_own_word(session: AsyncSession, lines: list[Line]) -> list[Line]:
    """Keep a customer's own later word on offers against an older one in the file."""
    ids = {str(line.row["id"]) for line in lines}
    words = await _last_words(session, ids)
    kept = []
    for line in lines:
        word = words.get(str(line.row["id"]))
        row = dict(line.row)
        if word is not None and "consent_offers" in row and not _is_newer(row, word.at):
            row["consent_offers"] = word.granted
            if "consent_at" in row:
                row["consent_at"] = word.at
        kept.append(Line(line.number, row))
    return kept


async def log_consents(
    session: AsyncSession, lines: list[Line], stored: Mapping[tuple[object, ...], Any]
) -> None:
    """Add to the log what the file says anew."""
    rows = []
    for line in lines:
        row, old = line.row, stored.get((line.row["id"],))
        if "consent_offers" not in row:
            continue
        before = bool(old["consent_offers"]) if old is not None else False
        if row["consent_offers"] != before:
            rows.append(
                {
                    "customer_id": row["id"],
                    "purpose": "offers",
                    "granted": row["consent_offers"],
                    "at": row.get("consent_at") or now(),
                    "source": "import",
                    "place": "",
                    "noted_at": now(),
                }
            )
    if rows:
        await session.execute(insert(ConsentEntry), rows)


def _is_newer(row: Mapping[str, Any], word_at: datetime) -> bool:
    given = row.get("consent_at")
    return isinstance(given, datetime) and given > word_at


async def _last_words(session: AsyncSession, ids: set[str]) -> dict[str, ConsentEntry]:
    found: dict[str, ConsentEntry] = {}
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        rows = await session.scalars(
            select(ConsentEntry)
            .where(
                ConsentEntry.customer_id.in_(ordered[start : start + _BATCH]),
                ConsentEntry.purpose == "offers",
            )
            .order_by(ConsentEntry.id)
        )
        found |= {row.customer_id: row for row in rows}
    return found


async def _known(session: AsyncSession, table: type[Base], name: str, wanted: set[str]) -> set[str]:
    column = table.__table__.c[name]
    found: set[str] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), _BATCH):
        batch = ordered[start : start + _BATCH]
        found |= set(await session.scalars(select(column).where(column.in_(batch))))
    return found


async def _nobody(session: AsyncSession) -> str:
    nobody = f"{ERASED}{new_id()}"
    session.add(Customer(id=nobody, name="", lang="id"))
    await session.flush()
    return nobody
