"""Note which offers customers have read, where their channel says so."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, Table, select, update

from conversation.tables import Message, OutboxItem, ReadMark, Receipt
from crm.tables import Offer
from db.base import now
from db.engine import Database

_LOOKED_BACK = timedelta(days=8)  # as long as receipts are kept

_offers: Table = Offer.__table__  # type: ignore[assignment]


async def note_opened(database: Database) -> int:
    """Note the offers read since the last time; returns how many."""
    at = now()
    read = await database.ask(lambda connection: _read(connection, at - _LOOKED_BACK))
    if read:
        await database.change(lambda connection: _note(connection, read, at))
    return len(read)


def _read(connection: Connection, since: datetime) -> list[int]:
    """Return the offers whose card is above the customer's read mark, or has a receipt."""
    unread = (
        select(Offer.id)
        .join(Message, (Message.turn_id == Offer.turn_id) & (Message.kind == "offer"))
        .where(Offer.opened_at.is_(None), Offer.shown_at > since, Offer.outcome != "withheld")
    )
    marked: Select[int] = unread.join(
        ReadMark,
        (ReadMark.conversation_id == Message.conversation_id)
        & (ReadMark.side == "customer")
        & (ReadMark.seq >= Message.seq),
    )
    receipted = unread.join(OutboxItem, OutboxItem.message_id == Message.id).join(
        Receipt, (Receipt.item_id == OutboxItem.id) & (Receipt.state == "read")
    )
    return sorted({row[0] for query in (marked, receipted) for row in connection.execute(query)})


def _note(connection: Connection, offers: list[int], at: datetime) -> None:
    for start in range(0, len(offers), 500):
        connection.execute(
            update(_offers)
            .where(_offers.c.id.in_(offers[start : start + 500]), _offers.c.opened_at.is_(None))
            .values(opened_at=at)
        )
