"""Which of a customer's messages the bot still has to answer, and in which turn."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Message, Turn
from db.base import new_id, now

# Text that is joined for one turn; a flood of long messages must not keep Rasa busy for others.
_MOST_CHARS = 4_096


async def open_turn(session: AsyncSession, conversation_id: str) -> tuple[Turn, list[Message]]:
    """Go on with the turn a dead worker left, else begin one with what is unanswered."""
    left = await session.scalar(
        select(Turn).where(Turn.conversation_id == conversation_id, Turn.status == "running")
    )
    if left is not None:
        left.tries += 1
        return left, await _messages(session, conversation_id, left.id)
    messages = _joined(await _messages(session, conversation_id, None))
    turn = Turn(id=new_id(), conversation_id=conversation_id, tries=1)
    if messages:
        session.add(turn)
        await session.flush()
        for message in messages:
            message.turn_id = turn.id
    return turn, messages


async def is_unanswered(session: AsyncSession, conversation_id: str) -> bool:
    """Whether something was said that no turn has taken yet."""
    first = await session.scalar(
        select(Message.id)
        .where(
            Message.conversation_id == conversation_id,
            Message.owed,
            Message.turn_id.is_(None),
        )
        .limit(1)
    )
    return first is not None


async def owe_nothing(session: AsyncSession, conversation: Conversation) -> None:
    """From here on a person answers, also what was said and not yet answered.

    A turn under way ends here: it may have died, and must not be taken up when the bot is back.
    """
    conversation.pending_since = conversation.lease_owner = conversation.lease_until = None
    await session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.owed, Message.turn_id.is_(None))
        .values(owed=False)
    )
    await session.execute(
        update(Turn)
        .where(Turn.conversation_id == conversation.id, Turn.status == "running")
        .values(status="dropped", finished_at=now())
    )


def _joined(messages: list[Message]) -> list[Message]:
    """Take from the front what makes one turn.

    A tap is an answer of its own; joined with other text its meaning would be lost.
    """
    chars = 0
    for place, message in enumerate(messages):
        chars += len(message.text)
        if place and (message.choice is not None or chars > _MOST_CHARS):
            return messages[:place]
        if message.choice is not None:
            return messages[:1]
    return messages


async def _messages(
    session: AsyncSession, conversation_id: str, turn_id: str | None
) -> list[Message]:
    rows = await session.scalars(
        select(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.owed,
            Message.turn_id.is_(None) if turn_id is None else Message.turn_id == turn_id,
        )
        .order_by(Message.seq)
    )
    return list(rows)
