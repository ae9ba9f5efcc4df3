from datetime import timedelta

from sqlalchemy import Connection

from conversation.rows import held
from conversation.tables import Conversation
from conversation.thread import append
from crm.tables import Customer, Order, OrderLine, Product, Ticket
from db.base import new_id, now
from desk.tables import Agent
from tests.desk.conftest import Shop

HTML = "<img src=x onerror=alert(1)>\"'&"


async def _give_customer(shop: Shop, conversation: str, name: str, *, verified: bool) -> None:
    async with shop.database.write() as session:
        session.add(Customer(id="C1", name=name, phone="+6281100000001", city="Bandung"))
        session.add(
            Product(sku="S1", name_id="Sepatu", name_en="Shoes", category="shoes", price_idr=1)
        )
        await session.flush()
        session.add(
            Order(
                number="TL-260801-0042",
                customer_id="C1",
                ordered_at=now(),
                status="shipped",
                total_idr=1_250_000,
            )
        )
        await session.flush()
        for line in (1, 2):
            session.add(
                OrderLine(
                    order_number="TL-260801-0042", line=line, sku="S1", quantity=1, unit_price_idr=1
                )
            )
        session.add(
            Ticket(
                turn_id=new_id(),
                customer_id="C1",
                category="damaged",
                priority="high",
                status="open",
                description="sol lepas",
                contact="x",
                lang="id",
                due_at=now() + timedelta(hours=4),
            )
        )
        row = await session.get_one(Conversation, conversation)
        row.customer_id, row.verified = "C1", verified


async def test_html_of_customers_and_of_the_bot_is_only_text(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation(HTML, wants=HTML, said=[HTML], entities={HTML: HTML})
    await shop.bot_says(conversation, f"**{HTML}**")
    await _give_customer(shop, conversation, HTML, verified=True)
    browser = await shop.browser(sari)

    desk = await browser.get("/console")
    opened = await browser.get(f"/console/conversations/{conversation}")

    assert "<img" not in desk.text + opened.text
    escaped = "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;"
    assert f"<strong>{escaped}</strong>" in opened.text
    assert opened.text.count(escaped) > desk.text.count(escaped) > 1


async def test_the_screen_shows_brief_customer_orders_and_tickets(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo", wants="paketnya", mood="angry")
    await _give_customer(shop, conversation, "Dewi", verified=False)

    page = (await (await shop.browser(sari)).get(f"/console/conversations/{conversation}")).text

    for shown in (
        "Asked for a person",
        "paketnya",
        "Angry",
        "Dewi",
        "Not verified",
        "TL-260801-0042",
        "Rp1.250.000",
        "Shoes",
        "+1 more",
        "TK-000001",
        "Damaged item",
    ):
        assert shown in page


async def test_htmx_gets_a_piece_and_a_person_the_whole_page(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)
    url = f"/console/conversations/{conversation}"

    whole = await browser.get(url)
    piece = await browser.get(url, headers={"HX-Request": "true", "HX-Target": "work"})
    body = await browser.get(url, headers={"HX-Request": "true", "HX-Target": "conversation"})

    assert whole.text.startswith("<!doctype html>")
    assert piece.text.startswith('<section class="conversation"')
    assert body.text.startswith('<header class="head">')


async def test_a_log_that_shows_an_old_state_is_told_to_refresh(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)
    url = f"/console/conversations/{conversation}/log"

    same = await browser.get(url, params={"state": "waiting"})
    moved = await browser.get(url, params={"state": "bot"})

    assert "hx-trigger-after-swap" not in same.headers
    assert moved.headers["hx-trigger-after-swap"] == "conversation-changed"


async def test_long_conversations_begin_with_the_latest_messages(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("nomor-0.")

    def say_more(connection: Connection) -> None:
        with held(connection, conversation) as row:
            for number in range(1, 160):
                append(connection, row, author="customer", text=f"nomor-{number}.", data={})

    await shop.database.change(say_more)
    browser = await shop.browser(sari)
    url = f"/console/conversations/{conversation}"

    latest = (await browser.get(url)).text
    whole = (await browser.get(url, params={"whole": True})).text

    assert ("nomor-9." in latest, "nomor-10." in latest, "nomor-159." in latest) == (
        False,
        True,
        True,
    )
    assert "nomor-0." in whole


async def test_pages_run_no_script_but_ours_and_are_kept_nowhere(shop: Shop) -> None:
    page = await shop.client().get("/console")

    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert " style=" not in page.text
    assert "onclick" not in page.text


async def test_each_agent_reads_the_console_in_their_language(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)
    before = (await browser.get("/console")).text

    await browser.post("/api/console/language", json={"lang": "id"})

    assert '<html lang="en">' in before
    assert '<html lang="id">' in (await browser.get("/console")).text


async def test_the_login_speaks_the_browsers_language(shop: Shop) -> None:
    for accepted, heading in (("en-GB", "Log in to the service desk"), ("id", "Masuk ke meja")):
        page = await shop.client().get("/console", headers={"Accept-Language": accepted})
        assert heading in page.text
