import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

import crm.tickets
from crm.hours import ServiceHours
from crm.proofs import Attempt, Lockout, LookupLocked, Verified
from crm.tables import Ticket as TicketRow
from crm.tables import TicketNote
from crm.ticket_kinds import TicketKinds, UnknownCategory
from crm.tickets import Ticket, TicketNotFound, Tickets, ticket_id
from db.engine import Database
from tests.crm.shop import NOON, SARI_ORDER, at_noon, fill

KINDS = TicketKinds.load()
CONTENT = Path(crm.tickets.__file__).parent / "content" / "tickets.yml"
ELSEWHERE = Attempt("another conversation", "turn")


def tickets_in(database: Database) -> Tickets:
    return Tickets(database, ServiceHours.load(), KINDS, Lockout(database, clock=at_noon), at_noon)


async def opened(tickets: Tickets, turn_id: str = "turn", **changes: str | None) -> Ticket:
    fields: dict[str, Any] = {
        "conversation_id": "hers",
        "customer_id": None,
        "order_number": "tl-261115-0001",
        "category": "damaged",
        "description": "Kalungnya putus\x00",
        "contact": "0812-0000-1111",
        "lang": "id",
    }
    return await tickets.open(turn_id, **{**fields, **changes})


async def test_a_ticket_promises_an_answer_within_service_hours(database: Database) -> None:
    ticket = await opened(tickets_in(database))

    assert (ticket.number, ticket.priority, ticket.status) == ("TK-000001", "high", "open")
    assert ticket.created_at == NOON
    assert ticket.due_at == NOON + timedelta(hours=4)
    assert ticket.order_number == SARI_ORDER
    assert ticket.description == "Kalungnya putus"


async def test_the_same_turn_opens_one_ticket_also_at_the_same_moment(database: Database) -> None:
    tickets = tickets_in(database)

    views = await asyncio.gather(*(opened(tickets) for _ in range(10)))

    assert {view.number for view in views} == {views[0].number}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(TicketRow)) == 1


async def test_a_case_said_again_because_the_answer_got_lost_is_one_ticket(
    database: Database,
) -> None:
    tickets = tickets_in(database)
    first = await opened(tickets, "a turn whose answer got lost")

    assert await opened(tickets, "the turn after it") == first
    others = [
        await opened(tickets, "another case", description="Kotaknya penyok"),
        await opened(tickets, "another order", order_number=None),
        await opened(tickets, "another person", conversation_id="his"),
        await opened(tickets, "by hand", conversation_id=None),
        await opened(tickets, "by hand too", conversation_id=None),
    ]
    assert len({ticket.number for ticket in [first, *others]}) == 6


async def test_a_note_said_again_is_noted_once(database: Database) -> None:
    tickets = tickets_in(database)
    ticket = await opened(tickets)
    for turn in ("one", "two"):
        await tickets.add_note(turn, ticket.id, "customer", "Ini fotonya")

    async with database.read() as session:
        assert (await session.scalars(select(TicketNote.text))).all() == ["Ini fotonya"]


async def test_an_unknown_category_opens_nothing(database: Database) -> None:
    with pytest.raises(UnknownCategory):
        await opened(tickets_in(database), category="nonsense")


async def test_the_conversation_that_opened_a_ticket_needs_no_proof(database: Database) -> None:
    tickets = tickets_in(database)
    ticket = await opened(tickets)

    assert await tickets.status(Attempt("hers", "later"), "tk 1", None) == ticket


@pytest.mark.parametrize("proof", ["1111", "+6281200001111", "081200001111"])
async def test_elsewhere_the_contact_proves(database: Database, proof: str) -> None:
    tickets = tickets_in(database)
    ticket = await opened(tickets)

    assert await tickets.status(ELSEWHERE, "TK-000001", proof) == ticket


async def test_a_verified_customer_sees_their_ticket_and_nobody_elses(database: Database) -> None:
    await fill(database)
    tickets = tickets_in(database)
    ticket = await opened(tickets, customer_id="C0001", contact="other@example.com")

    assert await tickets.status(ELSEWHERE, ticket.number, Verified("C0001")) == ticket
    assert await tickets.status(ELSEWHERE, ticket.number, "sari@example.com") == ticket
    assert await tickets.status(ELSEWHERE, ticket.number, "OTHER@example.com") == ticket
    assert await tickets.of_customer("C0001") == [ticket]
    assert await tickets.of_customer("C0002") == []
    with pytest.raises(TicketNotFound):
        await tickets.status(ELSEWHERE, ticket.number, Verified("C0002"))


