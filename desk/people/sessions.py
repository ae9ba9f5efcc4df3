"""Where somebody is logged in, and logging out there from afar."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from channels.problem import Problem
from db.base import now
from db.engine import Database
from desk.agents import digest
from desk.tables import AgentSession

_ID = 16  # characters of a digest that name a session


@dataclass(frozen=True, slots=True)
class SessionLook:
    """One browser in which somebody is logged in."""

    id: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    here: bool  # the one that asks


class Sessions:
    """Lists and ends logins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, agent_id: str, token: str = "") -> list[SessionLook]:
        """List where somebody is logged in, the latest first; `token` is the asking one's."""
        own = digest(token)
        async with self._database.read() as session:
            rows = await session.scalars(
                select(AgentSession)
                .where(AgentSession.agent_id == agent_id, AgentSession.expires_at > now())
                .order_by(AgentSession.seen_at.desc())
            )
            return [
                SessionLook(
                    row.token_hash[:_ID],
                    row.device,
                    row.address,
                    row.created_at,
                    row.seen_at,
                    row.token_hash == own,
                )
                for row in rows
            ]

    async def end(self, agent_id: str, session_id: str) -> None:
        """End one login of `agent_id`. Raises Problem 404 if it is not theirs."""
        if len(session_id) != _ID or not session_id.isalnum():
            raise Problem("session-unknown", 404)
        async with self._database.write() as session:
            ended = await session.execute(
                delete(AgentSession)
                .where(
                    AgentSession.agent_id == agent_id,
                    AgentSession.token_hash.startswith(session_id),
                )
                .returning(AgentSession.token_hash)
            )
            if ended.first() is None:
                raise Problem("session-unknown", 404)

    async def end_all(self, agent_id: str, but: str = "") -> None:
        """End all logins of `agent_id`, but for the one of the token `but`."""
        async with self._database.write() as session:
            await session.execute(
                delete(AgentSession).where(
                    AgentSession.agent_id == agent_id, AgentSession.token_hash != digest(but)
                )
            )
