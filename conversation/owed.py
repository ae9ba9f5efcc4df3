"""Which of a customer's messages the bot still has to answer, and in which turn."""

from sqlalchemy import Connection, update

from conversation.rows import Begun, begin_turn, messages_of, running_turn, try_again, unanswered
from conversation.tables import Conversation, Message, Turn
from db.base import now

# Text that is joined for one turn; a flood of long messages must not keep Rasa busy for others.
_MOST_CHARS = 4_096


def open_turn(connection: Connection, conversation_id: str) -> tuple[Begun | None, list[Message]]:
    """Go on with the turn a dead worker left, else begin one with what is unanswered, if any."""
    left = running_turn(connection, conversation_id)
    if left is not None:
        again = try_again(connection, left)
        return again, messages_of(connection, conversation_id, left.id)
    messages = _joined(unanswered(connection, conversation_id))
    turn = begin_turn(connection, conversation_id, messages) if messages else None
    return turn, messages


def owe_nothing(connection: Connection, conversation: Conversation) -> None:
    """From here on a person answers, also what was said and not yet answered.

    A turn under way ends here: it may have died, and must not be taken up when the bot is back.
    """
    conversation.pending_since = conversation.lease_owner = conversation.lease_until = None
    connection.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.owed, Message.turn_id.is_(None))
        .values(owed=False)
    )
    connection.execute(
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
