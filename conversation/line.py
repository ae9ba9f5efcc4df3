"""The customers who wait for a person: what the bot still answers them, and how they leave."""

from collections.abc import Callable

from sqlalchemy import Connection, update

from conversation.tables import Conversation, Handoff, Message
from db.base import now

# Whether the words of somebody who waits are about the waiting itself, and so for the bot.
AboutTheWait = Callable[[str], bool]


def leave_the_line(connection: Connection, conversation: Conversation) -> None:
    """Give a waiting conversation back to the bot, its dialogue begun anew."""
    conversation.state, conversation.dialogue, conversation.team_id = "bot", {}, None
    connection.execute(
        update(Handoff)
        .where(Handoff.conversation_id == conversation.id, Handoff.ended_at.is_(None))
        .values(ended_at=now(), outcome="left")
    )


def leave_to_the_person(connection: Connection, conversation: Conversation) -> None:
    """Let the bot answer nothing that was said before; a turn under way ends by itself."""
    connection.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.owed, Message.turn_id.is_(None))
        .values(owed=False)
    )
