"""Whether somebody of the desk is there: available, away because they said so, or offline."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import update

from db.base import now
from db.engine import Database
from desk.tables import Agent

Presence = Literal["available", "away", "offline"]

PRESENT = timedelta(minutes=2)  # a console that was seen since is staffed; it beats every 15 s


def presence_of(agent: Agent, session_seen_at: datetime | None, moment: datetime) -> Presence:
    """Tell from the latest sign of an open console; a sign from far ahead of now is none.

    That far ahead can only be where a clock was set back, and the next beat corrects it.
    """
    if not agent.active or session_seen_at is None or abs(session_seen_at - moment) > PRESENT:
        return "offline"
    return "away" if agent.away else "available"


class Presences:
    """Lets people say that they are away."""

    def __init__(self, database: Database, changed: Callable[[str], None]) -> None:
        """`changed` is told whose presence changed."""
        self._database = database
        self._changed = changed

    async def set_away(self, agent_id: str, *, away: bool) -> None:
        """Take somebody out of the routing, or back into it."""
        async with self._database.write() as session:
            await session.execute(
                update(Agent).where(Agent.id == agent_id).values(away=away, misses=0, seen_at=now())
            )
        self._changed(agent_id)
