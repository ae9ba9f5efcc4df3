import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from crm.tables import Customer, Order
from db.base import UtcDateTime, now
from db.engine import Database


async def test_concurrent_increments_are_all_counted(database: Database) -> None:
    async with database.write() as session:
        session.add(Customer(id="C1", name="0"))

    async def increment() -> None:
        async with database.write() as session:
            customer = await session.get_one(Customer, "C1", with_for_update=True)
            customer.name = str(int(customer.name) + 1)

    await asyncio.gather(*(increment() for _ in range(64)))

    async with database.read() as session:
        assert await session.scalar(select(Customer.name)) == "64"


async def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            session.add(Customer(id="C1", name="Budi"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.read() as session:
        assert await session.scalar(select(Customer.name)) is None


async def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    async with database.write() as writer:
        writer.add(Customer(id="C1", name="Budi"))
        await writer.flush()
        async with database.read() as reader:
            names = await asyncio.wait_for(reader.scalars(select(Customer.name)), 15)
            assert list(names) == []


async def test_a_reference_to_nobody_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(
                Order(
                    number="X", customer_id="nobody", ordered_at=now(), status="paid", total_idr=1
                )
            )


async def test_an_update_needs_no_read_first(database: Database) -> None:
    async with database.write() as session:
        session.add(Customer(id="C1", name="Budi"))
    async with database.write() as session:
        await session.execute(update(Customer).values(name="Sari"))
    async with database.read() as session:
        assert await session.scalar(select(Customer.name)) == "Sari"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001


async def test_an_error_does_not_repeat_what_a_customer_wrote(database: Database) -> None:
    async def store_twice() -> None:
        for _ in range(2):
            async with database.write() as session:
                session.add(Customer(id="C1", name="Sari Wulandari"))

    with pytest.raises(IntegrityError) as error:
        await store_twice()

    assert "Sari" not in str(error.value)


async def test_only_its_owner_reads_a_new_database_file(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'sapa.db'}")
    await database.check()
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "new").iterdir()}
    await database.close()

    assert set(modes.values()) == {"0o600"}


async def test_what_need_not_last_is_changed_like_all_else(database: Database) -> None:
    customer = insert(Customer).values(id="c1", name="Sari")
    await database.change(lambda one: one.execute(customer), lasting=False)

    async with database.read() as session:
        assert list(await session.scalars(select(Customer.name))) == ["Sari"]
