import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from db.engine import Database
from desk.audit import Actor, AuditFilter, AuditLog
from desk.people.tables import AuditEntry
from desk.tables import Agent
from tests.desk.conftest import PASSWORD, Shop

ANY = AuditFilter()


async def _told(audit: AuditLog, **wanted: str) -> list[tuple[str, str, str, str]]:
    found = await audit.entries(AuditFilter(**wanted))  # type: ignore[arg-type]
    return [(row.agent_name, row.action, row.subject, row.outcome) for row in reversed(found)]


async def test_what_is_done_to_a_conversation_is_recorded_with_who_and_what(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    conversation = await shop.conversation("nomor kartu saya 4111")
    first, second = await shop.browser(sari), await shop.browser(budi)
    url = f"/api/console/conversations/{conversation}"

    await first.get(f"/console/conversations/{conversation}")
    await first.get(f"/console/conversations/{conversation}/log")
    await first.post(f"{url}/take")
    await second.post(f"{url}/take")
    await first.post(f"{url}/messages", json={"text": "Halo", "client_id": "a"})
    await second.get(f"{url}/messages")
    await first.post(f"{url}/typing", json={})
    await first.get("/console/queue")

    about = f"conversation:{conversation}"
    assert await _told(shop.desk.audit) == [
        ("Sari", "conversations.read", about, "read"),
        ("Sari", "conversations.take", about, "done"),
        ("Budi", "conversations.take", about, "done"),
        ("Budi", "conversations.take", about, "refused"),
        ("Sari", "conversations.messages", about, "done"),
        ("Budi", "conversations.read", about, "read"),
        ("Budi", "conversations.read", about, "refused"),
    ]
    entries = await shop.desk.audit.entries(ANY)
    assert all("4111" not in str(row.detail) and "Halo" not in str(row.detail) for row in entries)


async def test_logins_are_recorded_also_those_that_fail(shop: Shop, sari: Agent) -> None:
    for password in ("wrong", PASSWORD):
        await shop.client().post("/api/console/login", json={"login": "sari", "password": password})

    assert await _told(shop.desk.audit) == [
        ("", "login", "", "refused"),
        ("Sari", "login", "", "done"),
    ]


async def test_the_database_refuses_to_change_or_delete_an_entry(database: Database) -> None:
    audit = AuditLog(database)
    await audit.note(Actor("a", "Sari"), "take")

    for change in (update(AuditEntry).values(agent_name="Budi"), delete(AuditEntry)):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            async with database.write() as session:
                await session.execute(change)

    assert await _told(audit) == [("Sari", "take", "", "done")]


async def test_a_change_made_around_the_refusal_shows(sqlite_database: Database) -> None:
    audit = AuditLog(sqlite_database)
    for number in range(4):
        await audit.note(Actor("a", "Sari"), "take", f"conversation:{number}")
    assert (await audit.checked()).broken_at is None

    async with sqlite_database.write() as session:
        await session.execute(text("DROP TRIGGER audit_update"))
        await session.execute(text("DROP TRIGGER audit_delete"))
        await session.execute(text("DELETE FROM audit WHERE id = 3"))

    assert (await audit.checked()).broken_at == 3


async def test_entries_written_at_once_have_one_order_without_a_gap(database: Database) -> None:
    import asyncio  # noqa: PLC0415

    audit = AuditLog(database)
    await asyncio.gather(*(audit.note(Actor("a", "A"), f"act-{n}") for n in range(12)))

    chain = await audit.checked()
    assert (chain.entries, chain.broken_at) == (12, None)


async def test_only_admins_read_the_log_and_nobody_writes_it(shop: Shop, rina: Agent) -> None:
    boss = await shop.browser(await shop.agent("ratna", "admin"))
    await shop.desk.audit.note(Actor("x", "<b>Eve</b>"), "take", "conversation:<i>1</i>")

    page = await boss.get("/console/audit?check=true&day=")
    assert page.status_code == 200
    assert "&lt;b&gt;Eve" in page.text
    assert "<b>Eve" not in page.text
    assert (await (await shop.browser(rina)).get("/console/audit")).status_code == 403
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await boss.request(method, "/console/audit")).status_code == 405
    narrow = await boss.get("/console/audit", params={"who": "x", "day": "2020-01-01"})
    assert "Eve" not in narrow.text
