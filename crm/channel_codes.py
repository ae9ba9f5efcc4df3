"""One customer on several channels: a code from where they are proven proves them elsewhere.

Whoever has a proven conversation may ask for a code and type it in another one. Nobody else can
have one made, or sent to anybody: a claim to be somebody does nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.proofs import Attempt, Lockout, NotProven
from crm.tables import ChannelCode
from db.base import now as current_time
from db.engine import Database

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that could be read as another
_LENGTH = 8  # 31 ** 8 codes; three wrong ones an hour lock a conversation
_VALID = timedelta(minutes=10)
_PREFIX = "SAPA"
_WRITTEN = re.compile(
    rf"\b{_PREFIX}[-\s]*([{_LETTERS}]{{4}})[-\s]*([{_LETTERS}]{{4}})\b", re.IGNORECASE
)


class WrongCode(NotProven):
    """Not a code, used before, too old, or replaced by a newer one; which is never said."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code and when it ends."""

    code: str  # SAPA-7K2M-Q4XZ
    until: datetime


def code_in(text: str) -> str | None:
    """Find a code in what a customer wrote, in the form in which it was issued."""
    found = _WRITTEN.search(text)
    return f"{_PREFIX}-{found[1]}-{found[2]}".upper() if found else None


class ChannelCodes:
    """Issues and redeems codes; only their hashes are kept."""

    def __init__(
        self, database: Database, lockout: Lockout, clock: Callable[[], datetime] = current_time
    ) -> None:
        """Count wrong codes in `lockout`, with all other wrong proofs."""
        self._database = database
        self._lockout = lockout
        self._clock = clock

    async def issue(self, customer_id: str) -> IssuedCode:
        """Make a code for a proven customer; their earlier ones end."""
        made = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        code, at = f"{_PREFIX}-{made[:4]}-{made[4:]}", self._clock()
        async with self._database.write() as session:
            old = or_(ChannelCode.customer_id == customer_id, ChannelCode.until <= at)
            await session.execute(delete(ChannelCode).where(old))
            session.add(
                ChannelCode(digest=_digest(code), customer_id=customer_id, until=at + _VALID)
            )
        return IssuedCode(code, at + _VALID)

    async def redeem(self, attempt: Attempt, code: str) -> str:
        """Return whose code this is, once; the same turn again gets the same answer.

        Raises WrongCode, LookupLocked.
        """
        digest = _digest(code)
        # Under its hash: what is noted of an attempt must not open anything.
        return await self._lockout.guard(
            attempt,
            digest[:16],
            code,
            lambda: self._redeem(attempt, digest),
            hard_to_guess=True,
        )

    async def _redeem(self, attempt: Attempt, digest: str) -> str:
        async with self._database.write() as session:
            await _claim(session, digest, attempt.turn_id, self._clock())
            found = await session.get(ChannelCode, digest)
            if found is None or found.used_in != attempt.turn_id:
                raise WrongCode
            return found.customer_id


async def _claim(session: AsyncSession, digest: str, turn_id: str, at: datetime) -> None:
    """One statement, so that of two conversations at once only one has it."""
    await session.execute(
        update(ChannelCode)
        .where(ChannelCode.digest == digest, ChannelCode.used_in.is_(None), ChannelCode.until > at)
        .values(used_in=turn_id)
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
