"""What every turn asks of the database, as statements that are made once.

To load and store whole objects instead takes five times as long, most of it in the ORM. What is
given back here belongs to no session: to change it changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from conversation.tables import Conversation, InboxEvent, Message, Turn
from db.base import new_id, now

_conversations = cast("Table", Conversation.__table__)
_messages = cast("Table", Message.__table__)
_inbox = cast("Table", InboxEvent.__table__)
_turns = cast("Table", Turn.__table__)

_OF_CONVERSATION = _messages.c.conversation_id == bindparam("conversation")
_AFTER = (
    select(_messages)
    .where(_OF_CONVERSATION, _messages.c.seq > bindparam("seq"))
    .order_by(_messages.c.seq)
    .limit(bindparam("most"))
)
_OWED = select(_messages).where(_OF_CONVERSATION, _messages.c.owed).order_by(_messages.c.seq)
_UNANSWERED = _OWED.where(_messages.c.turn_id.is_(None))
_OF_TURN = _OWED.where(_messages.c.turn_id == bindparam("turn"))
_ONE_UNANSWERED = _UNANSWERED.with_only_columns(_messages.c.id).limit(1)
_RUNNING = select(_turns.c.id, _turns.c.tries).where(
    _turns.c.conversation_id == bindparam("conversation"), _turns.c.status == "running"
)
_STATUS = select(_turns.c.status).where(_turns.c.id == bindparam("turn"))
_EVENT = (
    select(_inbox.c.id, _inbox.c.message_id, _messages.c.seq, _messages.c.owed)
    .outerjoin(_messages, _messages.c.id == _inbox.c.message_id)
    .where(_inbox.c.channel == bindparam("channel"), _inbox.c.source_id == bindparam("source"))
)
_JOIN_TURN = update(_messages).where(_messages.c.id == bindparam("message"))
_CHANGE_TURN = update(_turns).where(_turns.c.id == bindparam("turn"))
_TAKEN_IN = update(_inbox).where(_inbox.c.id == bindparam("event"))
_HELD = (
    select(_conversations).where(_conversations.c.id == bindparam("conversation")).with_for_update()
)
_CHANGED = update(_conversations).where(_conversations.c.id == bindparam("conversation"))
_WITHOUT_VALUE = {"name": "", "kind": "text", "mood": "neutral", "owed": False}


class ConversationUnknown(LookupError):
    """No conversation has this id."""


@contextmanager
def held(connection: Connection, conversation_id: str) -> Iterator[Conversation]:
    """Give the conversation, held against other writers until the commit; its changes are stored.

    Raises ConversationUnknown.
    """
    row = connection.execute(_HELD, {"conversation": conversation_id}).one_or_none()
    if row is None:
        raise ConversationUnknown(conversation_id)
    before = row._mapping  # noqa: SLF001 - its public name
    conversation = Conversation(**before)
    yield conversation
    changed = {name: getattr(conversation, name) for name in before}
    changed = {name: value for name, value in changed.items() if value != before[name]}
    if changed:
        connection.execute(_CHANGED, {"conversation": conversation_id, **changed})


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn under way; `tries` counts from 1."""

    id: str
    tries: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a channel delivered; `message_id` is None before it is taken in."""

    event_id: str
    message_id: str | None
    seq: int
    owed: bool


def messages_after(
    connection: Connection, conversation_id: str, seq: int, most: int
) -> list[Message]:
    """Read the messages numbered above `seq`, oldest first, at most `most`."""
    given = {"conversation": conversation_id, "seq": seq, "most": most}
    return [_message(row) for row in connection.execute(_AFTER, given)]


def add_message(connection: Connection, **values: Any) -> Message:
    """Store a message."""
    row = {**_WITHOUT_VALUE, "at": now(), **values}
    connection.execute(insert(_messages), row)
    return Message(**row)


def event_of(connection: Connection, channel: str, source_id: str) -> Delivered | None:
    """Find what a channel delivered, and the message it became."""
    given = {"channel": channel, "source": source_id}
    row = connection.execute(_EVENT, given).one_or_none()
    return Delivered(*row) if row else None


def remember(
    connection: Connection, event_id: str | None, channel: str, source_id: str, message_id: str
) -> None:
    """Let a repeat find the message; `event_id` is the row of what came by webhook."""
    if event_id is None:
        row = {"channel": channel, "source_id": source_id, "message_id": message_id}
        connection.execute(insert(_inbox), row)
    else:
        connection.execute(_TAKEN_IN, {"event": event_id, "message_id": message_id})


def running_turn(connection: Connection, conversation_id: str) -> Begun | None:
    """Find the turn that was begun and has not ended."""
    row = connection.execute(_RUNNING, {"conversation": conversation_id}).one_or_none()
    return Begun(row.id, row.tries) if row else None


def try_again(connection: Connection, turn: Begun) -> Begun:
    """Count one more try."""
    connection.execute(_CHANGE_TURN, {"turn": turn.id, "tries": turn.tries + 1})
    return Begun(turn.id, turn.tries + 1)


def begin_turn(connection: Connection, conversation_id: str, messages: Sequence[Message]) -> Begun:
    """Begin a turn that answers `messages`."""
    turn = Begun(new_id(), 1)
    connection.execute(insert(_turns), {"id": turn.id, "conversation_id": conversation_id})
    joined = [{"message": message.id, "turn_id": turn.id} for message in messages]
    connection.execute(_JOIN_TURN, joined)
    return turn


def status_of(connection: Connection, turn_id: str) -> str:
    """Say how a turn stands; see `Turn.status`."""
    return str(connection.scalar(_STATUS, {"turn": turn_id}))


def end_turn(connection: Connection, turn_id: str, result: Mapping[str, Any]) -> None:
    """End a turn with this status, intent and confidence."""
    connection.execute(_CHANGE_TURN, {"turn": turn_id, "finished_at": now(), **result})


def unanswered(connection: Connection, conversation_id: str) -> list[Message]:
    """Read what was said and no turn has taken yet."""
    rows = connection.execute(_UNANSWERED, {"conversation": conversation_id})
    return [_message(row) for row in rows]


def is_unanswered(connection: Connection, conversation_id: str) -> bool:
    """Whether something was said that no turn has taken yet."""
    return connection.scalar(_ONE_UNANSWERED, {"conversation": conversation_id}) is not None


def messages_of(connection: Connection, conversation_id: str, turn_id: str) -> list[Message]:
    """Read what a turn answers."""
    given = {"conversation": conversation_id, "turn": turn_id}
    return [_message(row) for row in connection.execute(_OF_TURN, given)]


def _message(row: Row[Any]) -> Message:
    return Message(**row._mapping)  # noqa: SLF001 - its public name
