"""What people of the desk tell each other about a conversation, where no customer reads it."""

from sqlalchemy import select

from db.base import new_id
from db.engine import Database
from desk.routing.tables import Assignment, Note
from desk.tables import Agent

_LATEST = 20


class Notes:
    """Keeps and lists them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, conversation_id: str, by: Agent, kind: str, text: str, target: str = ""
    ) -> None:
        """Keep a note of the kind "whisper" or "transfer"."""
        async with self._database.write() as session:
            session.add(
                Note(
                    id=new_id(),
                    conversation_id=conversation_id,
                    agent_id=by.id,
                    name=by.name,
                    kind=kind,
                    text=text,
                    target=target,
                )
            )

    async def of(self, conversation_id: str) -> list[Note]:
        """List the latest, oldest first."""
        async with self._database.read() as session:
            found = select(Note).where(Note.conversation_id == conversation_id)
            rows = await session.scalars(found.order_by(Note.at.desc()).limit(_LATEST))
            return list(reversed(rows.all()))

    async def offer(self, conversation_id: str) -> Assignment | None:
        """Give the offer under way, if there is one."""
        async with self._database.read() as session:
            return await session.scalar(
                select(Assignment).where(
                    Assignment.conversation_id == conversation_id, Assignment.outcome.is_(None)
                )
            )
