"""How far each side has read: the customer on the website, and the CSR who answers.

A mark only moves forward, so frames that come late or twice change nothing.
"""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from conversation.tables import Conversation, Message, ReadMark
from conversation.transcript import Transcript
from db.base import now
from db.engine import Database

Side = Literal["customer", "csr"]


class Reading:
    """Keeps the marks, and tells the other side."""

    def __init__(self, database: Database, transcript: Transcript) -> None:
        self._database = database
        self._transcript = transcript

    async def saw(self, conversation_id: str, side: Side, seq: int) -> bool:
        """Note that `side` has seen everything up to `seq`; False if that is no news."""
        try:
            moved = await self._database.change(
                lambda connection: _move(connection, conversation_id, side, seq)
            )
        except IntegrityError:  # the first marks of two tabs at once
            moved = await self._database.change(
                lambda connection: _move(connection, conversation_id, side, seq)
            )
        if moved:
            self._transcript.announce(conversation_id, type="read", author=side, seq=moved)
        return moved > 0

    async def seen(self, conversation_id: str) -> Mapping[str, int]:
        """Say how far each side has read; a side that has read nothing is not in it."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(ReadMark.side, ReadMark.seq).where(
                    ReadMark.conversation_id == conversation_id
                )
            )
            return {row.side: row.seq for row in rows}

    async def unread(self, agent_id: str) -> Mapping[str, int]:
        """Count what customers wrote since this CSR looked, by conversation; 0 is left out."""
        seen = (
            select(ReadMark.seq)
            .where(ReadMark.conversation_id == Conversation.id, ReadMark.side == "csr")
            .correlate(Conversation)
            .scalar_subquery()
        )
        counted = (
            select(Conversation.id, func.count(Message.id))
            .join(Message, Message.conversation_id == Conversation.id)
            .where(
                Conversation.state == "csr",
                Conversation.agent_id == agent_id,
                Message.author == "customer",
                Message.seq > func.coalesce(seen, 0),
            )
            .group_by(Conversation.id)
        )
        async with self._database.read() as session:
            return {row[0]: row[1] for row in await session.execute(counted)}


def _move(connection: Connection, conversation_id: str, side: Side, seq: int) -> int:
    """Move the mark forward, never beyond what was said; 0 where it stays."""
    last = connection.scalar(
        select(Conversation.last_seq).where(Conversation.id == conversation_id)
    )
    reached = min(seq, last or 0)
    if reached < 1:
        return 0
    mine = (ReadMark.conversation_id == conversation_id) & (ReadMark.side == side)
    before = connection.scalar(select(ReadMark.seq).where(mine).with_for_update())
    if before is None:
        row = {"conversation_id": conversation_id, "side": side, "seq": reached, "at": now()}
        connection.execute(insert(ReadMark), row)
    elif before < reached:
        connection.execute(update(ReadMark).where(mine).values(seq=reached, at=now()))
    else:
        return 0
    return reached
