"""Who may see what belongs to a number, and how often they may guess.

Nobody else's guesses keep an owner out: what strangers can fill up refuses four digits only, and a
whole phone number or e-mail still proves (docs/decisions/0019-who-can-lock-an-order.md).
An attempt is counted before it is looked up and forgiven when it was right, so that guesses sent
at the same moment cannot pass the check together.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, column, delete, insert, select, table, true

from crm.contacts import BadPhone, phone_e164
from crm.locks import serialise_connection
from crm.tables import ProofAttempt
from crm.texts import plain_number
from db.base import now as current_time
from db.engine import Database

_WINDOW = timedelta(hours=1)
_DAY = timedelta(days=1)
_NUMBERS_AT_ONCE = 5  # different numbers that one turn may try
# Four digits are one of 10,000, and numbers can be guessed too. So many wrong ones an hour, whoever
# they come from, are an attack; until it ends only a whole phone number or an e-mail proves.
_WEAK_TRIES = 100
_ENDING = 4  # digits of the phone number that prove
_WHOLE_PHONE = 8  # digits from which on the text is a whole phone number

# Of conversation/tables.py, which stands above this folder.
_conversations = table("conversations", column("id"), column("network"))

_Found = TypeVar("_Found")


class NotProven(LookupError):
    """Nothing to show for this number and this proof; which of them is wrong is never said."""


class LookupLocked(Exception):
    """Too many wrong proofs; also the right one is refused before `until`.

    `digits_only`: only four digits are, and a whole phone number or e-mail still proves.
    """

    def __init__(self, until: datetime, *, digits_only: bool = False) -> None:
        super().__init__(f"locked until {until.isoformat()}")
        self.until = until
        self.digits_only = digits_only


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many wrong proofs of `scope` within `window` are too many."""

    scope: ColumnElement[bool]
    tries: int
    window: timedelta = _WINDOW
    digits_only: bool = False  # a whole phone number or e-mail passes


@dataclass(frozen=True, slots=True)
class Verified:
    """The site signed who this is: no guess, never counted."""

    customer_id: str


