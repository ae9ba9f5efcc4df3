"""What one process at a time may do: a right that ends by itself when its owner dies."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete

from conversation.tables import Lease
from crm.locks import serialise
from db.base import now
from db.engine import Database

# Further ahead than any lease: the machine's clock was set back since. Wide enough for the
# differences between the clocks of several machines.
_SET_BACK = timedelta(seconds=60)


class Turnstile:
    """Lets one process at a time through; each has one of its own for the same name."""

    def __init__(
        self, database: Database, name: str, life_s: float = 15.0, owner: str | None = None
    ) -> None:
        """A lease ends `life_s` after it was taken last; take it again before.

        `owner` names this process; without it each object is one of its own.
        """
        self._database = database
        self._name = name
        self._life = timedelta(seconds=life_s)
        self._owner = owner or uuid4().hex
        self.renew_s = life_s / 3

    async def take(self) -> bool:
        """Take the lease, or keep it; False while another process has it."""
        moment = now()
        async with self._database.write() as session:
            await serialise(session, f"lease:{self._name}")
            found = await session.get(Lease, self._name)
            if found is None:
                found = Lease(name=self._name, owner=self._owner, until=moment)
                session.add(found)
            ends_in = found.until - moment
            if found.owner != self._owner and timedelta() < ends_in <= self._life + _SET_BACK:
                return False
            found.owner, found.until = self._owner, moment + self._life
            return True

    async def give_back(self) -> None:
        """Let another process through at once."""
        async with self._database.write() as session:
            await session.execute(
                delete(Lease).where(Lease.name == self._name, Lease.owner == self._owner)
            )


async def forget_leases(database: Database) -> None:
    """End all leases; right only where this is the one process on the database."""
    async with database.write() as session:
        await session.execute(delete(Lease))
