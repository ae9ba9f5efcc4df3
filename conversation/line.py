"""The customers who wait for a person: what the bot still answers them, and how they leave."""

from collections.abc import Callable

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Handoff, Message
from db.base import now

# Whether the words of somebody who waits are about the waiting itself, and so for the bot.
AboutTheWait = Callable[[str], bool]


async def leave_the_line(session: AsyncSession, conversation: Conversation) -> None:
    """Give a waiting conversation back to the bot, its dialogue begun anew."""
    conversation.state, conversation.dialogue = "bot", {}
    await session.execute(
        update(Handoff)
        .where(Handoff.conversation_id == conversation.id, Handoff.ended_at.is_(None))
        .values(ended_at=now(), outcome="left")
    )


async def leave_to_the_person(session: AsyncSession, conversation: Conversation) -> None:
    """Let the bot answer nothing that was said before; a turn under way ends by itself."""
    await session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.owed, Message.turn_id.is_(None))
        .values(owed=False)
    )
