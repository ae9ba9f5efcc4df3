"""What every turn asks of the database, as statements that are made once.

To load and store whole objects instead takes five times as long, most of it in the ORM. What is
given back here belongs to no session: to change it changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.orm import class_mapper

from conversation.tables import Conversation, InboxEvent, Message, Turn
from db.base import Base, new_id, now
from db.statement import Change, Insertion, Statement

_conversations = cast("Table", Conversation.__table__)
_messages = cast("Table", Message.__table__)
_inbox = cast("Table", InboxEvent.__table__)
_turns = cast("Table", Turn.__table__)

_OF_CONVERSATION = _messages.c.conversation_id == bindparam("conversation")
_ALL_OWED = select(_messages).where(_OF_CONVERSATION, _messages.c.owed).order_by(_messages.c.seq)
_NOT_TAKEN = _ALL_OWED.where(_messages.c.turn_id.is_(None))
_AFTER = Statement(
    select(_messages)
    .where(_OF_CONVERSATION, _messages.c.seq > bindparam("after"))
    .order_by(_messages.c.seq)
    .limit(bindparam("most"))
)
_UNANSWERED = Statement(_NOT_TAKEN)
_OF_TURN = Statement(_ALL_OWED.where(_messages.c.turn_id == bindparam("turn")))
_ONE_UNANSWERED = Statement(_NOT_TAKEN.with_only_columns(_messages.c.id).limit(1))
_RUNNING = Statement(
    select(_turns.c.id, _turns.c.tries).where(
        _turns.c.conversation_id == bindparam("conversation"), _turns.c.status == "running"
    )
)
_STATUS = Statement(select(_turns.c.status).where(_turns.c.id == bindparam("turn")))
_EVENT = Statement(
    select(_inbox.c.id, _inbox.c.message_id, _messages.c.seq, _messages.c.owed)
    .outerjoin(_messages, _messages.c.id == _inbox.c.message_id)
    .where(_inbox.c.channel == bindparam("by"), _inbox.c.source_id == bindparam("source"))
)
_HELD = Statement(
    select(_conversations).where(_conversations.c.id == bindparam("conversation")).with_for_update()
)
_AT = Statement(
    select(_conversations).where(
        _conversations.c.channel == bindparam("by"), _conversations.c.address == bindparam("at")
    )
)
_JOIN_TURN = Change(update(_messages).where(_messages.c.id == bindparam("message")))
_CHANGE_TURN = Change(update(_turns).where(_turns.c.id == bindparam("turn")))
_TAKEN_IN = Change(update(_inbox).where(_inbox.c.id == bindparam("event")))
_CHANGED = Change(update(_conversations).where(_conversations.c.id == bindparam("conversation")))
_NEW_MESSAGE, _NEW_TURN, _NEW_EVENT = Insertion(_messages), Insertion(_turns), Insertion(_inbox)
_NEW_CONVERSATION = Insertion(_conversations)
_WITHOUT_VALUE = {"name": "", "kind": "text", "mood": "neutral", "owed": False}

T = TypeVar("T", bound=Base)


class ConversationUnknown(LookupError):
    """No conversation has this id."""


@contextmanager
def held(connection: Connection, conversation_id: str) -> Iterator[Conversation]:
    """Give the conversation, held against other writers until the commit; its changes are stored.

    Raises ConversationUnknown.
    """
    found = _HELD.found(connection, {"conversation": conversation_id})
    if not found:
        raise ConversationUnknown(conversation_id)
    before = found[0]
    conversation = _object(Conversation, before)
    yield conversation
    changed = {name: getattr(conversation, name) for name in before}
    changed = {name: value for name, value in changed.items() if value != before[name]}
    if changed:
        _CHANGED.run(connection, {"conversation": conversation_id}, changed)


def conversation_at(
    connection: Connection, channel: str, address: str, **begun: Any
) -> Conversation:
    """Find the conversation of `address`, or begin one, as `begun` says."""
    found = _AT.found(connection, {"by": channel, "at": address})
    if not found:
        row = {"id": new_id(), "channel": channel, "address": address, **begun}
        _NEW_CONVERSATION.run(connection, row)
        found = _AT.found(connection, {"by": channel, "at": address})
    return _object(Conversation, found[0])


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
    given = {"conversation": conversation_id, "after": seq, "most": most}
    return [_object(Message, row) for row in _AFTER.found(connection, given)]


def add_message(connection: Connection, **values: Any) -> Message:
    """Store a message."""
    row = {**_WITHOUT_VALUE, "at": now(), **values}
    _NEW_MESSAGE.run(connection, row)
    return _object(Message, {**dict.fromkeys(_messages.c.keys()), **row})


def event_of(connection: Connection, channel: str, source_id: str) -> Delivered | None:
    """Find what a channel delivered, and the message it became."""
    row = _EVENT.first(connection, {"by": channel, "source": source_id})
    return Delivered(*row) if row else None


def remember(
    connection: Connection, event_id: str | None, channel: str, source_id: str, message_id: str
) -> None:
    """Let a repeat find the message; `event_id` is the row of what came by webhook."""
    if event_id is None:
        row = {"channel": channel, "source_id": source_id, "message_id": message_id}
        _NEW_EVENT.run(connection, row)
    else:
        _TAKEN_IN.run(connection, {"event": event_id}, {"message_id": message_id})


def running_turn(connection: Connection, conversation_id: str) -> Begun | None:
    """Find the turn that was begun and has not ended."""
    row = _RUNNING.first(connection, {"conversation": conversation_id})
    return Begun(*row) if row else None


def try_again(connection: Connection, turn: Begun) -> Begun:
    """Count one more try."""
    _CHANGE_TURN.run(connection, {"turn": turn.id}, {"tries": turn.tries + 1})
    return Begun(turn.id, turn.tries + 1)


def begin_turn(connection: Connection, conversation_id: str, messages: Sequence[Message]) -> Begun:
    """Begin a turn that answers `messages`."""
    turn = Begun(new_id(), 1)
    _NEW_TURN.run(connection, {"id": turn.id, "conversation_id": conversation_id})
    for message in messages:
        _JOIN_TURN.run(connection, {"message": message.id}, {"turn_id": turn.id})
    return turn


def status_of(connection: Connection, turn_id: str) -> str:
    """Say how a turn stands; see `Turn.status`."""
    row = _STATUS.first(connection, {"turn": turn_id})
    return str(row[0] if row else None)


def end_turn(connection: Connection, turn_id: str, result: Mapping[str, Any]) -> None:
    """End a turn with this status, intent and confidence."""
    _CHANGE_TURN.run(connection, {"turn": turn_id}, {"finished_at": now(), **result})


def unanswered(connection: Connection, conversation_id: str) -> list[Message]:
    """Read what was said and no turn has taken yet."""
    rows = _UNANSWERED.found(connection, {"conversation": conversation_id})
    return [_object(Message, row) for row in rows]


def is_unanswered(connection: Connection, conversation_id: str) -> bool:
    """Whether something was said that no turn has taken yet."""
    return _ONE_UNANSWERED.first(connection, {"conversation": conversation_id}) is not None


def messages_of(connection: Connection, conversation_id: str, turn_id: str) -> list[Message]:
    """Read what a turn answers."""
    given = {"conversation": conversation_id, "turn": turn_id}
    return [_object(Message, row) for row in _OF_TURN.found(connection, given)]


def _object(kind: type[T], row: Mapping[str, Any]) -> T:
    """Make the object of a row, past a constructor that takes each value for a change."""
    made: T = _manager(kind).new_instance()
    made.__dict__.update(row)
    return made


@cache
def _manager(kind: type[Base]) -> Any:
    return class_mapper(kind).class_manager  # with all relations known; __mapper__ may be half made
