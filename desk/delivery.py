"""Whether what we say reaches the customer: the channel's window, and what was not delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import ChannelContact, OutboxItem, Receipt
from db.base import now


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message that has not gone out: `status` is pending (after a failure), held or dead."""

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a conversation's messages fare; `window_until` is None where nothing limits us."""

    window_until: datetime | None
    troubles: Mapping[str, Trouble]  # by message id
    states: Mapping[str, str]  # by message id: sent, delivered, read
    blocked: bool = False  # the customer does not want to hear from us

    @property
    def window_closed(self) -> bool:
        """Whether the customer has to write first."""
        return self.window_until is not None and self.window_until <= now()


async def delivery(session: AsyncSession, conversation_id: str) -> Delivery:
    """Read how a conversation's messages fare; those of a website are read by cursor."""
    contact = await session.get(ChannelContact, conversation_id)
    if contact is None:
        return Delivery(None, {}, {})
    rows = await session.execute(
        select(OutboxItem.message_id, OutboxItem.status, OutboxItem.error, Receipt.state)
        .outerjoin(Receipt, Receipt.item_id == OutboxItem.id)
        .where(OutboxItem.conversation_id == conversation_id)
        .order_by(OutboxItem.seq, Receipt.part)
    )
    troubles: dict[str, Trouble] = {}
    states: dict[str, str] = {}
    for message_id, status, error, state in rows:
        if status == "dropped":
            troubles[message_id] = Trouble("dead", error or "")
        elif status in ("held", "dead") or error:
            troubles[message_id] = Trouble(status, error or "")
        elif state in ("sent", "delivered", "read"):
            states[message_id] = state
    return Delivery(contact.window_until, troubles, states, contact.blocked_at is not None)
