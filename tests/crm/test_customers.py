import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.consent import Consents
from crm.contacts import BadEmail, BadPhone
from crm.customers import (
    BadCity,
    Change,
    CustomerNotFound,
    Customers,
    Field,
    InvoiceDue,
    Profile,
)
from crm.proofs import Attempt, Lockout, LookupLocked
from crm.tables import ContactChange, Customer, Invoice
from db.engine import Database
from tests.crm.shop import BUDI_ORDER, NOON, SARI_ORDER, at_noon, fill


def customers_in(database: Database) -> Customers:
    return Customers(database, Lockout(database, clock=at_noon), at_noon)


async def add_invoices(database: Database) -> None:
    async with database.write() as session:
        for number, status, days in (("I1", "paid", -40), ("I2", "due", -10), ("I3", "due", 2)):
            session.add(
                Invoice(
                    number=number,
                    customer_id="C0001",
                    issued_at=NOON + timedelta(days=days - 15),
                    due_at=NOON + timedelta(days=days),
                    amount_idr=199_000,
                    status=status,
                )
            )


async def test_a_profile_shows_contacts_masked_and_what_is_open(database: Database) -> None:
    await fill(database)
    await add_invoices(database)

    assert await customers_in(database).profile("C0001") == Profile(
        customer_id="C0001",
        name="Sari",
        lang="id",
        city="Bandung",
        phone="+62•••••••1111",
        email="s•••@example.com",
        since=NOON - timedelta(days=700),
        level=None,
        points=0,
        consent_offers=True,
        open_orders=(SARI_ORDER,),
        invoices_due=(
            InvoiceDue("I2", 199_000, NOON - timedelta(days=10), overdue=True),
            InvoiceDue("I3", 199_000, NOON + timedelta(days=2), overdue=False),
        ),
    )


async def test_points_come_from_delivered_orders_unless_the_shop_counts_itself(
    database: Database,
) -> None:
    await fill(database)
    customers = customers_in(database)
    assert (await customers.profile("C0002")).points == 40

    async with database.write() as session:
        budi = await session.get(Customer, "C0002")
        assert budi is not None
        budi.points = 7
    assert (await customers.profile("C0002")).points == 7


@pytest.mark.parametrize("contact", ["081200001111", "+62 812-0000-1111", "Sari@Example.com"])
async def test_a_whole_contact_and_an_own_order_identify(database: Database, contact: str) -> None:
    await fill(database)
    attempt = Attempt("c", "t")

    assert await customers_in(database).identify(attempt, contact, SARI_ORDER) == "C0001"


@pytest.mark.parametrize(
    ("contact", "number"),
    [
        ("1111", SARI_ORDER),
        ("4 digit: 1111", SARI_ORDER),
        ("081200001111", BUDI_ORDER),
        ("081200001111", "TL-000000-0000"),
        ("sari@example.com", BUDI_ORDER),
        ("", SARI_ORDER),
    ],
)
async def test_anything_else_identifies_nobody(
    database: Database, contact: str, number: str
) -> None:
    await fill(database)

    with pytest.raises(CustomerNotFound):
        await customers_in(database).identify(Attempt("c", "t"), contact, number)


async def test_guessing_who_somebody_is_locks_the_orders_too(database: Database) -> None:
    await fill(database)
    customers = customers_in(database)
    for turn in range(3):
        with pytest.raises(CustomerNotFound):
            await customers.identify(Attempt("c", str(turn)), "081200009999", SARI_ORDER)

    with pytest.raises(LookupLocked):
        await customers.identify(Attempt("c", "last"), "081200001111", SARI_ORDER)


@pytest.mark.parametrize(
    ("field", "value", "stored", "shown"),
    [
        ("phone", "0813 1234 5678", "+6281312345678", "+62•••••••5678"),
        ("email", " Sari.Baru@Example.com ", "sari.baru@example.com", "s•••@example.com"),
        ("city", "  Kota   Bogor\x00 ", "Kota Bogor", "Kota Bogor"),
    ],
)
async def test_a_contact_is_changed_once_per_turn_and_the_old_one_kept(
    database: Database, field: Field, value: str, stored: str, shown: str
) -> None:
    await fill(database)
    customers = customers_in(database)
    before = await customers.get("C0001")
    assert before is not None

    changes = await asyncio.gather(
        *(customers.update_contact("turn", "C0001", field, value) for _ in range(5))
    )

    assert changes == [Change(field, shown)] * 5
    after = await customers.get("C0001")
    assert after is not None
    assert getattr(after, field) == stored
    async with database.read() as session:
        logged = (await session.scalars(select(ContactChange))).all()
    assert [(row.field, row.old, row.new) for row in logged] == [
        (field, getattr(before, field), stored)
    ]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("phone", "12", BadPhone),
        ("phone", "sari@example.com", BadPhone),
        ("email", "sari", BadEmail),
        ("email", "sari@localhost", BadEmail),
        ("email", "a b@example.com", BadEmail),
        ("email", "sari@example.com\nBcc: x@example.com", BadEmail),
        ("email", "x" * 250 + "@example.com", BadEmail),
        ("city", "", BadCity),
        ("city", "123", BadCity),
        ("city", "x" * 100, BadCity),
    ],
)
async def test_what_is_no_contact_changes_nothing(
    database: Database, field: Field, value: str, error: type[Exception]
) -> None:
    await fill(database)
    customers = customers_in(database)

    with pytest.raises(error):
        await customers.update_contact("turn", "C0001", field, value)

    async with database.read() as session:
        assert (await session.scalars(select(ContactChange))).all() == []


async def test_an_unknown_customer_has_no_profile_and_no_changes(database: Database) -> None:
    customers = customers_in(database)

    assert await customers.get("C9999") is None
    with pytest.raises(CustomerNotFound):
        await customers.profile("C9999")
    with pytest.raises(CustomerNotFound):
        await customers.update_contact("turn", "C9999", "city", "Bogor")


async def test_consent_can_be_given_and_taken_back(database: Database) -> None:
    await fill(database)
    customers = customers_in(database)
    await Consents(database, at_noon).note("C0001", "offers", granted=False, source="chat")

    changed = await customers.get("C0001")
    assert changed is not None
    assert (changed.consent_offers, changed.consent_at) == (False, NOON)
