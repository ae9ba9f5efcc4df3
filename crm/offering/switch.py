"""Stop all offers at once, and let them go on; who did it and why is kept."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.locks import serialise
from crm.offering.tables import OfferSwitch
from db.engine import Database

_SHOWN = 20


class Switch:
    """The stop button of offers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self) -> Sequence[OfferSwitch]:
        """Return the last times that it was pressed, newest first; the first one holds."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(OfferSwitch).order_by(OfferSwitch.id.desc()).limit(_SHOWN)
            )
            return rows.all()

    async def press(self, *, stopped: bool, agent_id: str, agent_name: str, reason: str) -> bool:
        """Stop offers or let them go on; False if they were so already, and nothing is noted."""
        async with self._database.write() as session:
            await serialise(session, "offer switch")
            last = await session.scalar(
                select(OfferSwitch.stopped).order_by(OfferSwitch.id.desc()).limit(1)
            )
            if (last or False) == stopped:
                return False
            session.add(
                OfferSwitch(
                    stopped=stopped, agent_id=agent_id, agent_name=agent_name, reason=reason
                )
            )
            return True
