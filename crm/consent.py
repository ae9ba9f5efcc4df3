"""What a customer agreed to: per purpose, when and where, only ever added to, withdrawn at once.

Source: UU 27/2022 articles 20 to 24 (consent for a stated purpose, on record) and 9 (withdrawal).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.customers import CustomerNotFound
from crm.profile.tables import ConsentEntry
from crm.tables import Customer
from crm.texts import storable
from db.base import now as current_time
from db.engine import Database

Purpose = Literal["offers", "campaigns", "analytics"]
ConsentSource = Literal["chat", "page", "stop-word", "csr", "import", "merge"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Consent:
    """How a customer's word on one purpose stands; `at` is None where they never gave one."""

    purpose: Purpose
    granted: bool
    at: datetime | None = None
    source: str = ""
    place: str = ""


class Consents:
    """The customers' yes and no; one per process."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = current_time) -> None:
        self._database = database
        self._clock = clock

    async def note(
        self,
        customer_id: str,
        purpose: Purpose,
        *,
        granted: bool,
        source: ConsentSource,
        place: str = "",
    ) -> None:
        """Add a yes or a no of a proven customer; holds from now on. Raises CustomerNotFound."""
        async with self._database.write() as session:
            await note_consent(session, customer_id, purpose, granted, source, place, self._clock())

    async def withdraw_all(self, customer_id: str, source: ConsentSource, place: str = "") -> None:
        """Add a no to every purpose. Raises CustomerNotFound."""
        async with self._database.write() as session:
            for purpose in PURPOSES:
                await note_consent(
                    session, customer_id, purpose, False, source, place, self._clock()
                )

    async def of(self, customer_id: str) -> Mapping[Purpose, Consent]:
        """Return how every purpose stands."""
        async with self._database.read() as session:
            return await consents_of(session, customer_id)

    async def history(self, customer_id: str) -> list[ConsentEntry]:
        """Return the log of a customer, oldest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(ConsentEntry)
                .where(ConsentEntry.customer_id == customer_id)
                .order_by(ConsentEntry.id)
            )
            return list(rows)


async def note_consent(
    session: AsyncSession,
    customer_id: str,
    purpose: Purpose,
    granted: bool,
    source: ConsentSource,
    place: str,
    at: datetime,
) -> None:
    """Add to the log, in an open transaction. Raises CustomerNotFound."""
    customer = await session.get(Customer, customer_id, with_for_update=True)
    if customer is None:
        raise CustomerNotFound(customer_id)
    session.add(
        ConsentEntry(
            customer_id=customer_id,
            purpose=purpose,
            granted=granted,
            at=at,
            source=source,
            place=storable(place),
        )
    )
    if purpose == "offers":  # what the rules for offers read
        customer.consent_offers, customer.consent_at = granted, at
    await session.flush()


async def consents_of(session: AsyncSession, customer_id: str) -> dict[Purpose, Consent]:
    """Return how every purpose stands, in an open transaction."""
    rows = await session.scalars(
        select(ConsentEntry)
        .where(ConsentEntry.customer_id == customer_id)
        .order_by(ConsentEntry.id)
    )
    found: dict[Purpose, Consent] = {
        purpose: Consent(purpose, granted=False) for purpose in PURPOSES
    }
    customer = await session.get(Customer, customer_id)
    if customer is not None and customer.consent_offers:  # from before there was a log
        found["offers"] = Consent("offers", granted=True, at=customer.consent_at, source="import")
    for row in rows:  # the last word counts
        purpose = next((one for one in PURPOSES if one == row.purpose), None)
        if purpose is not None:
            found[purpose] = Consent(purpose, row.granted, row.at, row.source, row.place)
    return found


async def agreeing(
    session: AsyncSession, customer_ids: Collection[str], purpose: Purpose
) -> set[str]:
    """Return those of `customer_ids` whose last word on `purpose` is a yes."""
    last = (
        select(func.max(ConsentEntry.id))
        .where(ConsentEntry.customer_id.in_(customer_ids), ConsentEntry.purpose == purpose)
        .group_by(ConsentEntry.customer_id)
    )
    rows = await session.scalars(
        select(ConsentEntry.customer_id).where(
            ConsentEntry.id.in_(last), ConsentEntry.granted.is_(True)
        )
    )
    return set(rows)
