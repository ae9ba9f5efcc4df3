"""How far each message of a campaign came, and what its customers did then.

What the outbox and receipts tell is copied, because they are forgotten after 8 days.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Message, OutboxItem, Receipt
from crm.campaigns.tables import Campaign, CampaignRecipient
from crm.profile.tables import ConsentEntry
from crm.tables import Order
from db.base import now
from db.engine import Database

ANSWERS_WITHIN = timedelta(days=3)
BUYS_WITHIN = timedelta(days=14)
_FOLLOWED = timedelta(days=8)
_BATCH = 500
_RANKS = ("handed", "sent", "failed", "delivered", "read")
_OF_OUTBOX = {"sent": "sent", "dead": "failed", "dropped": "stopped"}


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Counts of customers; each stage includes those that came further."""

    people: int
    queued: int
    skipped: int
    stopped: int
    failed: int
    handed: int  # to the channel, or on its way there
    sent: int
    delivered: int  # known of WhatsApp only
    read: int
    answered: int  # within 3 days
    opted_out: int
    bought: int  # within 14 days, whatever it was


async def note_progress(database: Database) -> int:
    """Copy what became of messages that are still followed; return how many moved."""
    moment = now()
    async with database.read() as session:  # most of the time there is nothing to follow
        followed = select(CampaignRecipient.id).where(_is_followed(moment)).limit(1)
        if await session.scalar(followed) is None:
            return 0
    async with database.write() as session:
        rows = await session.execute(
            select(CampaignRecipient, OutboxItem, Receipt.state)
            .join(OutboxItem, OutboxItem.message_id == CampaignRecipient.message_id)
            .outerjoin(Receipt, Receipt.item_id == OutboxItem.id)
            .where(_is_followed(moment))
        )
        moved = 0
        for recipient, item, receipt in rows:
            state = _furthest(_OF_OUTBOX.get(item.status, "handed"), receipt, recipient.state)
            if state != recipient.state:
                recipient.state, recipient.at, moved = state, moment, moved + 1
                recipient.reason = item.error if state == "failed" else recipient.reason
        return moved


def _is_followed(moment: datetime) -> ColumnElement[bool]:
    return CampaignRecipient.state.in_(("handed", "sent", "delivered")) & (
        CampaignRecipient.handed_at > moment - _FOLLOWED
    )


def _furthest(*states: str | None) -> str:
    if "stopped" in states:
        return "stopped"
    return max((one for one in states if one in _RANKS), key=_RANKS.index)


async def report_of(database: Database, campaign_id: str) -> CampaignReport | None:
    """Count how it went; None for an unknown campaign."""
    await note_progress(database)
    async with database.read() as session:
        if await session.get(Campaign, campaign_id) is None:
            return None
        recipients = list(
            await session.scalars(
                select(CampaignRecipient).where(CampaignRecipient.campaign_id == campaign_id)
            )
        )
        reached = [one for one in recipients if one.state in _RANKS and one.handed_at]
        counts = {
            name: await count(session, reached)
            for name, count in (
                ("answered", _answered),
                ("opted_out", _opted_out),
                ("bought", _bought),
            )
        }

    def having(*states: str) -> int:
        return sum(one.state in states for one in recipients)

    return CampaignReport(
        people=len(recipients),
        queued=having("queued"),
        skipped=having("skipped"),
        stopped=having("stopped"),
        failed=having("failed"),
        handed=having("handed", "sent", "delivered", "read"),
        sent=having("sent", "delivered", "read"),
        delivered=having("delivered", "read"),
        read=having("read"),
        **counts,
    )


async def _answered(session: AsyncSession, reached: Sequence[CampaignRecipient]) -> int:
    said = select(Message.conversation_id, Message.at).where(Message.author == "customer")
    times = await _times(
        session, said, Message.conversation_id, Message.at, reached, "conversation_id"
    )
    return _within(reached, times, "conversation_id", ANSWERS_WITHIN)


async def _bought(session: AsyncSession, reached: Sequence[CampaignRecipient]) -> int:
    orders = select(Order.customer_id, Order.ordered_at).where(
        Order.status.not_in(("cancelled", "returned"))
    )
    times = await _times(session, orders, Order.customer_id, Order.ordered_at, reached)
    return _within(reached, times, "customer_id", BUYS_WITHIN)


async def _opted_out(session: AsyncSession, reached: Sequence[CampaignRecipient]) -> int:
    noes = select(ConsentEntry.customer_id, ConsentEntry.at).where(
        ConsentEntry.purpose == "campaigns", ConsentEntry.granted.is_(False)
    )
    times = await _times(session, noes, ConsentEntry.customer_id, ConsentEntry.at, reached)
    return _within(reached, times, "customer_id", _FOLLOWED)


async def _times(
    session: AsyncSession,
    found: Select[str, datetime],
    whose: Any,
    at: Any,
    reached: Sequence[CampaignRecipient],
    name: str = "customer_id",
) -> dict[str, list[datetime]]:
    """Return when it happened, by whom, since the first message went out."""
    times: dict[str, list[datetime]] = defaultdict(list)
    since = min((one.handed_at for one in reached if one.handed_at), default=now())
    ids = sorted({str(getattr(one, name)) for one in reached})
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        for row in await session.execute(found.where(whose.in_(batch), at >= since)):
            times[row[0]].append(row[1])
    return times


def _within(
    reached: Sequence[CampaignRecipient],
    times: Mapping[str, Sequence[datetime]],
    name: str,
    span: timedelta,
) -> int:
    return sum(
        any(
            one.handed_at <= at <= one.handed_at + span
            for at in times.get(getattr(one, name), ())
            if one.handed_at
        )
        for one in reached
    )
