"""Make one customer of two who proved to be the same person, and part them again exactly.

Both are proven anew for it, by a whole contact and an order of each. All rows of the one go to the
other; what was moved is written down. From then on only the contacts of who stays prove anything,
and conversations of the other have to be proven again: else whoever talked somebody into merging
would see what is theirs.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.locks import serialise
from crm.profile.tables import CustomerMerge
from crm.tables import Customer
from db.base import Base
from db.base import now as current_time
from db.engine import Database

_BATCH = 400
# What who stays takes from the other where they have nothing of their own.
_GIVEN = ("phone", "email", "city", "since", "segment", "activity", "level")
_SUMS = ("points",)
# Computed of each customer anew, or about the merge itself.
_NOT_MOVED = ("customer_merges", "standings", "channel_codes")
# What names the conversation or order that it came from, and follows it when they part.
_FOLLOWS = {"conversation_id": "conversations", "order_number": "orders"}


class CannotMerge(Exception):
    """They are the same already, are unknown, or one was merged before."""


class Merging:
    """Merges and parts customers; whoever calls it has both proven."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = current_time) -> None:
        self._database = database
        self._clock = clock

    async def merge(self, customer_id: str, other_id: str, proof: str) -> str:
        """Give all of `other_id` to `customer_id`; return the id of the merge.

        `proof` says how both were proven, without the proof itself. Raises CannotMerge.
        """
        async with self._database.write() as session:
            await serialise(session, *(f"merge {one}" for one in (customer_id, other_id)))
            stays, goes = await _both(session, customer_id, other_id)
            if stays.merged_into or goes.merged_into:
                raise CannotMerge("one of them is merged already")
            merge = CustomerMerge(
                customer_id=customer_id,
                merged_id=other_id,
                proof=proof,
                before={"stays": _state(stays), "goes": _state(goes)},
                given=_give(stays, goes),
                moved=await _move(session, other_id, customer_id),
                at=self._clock(),
            )
            await _end_proofs(session, merge.moved.get("conversations", []))
            goes.merged_into = customer_id
            session.add(merge)
            await session.flush()
            return merge.id

    async def part(self, merge_id: str) -> None:
        """Undo a merge: both are as they were, and what came later stays with whose it is.

        Whose: of the conversation or order that it names, else of who stayed. Raises CannotMerge.
        """
        async with self._database.write() as session:
            merge = await session.get(CustomerMerge, merge_id, with_for_update=True)
            if merge is None or merge.undone_at is not None:
                raise CannotMerge("no such merge, or undone already")
            stays, goes = await _both(session, merge.customer_id, merge.merged_id)
            await _move_back(session, merge)
            for name, given in merge.given.items():
                if _plain(getattr(stays, name)) == given:  # what was changed since is theirs
                    _restore(stays, name, merge.before["stays"][name])
            for name, value in merge.before["goes"].items():
                _restore(goes, name, value)
            merge.undone_at = self._clock()


async def _both(session: AsyncSession, one: str, other: str) -> tuple[Customer, Customer]:
    if one == other:
        raise CannotMerge("they are the same")
    found = [await session.get(Customer, each, with_for_update=True) for each in (one, other)]
    if found[0] is None or found[1] is None:
        raise CannotMerge("one of them is unknown")
    return found[0], found[1]


def _give(stays: Customer, goes: Customer) -> dict[str, Any]:
    """Fill what is empty, and add what counts; return what was set."""
    given: dict[str, Any] = {}
    for name in _GIVEN:
        if getattr(stays, name) is None and getattr(goes, name) is not None:
            setattr(stays, name, getattr(goes, name))
            given[name] = _plain(getattr(stays, name))
    for name in _SUMS:
        if getattr(goes, name) is not None:
            setattr(stays, name, (getattr(stays, name) or 0) + getattr(goes, name))
            given[name] = getattr(stays, name)
    if stays.consent_offers and not goes.consent_offers and goes.consent_at is not None:
        stays.consent_offers = False  # of two words the no counts
        given["consent_offers"] = False
    return given


async def _move(session: AsyncSession, from_id: str, to_id: str) -> dict[str, Any]:
    moved: dict[str, Any] = {}
    for table in _tables():
        keys = [list(row) for row in await session.execute(_of(table, from_id))]
        if keys:
            moved[table.name] = keys
            await session.execute(
                update(table).where(table.c.customer_id == from_id).values(customer_id=to_id)
            )
    return moved


async def _move_back(session: AsyncSession, merge: CustomerMerge) -> None:
    moved: Mapping[str, list[list[Any]]] = merge.moved
    roots = {name: [key[0] for key in moved.get(name, [])] for name in _FOLLOWS.values()}
    for table in _tables():
        await _take_back(session, table, moved.get(table.name, []), merge)
        for column, root in _FOLLOWS.items():
            if column in table.c and roots[root]:
                for batch in _batches(roots[root]):
                    await session.execute(
                        update(table)
                        .where(table.c.customer_id == merge.customer_id, table.c[column].in_(batch))
                        .values(customer_id=merge.merged_id)
                    )
    await _end_proofs(session, moved.get("conversations", []))


async def _take_back(
    session: AsyncSession, table: Table, keys: list[list[Any]], merge: CustomerMerge
) -> None:
    first = next(iter(table.primary_key.columns))
    for batch in _batches([key[0] for key in keys]):
        await session.execute(
            update(table)
            .where(first.in_(batch), table.c.customer_id == merge.customer_id)
            .values(customer_id=merge.merged_id)
        )


async def _end_proofs(session: AsyncSession, conversations: list[list[Any]]) -> None:
    table = Base.metadata.tables["conversations"]
    for batch in _batches([key[0] for key in conversations]):
        await session.execute(update(table).where(table.c.id.in_(batch)).values(verified=False))


def _tables() -> list[Table]:
    return [
        table
        for table in Base.metadata.sorted_tables
        if "customer_id" in table.c and table.name not in _NOT_MOVED
    ]


def _of(table: Table, customer_id: str) -> Any:
    return select(*table.primary_key.columns).where(table.c.customer_id == customer_id)


def _state(customer: Customer) -> dict[str, Any]:
    names = (*_GIVEN, *_SUMS, "name", "lang", "consent_offers", "consent_at", "merged_into")
    return {name: _plain(getattr(customer, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _restore(customer: Customer, name: str, value: Any) -> None:
    is_moment = name in ("since", "consent_at") and value is not None
    setattr(customer, name, datetime.fromisoformat(value) if is_moment else value)


def _batches(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + _BATCH] for start in range(0, len(values), _BATCH)]
