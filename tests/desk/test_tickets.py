import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from conversation.tables import Conversation
from crm.tables import Customer
from crm.ticketing.tables import Ticket, TicketNote
from db.base import new_id, now
from db.engine import Database
from desk.cases.listing import TicketLists, Wanted
from desk.people.tables import Team, TeamMember
from desk.tables import Agent
from tests.desk.conftest import Shop


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for the routes; the queries run on both below."""
    return sqlite_database


async def ticket(database: Database, **fields: Any) -> Ticket:
    moment = now()
    row = Ticket(
        **{
            "turn_id": new_id(),
            "category": "damaged",
            "priority": "high",
            "status": "open",
            "description": "Kalungnya putus",
            "contact": "+6281200001111",
            "lang": "id",
            "created_at": moment,
            "updated_at": moment,
            "due_at": moment + timedelta(hours=4),
            "solve_by": moment + timedelta(hours=24),
            "warn_at": moment + timedelta(hours=3),
            **fields,
        }
    )
    async with database.write() as session:
        session.add(row)
    return row


async def row_of(database: Database, number: str) -> Ticket:
    async with database.read() as session:
        return await session.get_one(Ticket, int(number[3:]))


def act(row: Ticket, what: str = "") -> str:
    return f"/api/console/tickets/{row.number}{what}"


@pytest.fixture(params=["sqlite", "postgres"])
def each(request: pytest.FixtureRequest) -> Database:
    """A database of each kind."""
    found = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(found, Database)
    return found


async def test_the_list_puts_first_what_presses_and_finds_by_words_of_anywhere(
    each: Database,
) -> None:
    database, moment = each, now()
    rina = Agent(id="rina", login="rina", name="Rina", password_hash="", role="supervisor")
    async with database.write() as session:
        session.add_all([rina, Customer(id="C1", name="Sari Wulandari")])
    calm = await ticket(database, customer_id="C1", due_at=moment + timedelta(hours=9))
    late = await ticket(database, due_at=moment - timedelta(hours=1), description="100% rusak")
    near = await ticket(database, warn_at=moment - timedelta(minutes=1), priority="urgent")
    asked = await ticket(database, status="waiting_customer", solve_by=None, warn_at=None)
    over = await ticket(database, status="solved", ended_at=moment, order_number="TL-261115-0001")
    async with database.write() as session:
        session.add(TicketNote(ticket_id=asked.id, turn_id="n", author="csr", text="kirim FOTO"))
    lists = TicketLists(database)

    async def found(**wanted: str) -> list[int]:
        return [look.row.id for look in (await lists.page(rina, Wanted(**wanted))).looks]

    assert await found() == [late.id, near.id, calm.id, asked.id, over.id]
    assert await found(clock="late") == [late.id]
    assert await found(clock="near") == [near.id]
    assert await found(status="active", priority="urgent") == [near.id]
    assert await found(text="wulan kalung") == [calm.id]
    assert await found(text="foto") == [asked.id]
    assert await found(text="0001 tl-2611") == [over.id]
    assert await found(text=f"tk-{late.id:06d}") == [late.id]
    assert await found(text="0% r") == [late.id]
    assert await found(text="' OR 1=1 --") == []
    assert await lists.pressing(rina) == (1, 1)
    board = await lists.board(rina, Wanted())
    assert [(column.name, column.total) for column in board] == [
        ("new", 3),
        ("open", 0),
        ("waiting_customer", 1),
        ("solved", 1),
    ]


async def test_a_csr_sees_what_nobody_has_and_their_own_and_whom_they_help(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    hers, his = [await ticket(shop.database, agent_id=agent.id) for agent in (sari, budi)]
    free = await ticket(shop.database)
    talk = await shop.conversation("halo", state="csr", owner=sari)
    helped = await ticket(shop.database, agent_id=budi.id, conversation_id=talk)
    browser, supervisor = await shop.browser(sari), await shop.browser(rina)

    seen = (await browser.get("/api/console/tickets")).json()
    refused = [
        (await browser.get(f"/console/tickets/{his.number}")).status_code,
        (await browser.post(act(his), json={"status": "solved"})).status_code,
        (await browser.post(act(his, "/notes"), json={"text": "x", "client_id": "a"})).status_code,
        (await browser.post(act(hers, "/merge"), json={"into": his.number})).status_code,
        (await browser.get("/console/tickets/TK-000999")).status_code,
        (await browser.get("/console/tickets/%27%3B--")).status_code,
    ]

    assert {one["number"] for one in seen["tickets"]} == {
        hers.number,
        free.number,
        helped.number,
    }
    assert refused == [404] * 6
    assert (await supervisor.get("/api/console/tickets")).json()["total"] == 4
    assert (await row_of(shop.database, his.number)).status == "open"


async def test_what_came_from_another_teams_conversation_is_not_for_a_csr(
    shop: Shop, sari: Agent, rina: Agent
) -> None:
    talk = await shop.conversation("rahasia", state="bot")
    async with shop.database.write() as session:
        team = Team(name="Elsewhere")
        session.add(team)
        await session.flush()
        (await session.get_one(Conversation, talk)).team_id = team.id
    row = await ticket(shop.database, conversation_id=talk)
    browser = await shop.browser(sari)

    hidden = (await browser.get(f"/console/tickets/{row.number}")).status_code
    async with shop.database.write() as session:
        session.add(TeamMember(team_id=team.id, agent_id=sari.id))

    assert hidden == 404
    assert (await browser.get(f"/console/tickets/{row.number}")).status_code == 200
    supervisor = await shop.browser(rina)
    assert (await supervisor.get(f"/console/tickets/{row.number}")).status_code == 200


async def test_words_to_the_customer_reach_their_channel_and_stop_the_first_clock(
    shop: Shop, sari: Agent
) -> None:
    talk = await shop.conversation("barang rusak", state="bot")
    row = await ticket(shop.database, conversation_id=talk)
    browser = await shop.browser(sari)
    words = {"text": " Fotonya boleh dikirim, Kak? ", "client_id": "a1", "kind": "ask"}

    answers = [await browser.post(act(row, "/notes"), json=words) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    said = (await shop.messages(talk))[1:]
    assert [(one.author, one.name, one.text, one.kind) for one in said] == [
        ("csr", "Sari", "Fotonya boleh dikirim, Kak?", "ticket")
    ]
    assert [choice["id"] for choice in said[0].choices] == ["inform:note", "ticket_status"]
    assert await shop.state(talk) == ("bot", None)
    after = await row_of(shop.database, row.number)
    assert (after.status, after.solve_by) == ("waiting_customer", None)
    assert after.first_response_at is not None
    async with shop.database.read() as session:
        conversation = await session.get_one(Conversation, talk)
    assert conversation.context["ticket_id"] == row.id  # "add a note" now means this ticket


async def test_nobody_writes_into_a_conversation_that_a_colleague_has(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    talk = await shop.conversation("halo", state="csr", owner=budi)
    row = await ticket(shop.database, conversation_id=talk)
    browser = await shop.browser(sari)

    said = await browser.post(
        act(row, "/notes"), json={"text": "halo", "client_id": "a", "kind": "tell"}
    )
    solved = await browser.post(act(row), json={"status": "solved"})

    assert (said.status_code, said.json()["detail"]) == (
        409,
        "A colleague already has this conversation.",
    )
    assert solved.json()["told"] is False
    assert len(await shop.messages(talk)) == 1


async def test_who_has_no_channel_is_not_written_to_but_noted(shop: Shop, sari: Agent) -> None:
    row = await ticket(shop.database)
    browser = await shop.browser(sari)

    told = await browser.post(
        act(row, "/notes"), json={"text": "halo", "client_id": "a", "kind": "tell"}
    )
    note = {"text": "sudah ditelepon", "client_id": "b"}
    noted = await browser.post(act(row, "/notes"), json=note)

    assert (told.status_code, noted.status_code) == (409, 201)
    async with shop.database.read() as session:
        notes = (await session.scalars(select(TicketNote))).all()
    assert [(note.text, note.told, note.agent_id) for note in notes] == [
        ("sudah ditelepon", False, sari.id)
    ]


async def test_the_customer_hears_of_each_change_in_their_language(shop: Shop, sari: Agent) -> None:
    talk = await shop.conversation("broken", state="closed", lang="en")
    row = await ticket(shop.database, conversation_id=talk, lang="en")
    browser = await shop.browser(sari)

    for fields in ({"priority": "urgent"}, {"status": "solved"}, {"status": "open"}):
        assert (await browser.post(act(row), json=fields)).status_code == 200

    said = (await shop.messages(talk))[1:]
    assert [one.text.partition(".")[0] for one in said] == [
        f"Ticket {row.number} is solved",
        f"We have opened ticket {row.number} again and are working on it",
    ]
    assert {one.source["id"] for one in said if one.source} == {
        "desk.ticket_solved",
        "desk.ticket_open",
    }


async def test_who_works_with_an_old_page_is_told_and_changes_nothing(
    shop: Shop, sari: Agent
) -> None:
    row = await ticket(shop.database)
    browser = await shop.browser(sari)
    seen = row.updated_at.isoformat()

    first = await browser.post(act(row), json={"status": "waiting_customer", "seen": seen})
    second = await browser.post(act(row), json={"status": "closed", "seen": seen})

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["type"] == "urn:sapa:problem:ticket-moved"
    assert (await row_of(shop.database, row.number)).status == "waiting_customer"


async def test_a_csr_takes_and_puts_back_and_a_supervisor_gives(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    row = await ticket(shop.database)
    browser, supervisor = await shop.browser(sari), await shop.browser(rina)

    to_colleague = await browser.post(act(row), json={"agent": budi.id})
    to_nobody_known = await supervisor.post(act(row), json={"agent": "ghost"})
    taken = await browser.post(act(row), json={"agent": sari.id})
    given = await supervisor.post(act(row), json={"agent": budi.id})

    assert [one.status_code for one in (to_colleague, to_nobody_known, taken, given)] == [
        403,
        409,
        200,
        200,
    ]
    assert (await row_of(shop.database, row.number)).agent_id == budi.id


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "exploded"}, 409),
        ({"priority": "mega"}, 409),
        ({"category": "pizza"}, 422),
        ({"seen": "yesterday"}, 422),
        ({"status": "x" * 65}, 422),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    shop: Shop, sari: Agent, body: dict[str, str], status: int
) -> None:
    row = await ticket(shop.database)

    answer = await (await shop.browser(sari)).post(act(row), json=body)

    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_formulas_are_defused_in_the_export_and_tags_escaped_on_screen(
    shop: Shop, rina: Agent
) -> None:
    formula = '=HYPERLINK("http://evil.example","klik")'
    async with shop.database.write() as session:
        session.add(Customer(id="C1", name="<img src=x onerror=alert(1)>"))
    row = await ticket(
        shop.database, customer_id="C1", description=formula, contact="+62811<script>"
    )
    browser = await shop.browser(rina)

    export = await browser.get("/api/console/tickets.csv", params={"status": "open"})
    pages = [
        (await browser.get(f"/console/tickets{place}")).text
        for place in ("", "/list", f"/{row.number}")
    ]

    rows = list(csv.reader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["number", "status", "priority"]
    assert (rows[1][0], rows[1][-1], rows[1][5]) == (row.number, f"'{formula}", "'+62811<script>")
    assert all("<img" not in page and "<script>" not in page for page in pages)
    assert all("&lt;img" in page for page in pages)


async def test_merging_tells_the_customer_and_leads_to_the_one_that_goes_on(
    shop: Shop, sari: Agent
) -> None:
    talk = await shop.conversation("rusak", state="bot")
    old, other = [await ticket(shop.database, conversation_id=talk) for _ in range(2)]
    stranger = await ticket(shop.database, contact="else@example.com")
    browser = await shop.browser(sari)

    wrong = await browser.post(act(old, "/merge"), json={"into": stranger.number})
    right = await browser.post(act(old, "/merge"), json={"into": other.number})
    page = await browser.get(f"/console/tickets/{other.number}")

    assert (wrong.status_code, right.status_code) == (409, 200)
    assert right.headers["HX-Redirect"] == f"/console/tickets/{other.number}"
    said = (await shop.messages(talk))[-1].text
    assert said.startswith(f"Tiket {old.number} kami gabung ke tiket {other.number}")
    assert f"from {old.number}" in page.text


async def test_a_broken_promise_has_every_console_read_its_lists_again(shop: Shop) -> None:
    row = await ticket(shop.database, due_at=now() - timedelta(minutes=1))
    with shop.bus.subscribe("desk") as heard:
        await shop.desk.cases.watch.look()
        told = await heard.next(1)
        await shop.desk.cases.watch.look()
        again = await heard.next(0.05)

    assert told is not None
    assert (told["type"], again) == ("ticket", None)
    assert await shop.desk.cases.work.note_late() == []
    assert row.number == "TK-000001"
