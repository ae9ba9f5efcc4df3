"""What became of what was sent: sent, delivered, read or failed, and never back.

A receipt may come before the answer to our own request, or where that answer never came. It
names the outbox row by the tag that we sent along, so it also tells that a send worked whose
answer was lost; that spares the customer a duplicate.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from channels.event import DeliveryReceipt
from conversation.tables import OutboxItem, Receipt
from conversation.undelivered import count, take_back
from db.base import now
from db.engine import Database

log = structlog.get_logger()

# A failure is reported instead of a delivery; one that comes after it is about something older.
_RANKS = {"accepted": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}


INVITE = -1  # stands for a part: not the message, but the template that asks the customer to write


def tag_of(item_id: str, part: int) -> str:
    """Name one part of an outbox row for the vendor to give back."""
    return f"{item_id}:{part}"


class Receipts:
    """Notes receipts of all channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, channel: str, receipt: DeliveryReceipt) -> None:
        """Move a message's state forward; a receipt of something that is not ours is kept too."""
        async with self._database.write() as session:
            row = await session.get(Receipt, (channel, receipt.external_id), with_for_update=True)
            if row is None:
                item_id, part = _read_tag(receipt.tag)
                row = Receipt(
                    channel=channel,
                    external_id=receipt.external_id,
                    item_id=item_id,
                    part=part,
                    state="accepted",
                )
                session.add(row)
            elif _RANKS[receipt.state] <= _RANKS[row.state]:
                return
            row.state, row.at = receipt.state, now()
            row.error = str(receipt.failure) if receipt.failure else None
            if row.item_id is None:
                return
            item = await session.get(OutboxItem, row.item_id, with_for_update=True)
            if item is not None:
                await _apply(session, item, row.part, receipt)


def _read_tag(tag: str) -> tuple[str | None, int]:
    item_id, _, part = tag.partition(":")
    try:
        return item_id or None, int(part)
    except ValueError:  # of something that Sapa did not send
        return None, 0


async def note_sent(
    session: AsyncSession, item: OutboxItem, external_id: str, *, invite: bool
) -> None:
    """Note the vendor's id of what was just sent, unless its receipt was faster."""
    if await session.get(Receipt, (item.channel, external_id)) is None:
        session.add(
            Receipt(
                channel=item.channel,
                external_id=external_id,
                item_id=item.id,
                part=INVITE if invite else item.part,
                state="accepted",
            )
        )


async def _apply(
    session: AsyncSession, item: OutboxItem, part: int, receipt: DeliveryReceipt
) -> None:
    failure = receipt.failure
    if failure is not None and part == INVITE:  # the message itself still waits for the customer
        item.error = str(failure)
        count(item.channel, "refused", failure)
        log.error("invitation not delivered", item=item.id, reason=str(failure))
    elif failure is not None:
        await take_back(session, item, part, failure)
    elif item.status == "pending" and part in (INVITE, item.part):
        # The answer to our request was lost.
        if part == INVITE:
            item.status = "held"
        else:
            item.part += 1
        item.lease_until, item.next_at = None, now()