Proof = str | Verified  # str: last four digits of the phone, the whole number, or the e-mail


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where a proof was given; a repeated turn is the same attempt."""

    conversation_id: str  # or the visitor of a page, who has none
    turn_id: str
    network: str | None = None  # None: the one that the conversation came from


def proves(proof: Proof, customer_id: str | None, *contacts: str | None) -> bool:
    """Say whether `proof` fits the owner with these phone numbers and e-mail addresses."""
    if isinstance(proof, Verified):
        return customer_id is not None and proof.customer_id == customer_id
    fits = [_fits(proof, contact) for contact in contacts if contact]
    return any(fits)


def is_whole(proof: str) -> bool:
    """Say whether this is a whole phone number or e-mail address, not only its last digits."""
    return "@" in proof or len(re.findall(r"[0-9]", proof)) >= _WHOLE_PHONE


class Lockout:
    """Counts wrong proofs per conversation, per number, per network and in all, and locks."""

    def __init__(
        self,
        database: Database,
        tries_per_hour: int = 3,
        number_tries_per_day: int = 10,
        network_tries_per_hour: int = 30,
        network_whole_tries_per_hour: int = 300,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Lock a conversation after so many wrong proofs, and for four digits whoever gives them
        also a number and a network.

        Behind the address of a mobile provider there are many customers, so a network has more;
        it is locked for whole phone numbers and e-mails too after `network_whole_tries_per_hour`.
        """
        self._database = database
        self._tries = tries_per_hour
        self._number_tries = number_tries_per_day
        self._network_tries = network_tries_per_hour
        self._network_whole_tries = network_whole_tries_per_hour
        self._clock = clock

    async def guard(
        self,
        attempt: Attempt,
        number: str,
        proof: str,
        lookup: Callable[[], Awaitable[_Found]],
        *,
        hard_to_guess: bool = False,
    ) -> _Found:
        """Run `lookup` unless locked; one that raises NotProven counts as a wrong proof.

        A `proof` that is neither contact nor digits may be called `hard_to_guess`.

        Raises LookupLocked, or what `lookup` raises. No transaction is open while it runs.
        """
        number = plain_number(number)
        weak = not (hard_to_guess or is_whole(proof))
        await self._count(attempt, number, weak=weak)
        try:
            found = await lookup()
        except NotProven:
            raise
        except BaseException:  # a source that is down proves nothing; also when cancelled
            await self._forgive(attempt, number)
            raise
        await self._forgive(attempt, number)
        return found

    async def _count(self, attempt: Attempt, number: str, *, weak: bool) -> None:
        at = self._clock()

        def count(connection: Connection) -> None:
            network = _network_of(connection, attempt)
            keys = [f"conversation {attempt.conversation_id}", f"number {number}"]
            keys = [f"proof {key}" for key in [*keys, f"network {network}"]]
            serialise_connection(connection, *keys)
            for limit in self._limits(attempt, number, network, weak=weak):
                until = _locked_until(connection, limit, at)
                if until > at:
                    raise LookupLocked(until, digits_only=limit.digits_only)
            connection.execute(delete(ProofAttempt).where(ProofAttempt.at <= at - _DAY))
            if connection.scalar(select(ProofAttempt.id).where(_same(attempt, number))) is None:
                connection.execute(
                    insert(ProofAttempt).values(
                        conversation_id=attempt.conversation_id,
                        number=number,
                        turn_id=attempt.turn_id,
                        network=network,
                        at=at,
                    )
                )

        await self._database.change(count)

    def _limits(self, attempt: Attempt, number: str, network: str, *, weak: bool) -> list[_Limit]:
        """Name which wrong proofs count against this one; first those that nobody else can fill."""
        here = ProofAttempt.conversation_id == attempt.conversation_id
        this_turn = here & (ProofAttempt.turn_id == attempt.turn_id)
        limits = [
            _Limit(here & ~this_turn, self._tries),
            _Limit(this_turn & (ProofAttempt.number != number), _NUMBERS_AT_ONCE),
        ]
        nearby = ~this_turn & (ProofAttempt.network == network)
        if network:
            limits.append(_Limit(nearby, self._network_whole_tries))
        if weak:
            of_number = ~this_turn & (ProofAttempt.number == number)
            limits.append(_Limit(of_number, self._number_tries, _DAY, digits_only=True))
            limits.append(_Limit(~this_turn & true(), _WEAK_TRIES, digits_only=True))
        if weak and network:
            limits.append(_Limit(nearby, self._network_tries, digits_only=True))
        return limits

    async def _forgive(self, attempt: Attempt, number: str) -> None:
        forgiven = delete(ProofAttempt).where(_same(attempt, number))
        await self._database.change(lambda connection: connection.execute(forgiven))


def _network_of(connection: Connection, attempt: Attempt) -> str:
    if attempt.network is not None:
        return attempt.network
    known = connection.scalar(
        select(_conversations.c.network).where(_conversations.c.id == attempt.conversation_id)
    )
    return known or ""


def _locked_until(connection: Connection, limit: _Limit, at: datetime) -> datetime:
    """Return when the next try is allowed; not later than `at` if it is allowed now."""
    latest = connection.scalars(
        select(ProofAttempt.at)
        .where(limit.scope, ProofAttempt.at > at - limit.window)
        .order_by(ProofAttempt.at.desc())
        .limit(limit.tries)
    )
    times = latest.all()
    return times[-1] + limit.window if len(times) == limit.tries else at


def _same(attempt: Attempt, number: str) -> ColumnElement[bool]:
    return (
        (ProofAttempt.conversation_id == attempt.conversation_id)
        & (ProofAttempt.turn_id == attempt.turn_id)
        & (ProofAttempt.number == number)
    )


def _fits(proof: str, contact: str) -> bool:
    proof = proof.strip().casefold()
    if "@" in contact:
        return _equal(proof, contact.casefold())
    if not is_whole(proof):
        return _equal(_ending(proof) or "", contact[-_ENDING:])
    try:
        return _equal(phone_e164(proof), contact)
    except BadPhone:
        return False


def _ending(proof: str) -> str | None:
    """Find the four digits in "1111", "11-11" or "the last four are 1111"; None if not just one."""
    squeezed = re.sub(r"[\s.()-]", "", proof)
    if re.fullmatch(rf"[0-9]{{{_ENDING}}}", squeezed):
        return squeezed
    groups = re.findall(rf"(?<![0-9])[0-9]{{{_ENDING}}}(?![0-9])", proof)
    return groups[0] if len(groups) == 1 else None


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "ignore"), other.encode("utf-8", "ignore"))
