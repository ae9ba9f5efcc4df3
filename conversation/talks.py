"""Count customers' conversations for what serving them costs (crm/value)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Handoff, Message
from crm.value.contacts import Talks


async def count_talks(
    session: AsyncSession, since: datetime, customers: Collection[str] | None
) -> Mapping[str, Talks]:
    """Count the days on which customers wrote, and the times that a person took over."""
    whose = Conversation.customer_id
    mine = [whose.is_not(None), Conversation.verified]
    if customers is not None:
        mine.append(whose.in_(customers))
    days = await session.execute(
        select(whose, func.count(func.date(Message.at).distinct()))
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Message.author == "customer", Message.at > since, *mine)
        .group_by(whose, Conversation.id)
    )
    written: dict[str, int] = defaultdict(int)
    for customer_id, count in days:
        written[str(customer_id)] += count
    helped = await session.execute(
        select(whose, func.count())
        .join(Handoff, Handoff.conversation_id == Conversation.id)
        .where(Handoff.taken_at > since, *mine)
        .group_by(whose)
    )
    people = {customer_id: count for customer_id, count in helped if customer_id}
    return {
        customer_id: Talks(max(count - people.get(customer_id, 0), 0), people.get(customer_id, 0))
        for customer_id, count in written.items()
    }
