"""What happens to a message that a vendor did not deliver: again, later, or to the dead letter.

A vendor refuses at once, or takes a message and reports in a receipt that it could not deliver.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import DeliveryFailed
from conversation.tables import ChannelContact, Message, OutboxItem
from db.base import now

log = structlog.get_logger()

_LONGEST_PAUSE_S = 3600.0
_TRIES = 5  # of a message that was taken each time, and then not delivered

_SENDS = Counter(
    "sapa_outbox_sends",
    "What became of sends; the reason is the vendor's code, or how the connection failed.",
    ["channel", "outcome", "reason"],
)


def count(channel: str, outcome: str, failure: DeliveryFailed | None = None) -> None:
    """Count one send: sent, held, again, dead, or refused (an invitation to write)."""
    reason = "" if failure is None else str(failure.code or failure)
    _SENDS.labels(channel, outcome, reason).inc()


def next_try(tries: int, failure: DeliveryFailed) -> datetime:
    """Wait longer each time, with jitter, so that a vendor who comes back is not stampeded."""
    doubled = 2.0 ** max(tries - 1, 0) if failure.counts else 1.0
    jitter = random.uniform(1.0, 1.5)  # noqa: S311
    pause_s = min(max(failure.retry_after_s, 0.5) * doubled, _LONGEST_PAUSE_S) * jitter
    return now() + timedelta(seconds=pause_s)


async def rest_of_turn(session: AsyncSession, item: OutboxItem, status: str) -> list[OutboxItem]:
    """Give what follows `item` in its turn and has this status: they are sent as one."""
    turn_id = select(Message.turn_id).where(Message.id == item.message_id).scalar_subquery()
    rows = await session.scalars(
        select(OutboxItem)
        .join(Message, Message.id == OutboxItem.message_id)
        .where(
            OutboxItem.conversation_id == item.conversation_id,
            OutboxItem.status == status,
            OutboxItem.seq > item.seq,
            Message.turn_id == turn_id,
        )
        .order_by(OutboxItem.seq)
    )
    return list(rows)


async def take_back(
    session: AsyncSession, item: OutboxItem, part: int, failure: DeliveryFailed
) -> None:
    """Settle part `part` of a message that the vendor took and reports as not delivered."""
    if item.status in ("dead", "dropped") or item.part < part:
        return
    if failure.shut:
        await _shut_window(session, item)
    if item.status == "held":  # it waits for the customer already
        item.part = part
        return
    if item.status == "pending" and (failure.shut or not failure.permanent):
        return  # another try is planned or under way
    item.error, item.lease_until = str(failure), None
    items = [item, *await rest_of_turn(session, item, item.status)]
    if failure.shut:
        _again(items, part, now())
    elif not failure.permanent and await _can_follow(session, items, part):
        item.tries += failure.counts
        _again(items, part, next_try(item.tries, failure))
    else:
        for one in items:
            one.status, one.error, one.lease_until = "dead", str(failure), None
    count(item.channel, "dead" if item.status == "dead" else "again", failure)
    tell = log.error if item.status == "dead" else log.warning
    tell(
        "message not delivered" if item.status == "dead" else "message waits",
        item=item.id,
        reason=str(failure),
    )


def _again(items: Sequence[OutboxItem], part: int, at: datetime) -> None:
    for item in items:
        item.status, item.next_at, item.sent_at = "pending", at, None
    items[0].part = part


async def _can_follow(session: AsyncSession, items: Sequence[OutboxItem], part: int) -> bool:
    """Whether another try would come after nothing that was said later, nor be the last straw."""
    later = select(OutboxItem.id).where(
        OutboxItem.conversation_id == items[0].conversation_id,
        OutboxItem.seq > items[-1].seq,
        OutboxItem.status.in_(("sent", "held")) | (OutboxItem.part > 0),
    )
    is_last = await session.scalar(later.limit(1)) is None
    return is_last and part == items[0].part and items[0].tries + 1 < _TRIES


async def _shut_window(session: AsyncSession, item: OutboxItem) -> None:
    """Believe the vendor that the customer has to write first, unless they have since."""
    wrote_at = await session.scalar(
        select(func.max(Message.at)).where(
            Message.conversation_id == item.conversation_id, Message.author == "customer"
        )
    )
    if wrote_at is not None and item.sent_at is not None and wrote_at > item.sent_at:
        return
    contact = await session.get(ChannelContact, item.conversation_id, with_for_update=True)
    if contact is not None and contact.window_until is not None:
        contact.window_until = min(contact.window_until, now())
