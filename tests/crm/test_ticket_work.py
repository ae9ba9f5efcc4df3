import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.hours import ServiceHours
from crm.proofs import Lockout
from crm.tables import TicketNote
from crm.ticket_kinds import TicketKinds, UnknownCategory
from crm.ticketing.history import By
from crm.ticketing.tables import Ticket, TicketChange
from crm.ticketing.work import NotPossible, TicketMoved, TicketWork
from crm.tickets import TicketNotFound, Tickets
from db.engine import Database
from tests.crm.shop import NOON, Clock, fill

SARI = By("csr", "sari")
HOURS = ServiceHours.load()
KINDS = TicketKinds.load()


class Cases:
    """Both sides of tickets, the customer's and the CSR's, on one clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.tickets = Tickets(database, HOURS, KINDS, Lockout(database), clock)
        self.work = TicketWork(database, HOURS, KINDS, clock)

    async def opened(self, turn: str = "turn", **fields: str | None) -> int:
        given: dict[str, str | None] = {
            "conversation_id": "hers",
            "customer_id": None,
            "order_number": None,
            "contact": "0812-0000-1111",
            **fields,
        }
        ticket = await self.tickets.open(
            turn,
            conversation_id=given["conversation_id"],
            customer_id=given["customer_id"],
            order_number=given["order_number"],
            category="damaged",  # high: first response 4 h, solution 24 h
            description=f"Kalungnya putus ({turn})",
            contact=str(given["contact"]),
            lang="id",
        )
        return ticket.id

    async def row(self, ticket_id: int) -> Ticket:
        async with self.database.read() as session:
            return await session.get_one(Ticket, ticket_id)

    async def changes(self, ticket_id: int) -> list[tuple[str, str, str | None, str | None]]:
        async with self.database.read() as session:
            rows = await session.scalars(
                select(TicketChange)
                .where(TicketChange.ticket_id == ticket_id)
                .order_by(TicketChange.id)
            )
            return [(row.actor, row.field, row.old, row.new) for row in rows]


@pytest.fixture
def cases(sqlite_database: Database, clock: Clock) -> Cases:
    return Cases(sqlite_database, clock)


@pytest.fixture
def both(database: Database, clock: Clock) -> Cases:
    """On each kind of database: where locks or its own SQL decide."""
    return Cases(database, clock)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


async def test_a_new_ticket_has_both_promises_and_a_warning(cases: Cases) -> None:
    row = await cases.row(await cases.opened())

    # Opened at 12.00; the shop closes at 20.00 and has 12 hours a day.
    assert row.due_at == NOON + hours(4)
    assert row.solve_by == NOON + hours(48)  # 8 today, 12 tomorrow, 4 the day after
    assert row.warn_at == NOON + hours(3)


async def test_the_first_words_of_a_person_stop_the_first_clock(cases: Cases, clock: Clock) -> None:
    ticket = await cases.opened()
    clock.at = NOON + hours(1)

    await cases.work.note("n1", ticket, SARI, "catatan untuk rekan")
    quiet = await cases.row(ticket)
    await cases.work.note("n2", ticket, SARI, "Kami cek dulu ya, Kak", told=True)
    clock.at = NOON + hours(2)
    await cases.work.note("n3", ticket, SARI, "Sudah kami cek", told=True)

    assert quiet.first_response_at is None
    row = await cases.row(ticket)
    assert row.first_response_at == NOON + hours(1)
    # Three quarters of the 24 hours: 8 today, 10 tomorrow.
    assert row.warn_at == NOON + hours(8 + 12 + 10)


async def test_while_the_customer_is_asked_the_solution_waits(cases: Cases, clock: Clock) -> None:
    ticket = await cases.opened()
    clock.at = NOON + hours(2)
    await cases.work.update(ticket, SARI, status="waiting_customer")
    waiting = await cases.row(ticket)
    clock.at = NOON + hours(26)  # two hours of ours are used, the day is the customer's

    await cases.tickets.add_note("n", ticket, "customer", "Ini fotonya")

    assert (waiting.solve_by, waiting.warn_at) == (None, None)
    row = await cases.row(ticket)
    assert (row.status, row.solve_by) == ("open", clock.at + hours(6 + 12 + 12 + 12 + 4))
    assert (await cases.changes(ticket))[-1] == ("customer", "status", "waiting_customer", "open")


async def test_every_change_is_kept_and_the_same_value_is_none(cases: Cases) -> None:
    ticket = await cases.opened()

    _, first = await cases.work.update(ticket, SARI, priority="urgent", agent="sari")
    _, again = await cases.work.update(ticket, SARI, priority="urgent", agent="sari")

    assert (first, again) == (("priority", "agent"), ())
    assert await cases.changes(ticket) == [
        ("csr", "priority", "high", "urgent"),
        ("csr", "agent", None, "sari"),
    ]
    assert (await cases.row(ticket)).due_at == NOON + hours(1)


async def test_who_saw_an_older_state_changes_nothing(cases: Cases, clock: Clock) -> None:
    ticket = await cases.opened()
    seen = (await cases.row(ticket)).updated_at
    clock.at += hours(1)
    await cases.work.note("n", ticket, SARI, "baru")

    with pytest.raises(TicketMoved):
        await cases.work.update(ticket, SARI, seen=seen, status="solved")

    assert (await cases.row(ticket)).status == "open"


async def test_of_two_who_change_what_they_saw_at_once_one_wins(both: Cases) -> None:
    ticket = await both.opened()
    both.clock.at += hours(1)
    seen = (await both.row(ticket)).updated_at

    outcomes = await asyncio.gather(
        *(
            both.work.update(ticket, By("csr", who), seen=seen, agent=who)
            for who in ("sari", "budi")
        ),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["TicketMoved", "tuple"]
    assert len(await both.changes(ticket)) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"status": "exploded"}, "status"), ({"priority": "now!"}, "priority")],
)
async def test_what_a_ticket_cannot_be_is_refused(
    cases: Cases, fields: dict[str, str], reason: str
) -> None:
    ticket = await cases.opened()

    with pytest.raises(NotPossible) as refused:
        await cases.work.update(ticket, SARI, **fields)
    with pytest.raises(UnknownCategory):
        await cases.work.update(ticket, SARI, category="pizza")
    with pytest.raises(TicketNotFound):
        await cases.work.update(999, SARI, status="solved")

    assert refused.value.reason == reason
    assert await cases.changes(ticket) == []


async def test_within_72_hours_a_case_is_opened_again(cases: Cases, clock: Clock) -> None:
    ticket = await cases.opened()
    clock.at = NOON + hours(1)
    await cases.work.update(ticket, SARI, status="solved")
    clock.at = NOON + hours(1 + 72)

    note = await cases.tickets.add_note("n", ticket, "customer", "masih rusak")

    assert (note.id, note.status) == (ticket, "open")
    row = await cases.row(ticket)
    assert (row.ended_at, row.first_response_at) == (None, None)


async def test_later_it_is_a_case_of_its_own_and_nothing_is_lost(
    cases: Cases, clock: Clock
) -> None:
    ticket = await cases.opened()
    await cases.work.update(ticket, SARI, status="solved")
    clock.at = NOON + hours(72) + timedelta(seconds=1)

    with pytest.raises(NotPossible) as refused:
        await cases.work.update(ticket, SARI, status="open")
    followed = [
        await cases.tickets.add_note(turn, ticket, "customer", text)
        for turn, text in (("n", "masih rusak"), ("n", "masih rusak"), ("m", "halo?"))
    ]

    assert refused.value.reason == "reopen-late"
    assert [(one.id, one.follows) for one in followed] == [(ticket + 1, ticket)] * 3
    assert (await cases.row(ticket)).status == "solved"
    new = await cases.row(ticket + 1)
    assert (new.description, new.contact, new.status) == ("masih rusak", "+6281200001111", "open")
    async with cases.database.read() as session:
        notes = (await session.scalars(select(TicketNote))).all()
    assert [(note.ticket_id, note.text) for note in notes] == [(ticket + 1, "halo?")]


async def test_what_was_solved_is_closed_after_72_hours(both: Cases, clock: Clock) -> None:
    old, young = await both.opened("a"), await both.opened("b")
    await both.work.update(old, SARI, status="solved")
    clock.at = NOON + hours(1)
    await both.work.update(young, SARI, status="solved")
    clock.at = NOON + hours(72) + timedelta(minutes=1)

    assert await both.work.close_old() == 1
    assert [(await both.row(one)).status for one in (old, young)] == ["closed", "solved"]
    assert (await both.row(old)).ended_at == NOON  # the 72 hours do not begin anew


async def test_a_broken_promise_is_noted_once(both: Cases, clock: Clock) -> None:
    ticket = await both.opened()
    clock.at = NOON + hours(4) + timedelta(seconds=1)

    noted = [[row.id for row in await both.work.note_late()] for _ in range(2)]
    clock.at = NOON + timedelta(days=9)
    later = [row.id for row in await both.work.note_late()]

    assert (noted, later) == ([[ticket], []], [ticket])
    assert await both.changes(ticket) == [
        ("system", "late", None, "response"),
        ("system", "late", None, "solution"),
    ]


async def test_merging_keeps_one_case_with_the_more_urgent_priority(cases: Cases) -> None:
    first, second = await cases.opened("a"), await cases.opened("b")
    await cases.work.update(second, SARI, priority="urgent")

    row, other = await cases.work.merge(second, first, SARI)
    note = await cases.tickets.add_note("n", second, "customer", "ada kabar?")

    assert (row.status, row.merged_into) == ("closed", first)
    assert (other.priority, note.id) == ("urgent", first)


async def test_a_chain_of_merges_ends_at_the_last(cases: Cases) -> None:
    first, second, third = [await cases.opened(turn) for turn in "abc"]

    await cases.work.merge(first, second, SARI)
    await cases.work.merge(second, third, SARI)

    assert [(await cases.row(one)).merged_into for one in (first, second)] == [third, third]


async def test_only_cases_of_one_person_are_merged(cases: Cases) -> None:
    await fill(cases.database)
    hers = await cases.opened("a", customer_id="C0001")
    his = await cases.opened("b", customer_id="C0002", conversation_id="his")
    stranger = await cases.opened("c", conversation_id="other", contact="other@example.com")

    for one, into in ((hers, his), (hers, stranger), (hers, hers)):
        with pytest.raises(NotPossible):
            await cases.work.merge(one, into, SARI)
    with pytest.raises(TicketNotFound):
        await cases.work.merge(hers, 999, SARI)

    assert (await cases.row(hers)).status == "open"


async def test_two_who_merge_each_into_the_other_lose_no_case(both: Cases) -> None:
    first, second = await both.opened("a"), await both.opened("b")

    outcomes = await asyncio.gather(
        both.work.merge(first, second, SARI),
        both.work.merge(second, first, SARI),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotPossible", "tuple"]
    rows = [await both.row(one) for one in (first, second)]
    assert sorted(row.status for row in rows) == ["closed", "open"]


async def test_a_ticket_older_than_its_history_goes_on(cases: Cases) -> None:
    async with cases.database.write() as session:
        session.add(
            Ticket(
                turn_id="old",
                category="damaged",
                priority="high",
                status="waiting_customer",
                description="lama",
                contact="sari@example.com",
                lang="id",
                created_at=NOON - timedelta(days=30),
                due_at=NOON - timedelta(days=29),
                updated_at=NOON - timedelta(days=20),
            )
        )

    await cases.work.update(1, SARI, status="open")

    row = await cases.row(1)
    assert row.solve_by == NOON + hours(48)
