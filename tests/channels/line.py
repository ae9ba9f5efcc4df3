"""The line of a message of a pushing channel, with an echo for an assistant."""

from dataclasses import dataclass

from sqlalchemy import select, update

from channels.file import enclosed
from channels.message import Reply, Source
from conversation.intake import Intake
from conversation.kept_files import KeptFiles, attachment_of
from conversation.outbox import Outbox
from conversation.tables import Conversation, InboxEvent, OutboxItem
from conversation.thread import locked
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.base import new_id, now
from db.engine import Database
from tests.conversation.conftest import Echo


@dataclass
class Line:
    """What every pushing channel's tests do."""

    database: Database
    intake: Intake
    turns: Turns
    outbox: Outbox
    transcript: Transcript
    echo: Echo
    kept: KeptFiles

    async def answers(self) -> None:
        """Run the turns that are due, and send."""
        for conversation_id in await self.turns.due():
            await self.turns.take(conversation_id)
        await self.sends()

    async def encloses(self, content: bytes, name: str, caption: str = "") -> None:
        """Let a CSR send a file to the one customer."""
        found = enclosed(content, name, caption, largest=16_000_000)
        data = {"attachment": attachment_of(found)}
        reply = Reply(f"[{name}] {caption}", "id", Source("csr", "sari", ""), data=data)
        message_id = new_id()
        await self.kept.keep(message_id, found.file)
        thread = await self.conversation()
        async with self.database.write() as session:
            conversation = await locked(session, thread.id)
            await (await session.connection()).run_sync(
                self.transcript.add_reply,
                conversation, reply, "csr", "Sari", message_id=message_id,
            )  # fmt: skip
        await self.sends()

    async def sends(self) -> None:
        while await self.outbox.deliver_next():
            pass

    async def later(self) -> None:
        """Make everything due that waits for a moment."""
        async with self.database.write() as session:
            await session.execute(update(OutboxItem).values(next_at=now(), lease_until=None))
            await session.execute(
                update(InboxEvent).where(InboxEvent.status == "new").values(next_at=now())
            )

    async def conversation(self) -> Conversation:
        async with self.database.read() as session:
            return (await session.scalars(select(Conversation))).one()

    async def said(self) -> list[tuple[str, str]]:
        thread = await self.conversation()
        return [(m.author, m.text) for m in await self.transcript.after(thread.id, 0)]

    async def items(self) -> list[tuple[str, str | None]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(OutboxItem).order_by(OutboxItem.seq))
            return [(row.status, row.error) for row in rows]
