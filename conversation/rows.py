"""What every turn asks of the database, as statements that are made once.

To load and store whole objects instead takes five times as long, most of it in the ORM. What is
given back here belongs to no session: to change it changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import InboxEvent, Message, Turn
from db.base import new_id, now

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
_WITHOUT_VALUE = {"name": "", "kind": "text", "mood": "neutral", "owed": False}


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


async def add_message(session: AsyncSession, **values: Any) -> Message:
    """Store a message."""
    row = {**_WITHOUT_VALUE, "at": now(), **values}
    await session.execute(insert(_messages), row)
    return Message(**row)


async def event_of(session: AsyncSession, channel: str, source_id: str) -> Delivered | None:
    """Find what a channel delivered, and the message it became."""
    given = {"channel": channel, "source": source_id}
    row = (await session.execute(_EVENT, given)).one_or_none()
    return Delivered(*row) if row else None


async def remember(
    session: AsyncSession, event_id: str | None, channel: str, source_id: str, message_id: str
) -> None:
    """Let a repeat find the message; `event_id` is the row of what came by webhook."""
    if event_id is None:
        row = {"channel": channel, "source_id": source_id, "message_id": message_id}
        await session.execute(insert(_inbox), row)
    else:
        await session.execute(_TAKEN_IN, {"event": event_id, "message_id": message_id})


async def running_turn(session: AsyncSession, conversation_id: str) -> Begun | None:
    """Find the turn that was begun and has not ended."""
    row = (await session.execute(_RUNNING, {"conversation": conversation_id})).one_or_none()
    return Begun(row.id, row.tries) if row else None


async def try_again(session: AsyncSession, turn: Begun) -> Begun:
    """Count one more try."""
    await session.execute(_CHANGE_TURN, {"turn": turn.id, "tries": turn.tries + 1})
    return Begun(turn.id, turn.tries + 1)


async def begin_turn(
    session: AsyncSession, conversation_id: str, messages: Sequence[Message]
) -> Begun:
    """Begin a turn that answers `messages`."""
    turn = Begun(new_id(), 1)
    await session.execute(insert(_turns), {"id": turn.id, "conversation_id": conversation_id})
    joined = [{"message": message.id, "turn_id": turn.id} for message in messages]
    await session.execute(_JOIN_TURN, joined)
    return turn


async def status_of(session: AsyncSession, turn_id: str) -> str:
    """Say how a turn stands; see `Turn.status`."""
    return str(await session.scalar(_STATUS, {"turn": turn_id}))


async def end_turn(session: AsyncSession, turn_id: str, result: Mapping[str, Any]) -> None:
    """End a turn with this status, intent and confidence."""
    await session.execute(_CHANGE_TURN, {"turn": turn_id, "finished_at": now(), **result})


async def unanswered(session: AsyncSession, conversation_id: str) -> list[Message]:
    """Read what was said and no turn has taken yet."""
    rows = await session.execute(_UNANSWERED, {"conversation": conversation_id})
    return [_message(row) for row in rows]


async def is_unanswered(session: AsyncSession, conversation_id: str) -> bool:
    """Whether something was said that no turn has taken yet."""
    return await session.scalar(_ONE_UNANSWERED, {"conversation": conversation_id}) is not None


async def messages_of(session: AsyncSession, conversation_id: str, turn_id: str) -> list[Message]:
    """Read what a turn answers."""
    given = {"conversation": conversation_id, "turn": turn_id}
    return [_message(row) for row in await session.execute(_OF_TURN, given)]


def _message(row: Row[Any]) -> Message:
    return Message(**row._mapping)  # noqa: SLF001 - its public name