async def test_a_ticket_without_an_owner_is_not_shown_to_any_verified_customer(
    database: Database,
) -> None:
    await fill(database)
    tickets = tickets_in(database)
    ticket = await opened(tickets)

    with pytest.raises(TicketNotFound):
        await tickets.status(ELSEWHERE, ticket.number, Verified("C0001"))


async def test_guessing_at_tickets_locks_and_asking_without_a_proof_does_not(
    database: Database,
) -> None:
    tickets = tickets_in(database)
    await opened(tickets)
    for turn in range(5):
        with pytest.raises(TicketNotFound):
            await tickets.status(Attempt("c", f"asks {turn}"), "TK-000001", None)
    for turn in range(3):
        with pytest.raises(TicketNotFound):
            await tickets.status(Attempt("c", f"guesses {turn}"), "TK-000001", "0000")

    with pytest.raises(LookupLocked):
        await tickets.status(Attempt("c", "last"), "TK-000001", "1111")


@pytest.mark.parametrize("number", ["", "TK-", "0", "TK-999999999999999999999", "abc", "\x00", "٣"])
async def test_a_strange_ticket_number_is_only_unknown(database: Database, number: str) -> None:
    with pytest.raises(TicketNotFound):
        await tickets_in(database).status(ELSEWHERE, number, "1111")


def test_a_ticket_number_is_understood_as_people_type_it() -> None:
    assert [ticket_id(text) for text in ("TK-000012", "tk12", "tk - 12.", "#12", "12")] == [12] * 5


async def test_a_customers_note_reopens_and_counts_once_per_turn(database: Database) -> None:
    tickets = tickets_in(database)
    ticket = await opened(tickets)
    async with database.write() as session:
        row = await session.get(TicketRow, ticket.id)
        assert row is not None
        row.status = "waiting_customer"

    for _ in range(2):
        noted = await tickets.add_note("note turn", ticket.id, "customer", "Ini fotonya")

    assert noted.status == "open"
    async with database.read() as session:
        assert (await session.scalars(select(TicketNote.text))).all() == ["Ini fotonya"]
    with pytest.raises(TicketNotFound):
        await tickets.add_note("note turn", 999, "customer", "x")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("barangnya rusak kak, layarnya retak", "damaged"),
        ("yang dateng salah warna, saya pesan hitam", "wrong_item"),
        ("isinya kurang satu", "missing_item"),
        ("uang saya balik kapan ya", "refund"),
        ("mau tuker ukuran, kekecilan", "return"),
        ("gimana klaim garansinya", "warranty"),
        ("udah transfer tapi belum terkonfirmasi", "payment"),
        ("lupa sandi, gabisa masuk akun", "account"),
        ("wifi lemot banget dari kemarin", "internet"),
        ("paket saya belum sampai, resinya ga gerak", "delivery"),
        ("halo", "other"),
        ("the screen is cracked", "damaged"),
        ("you sent me the wrong colour", "wrong_item"),
        ("one item is missing from the box", "missing_item"),
        ("I want my money back", "refund"),
        ("shoes are too small, I want to exchange them", "return"),
        ("the warranty claim", "warranty"),
        ("I was charged twice", "payment"),
        ("I'm locked out of my account", "account"),
        ("internet keeps dropping", "internet"),
        ("my parcel hasn’t arrived", "delivery"),
        ("", "other"),
    ],
)
def test_a_category_is_guessed_from_the_customers_words(text: str, category: str) -> None:
    assert KINDS.guess(text) == category


def test_danger_makes_any_ticket_urgent() -> None:
    assert KINDS.priority("account", "akun saya dibobol orang") == "urgent"
    assert KINDS.priority("other", "the charger exploded") == "urgent"
    assert KINDS.priority("other", "halo") == "low"


async def test_a_ticket_opened_at_night_is_due_in_the_morning(database: Database) -> None:
    night = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # 22.00 in Jakarta
    tickets = Tickets(database, ServiceHours.load(), KINDS, Lockout(database), lambda: night)

    ticket = await opened(tickets)

    assert ticket.due_at == datetime(2026, 11, 19, 5, 0, tzinfo=UTC)


def test_every_category_has_words_in_both_languages() -> None:
    content = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))

    assert list(content["categories"]) == KINDS.categories
    assert set(KINDS.categories) == {
        "delivery",
        "damaged",
        "wrong_item",
        "missing_item",
        "refund",
        "return",
        "warranty",
        "payment",
        "account",
        "internet",
        "other",
    }
    for category in KINDS.categories:
        assert KINDS.name(category, "id") != ""
        assert KINDS.name(category, "en") != ""
        assert set(content["categories"][category]["words"]) == {"id", "en"}
