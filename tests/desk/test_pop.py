"""The screen pop and what a CSR does beside the talk, over the small shop of tests/crm."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from conversation.tables import Conversation, Message, UnansweredQuestion
from conversation.unanswered import unanswered
from crm.segments.tables import Standing
from crm.tables import CallBack, ContactChange, Customer, Invoice, Lead, Offer, Ticket
from db.base import now
from db.engine import Database
from desk.tables import Agent
from tests.crm.shop import BUDI_ORDER, SARI_ORDER, fill
from tests.desk.conftest import Shop


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough here; the domain functions are tested on both."""
    return sqlite_database


async def talk_of(shop: Shop, owner: Agent, *, verified: bool = True, **brief: Any) -> str:
    """Fill the shop, and give a conversation of its customer Sari that `owner` has."""
    await fill(shop.database)
    talk = await shop.conversation("masih bisa retur?", state="csr", owner=owner, **brief)
    async with shop.database.write() as session:
        row = await session.get_one(Conversation, talk)
        row.customer_id, row.verified = "C0001", verified
        session.add(Standing(customer_id="C0001", at=now(), activity="active", value_class="high"))
        session.add(
            Invoice(
                number="INV-1",
                customer_id="C0001",
                issued_at=now() - timedelta(days=20),
                due_at=now() + timedelta(days=5),
                amount_idr=350_000,
                status="due",
            )
        )
    return talk


async def page_of(browser: httpx.AsyncClient, talk: str) -> str:
    answer = await browser.get(f"/console/conversations/{talk}")
    assert answer.status_code == 200
    return answer.text


async def act(browser: httpx.AsyncClient, talk: str, what: str, **body: Any) -> httpx.Response:
    return await browser.post(
        f"/api/console/conversations/{talk}/{what}", json={"client_id": "a1", **body}
    )


async def test_the_page_of_the_shop_that_a_visitor_looks_at_is_shown_as_text(
    shop: Shop, sari: Agent
) -> None:
    talk = await talk_of(shop, sari)
    async with shop.database.write() as session:
        row = await session.get_one(Conversation, talk)
        row.page = {"kind": "cart", "title": "<b>Keranjang Sari</b>", "total_idr": 350_000}

    page = await page_of(await shop.browser(sari), talk)

    assert "<dd>Cart · &lt;b&gt;Keranjang Sari&lt;/b&gt; · Rp350.000</dd>" in page


async def test_all_that_helps_stands_on_one_page(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(
        shop,
        sari,
        wants="retur kalung",
        mood="worried",
        tried=["dijawab dengan artikel: Batas retur"],
        entities={"order_number": SARI_ORDER},
    )

    page = await page_of(await shop.browser(sari), talk)

    for shown in (
        "Verified",
        "High value",
        "Worried",
        "retur kalung",
        "dijawab dengan artikel: Batas retur",
        SARI_ORDER,
        "JNE123",
        "INV-1",
        "Rp350.000",
        "Latest surveys",
        "Script",
        "Offer nothing: the mood is bad",
    ):
        assert shown in page, shown
    assert f"/console/conversations/{talk}/suggestions" in page


async def test_what_is_personal_is_said_only_to_who_is_proven(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari, verified=False)

    led = (await shop.desk.cases.pops.of(talk, "Sari", "en")).led

    said = " ".join(step.id for step in led.steps)
    assert "INV-1" not in said
    assert SARI_ORDER not in said
    assert "[nama]" in said


async def test_steps_are_ticked_kept_and_what_was_skipped_is_seen_later(
    shop: Shop, sari: Agent, rina: Agent
) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)

    done = await browser.post(
        f"/api/console/conversations/{talk}/script", json={"step": "opening", "done": True}
    )
    unknown = await browser.post(
        f"/api/console/conversations/{talk}/script", json={"step": "dance", "done": True}
    )
    stranger = await (await shop.browser(rina)).post(
        f"/api/console/conversations/{talk}/script", json={"step": "opening"}
    )
    await browser.post(f"/api/console/conversations/{talk}/close")
    page = await page_of(await shop.browser(rina), talk)

    assert [done.status_code, unknown.status_code, stranger.status_code] == [200, 404, 409]
    past = page.partition("Earlier contacts")[2]
    total = len((await shop.desk.cases.pops.of(talk, "Sari")).past[0].steps)
    assert f"1 of {total}" in past
    assert past.partition('class="skipped"')[2].count("<li>") >= total - 1


async def test_taking_a_conversation_keeps_the_script_it_began_with(
    shop: Shop, sari: Agent
) -> None:
    await fill(shop.database)
    talk = await shop.conversation("uang saya kembalikan")

    await (await shop.browser(sari)).post(f"/api/console/conversations/{talk}/take")
    async with shop.database.write() as session:
        row = await session.get_one(Conversation, talk)
        row.customer_id, row.verified = "C0001", True
        session.add(Standing(customer_id="C0001", at=now(), activity="active", value_class="high"))

    led = (await shop.desk.cases.pops.of(talk, "Sari")).led
    assert (led.script, led.done, len(led.skipped)) == ("any", 0, len(led.steps))


async def test_an_order_is_found_with_the_bots_rules(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)

    async def found(**body: str) -> str:
        answer = await browser.post(
            f"/console/conversations/{talk}/order", json={"client_id": body["number"], **body}
        )
        return answer.text

    assert "JNE123" in await found(number=SARI_ORDER)
    other = await found(number=BUDI_ORDER)
    assert "no order with that number" in other
    assert "SHOES" not in other
    assert BUDI_ORDER in await found(number=BUDI_ORDER, proof="2222")
    for guess in range(3):
        await found(number=BUDI_ORDER, proof=f"000{guess}")
    assert "Too many wrong proofs" in await found(number=BUDI_ORDER, proof="0009")


async def test_a_ticket_is_opened_kept_and_told_once(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)
    body = {"category": "damaged", "description": "Kalung putus", "order": SARI_ORDER}

    answers = [await act(browser, talk, "tickets", **body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    async with shop.database.read() as session:
        row = (await session.scalars(select(Ticket))).one()
    assert (row.agent_id, row.contact, row.customer_id) == (sari.id, "+6281200001111", "C0001")
    assert row.first_response_at is not None
    said = [one.text for one in await shop.messages(talk) if row.number in one.text]
    assert len(said) == 1


async def test_money_back_is_asked_only_for_an_order_that_is_proved(
    shop: Shop, sari: Agent
) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)
    wish = {"kind": "refund", "description": "tidak sesuai"}

    his = await act(browser, talk, "returns", number=BUDI_ORDER, **wish)
    hers = await act(browser, talk, "returns", number=SARI_ORDER, **wish)

    assert (his.status_code, hers.status_code) == (404, 201)
    async with shop.database.read() as session:
        rows = (await session.scalars(select(Ticket))).all()
    assert [(row.category, row.order_number) for row in rows] == [("refund", SARI_ORDER)]


async def test_a_call_is_booked_only_when_somebody_can_phone(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)
    opens = shop.desk.cases.tickets._hours.next_opening(now() + timedelta(days=1))  # type: ignore[attr-defined]

    night = await act(browser, talk, "calls", at=opens.strftime("%Y-%m-%dT03:00"))
    past = await act(browser, talk, "calls", at="2020-01-01T10:00")
    day = await act(browser, talk, "calls", at=opens.strftime("%Y-%m-%dT%H:%M"))

    assert [one.status_code for one in (night, past, day)] == [409, 409, 201]
    assert "Nobody calls then. The nearest is" in night.json()["detail"]
    async with shop.database.read() as session:
        booked = (await session.scalars(select(CallBack))).one()
    assert (booked.phone, booked.at) == ("+6281200001111", opens.replace(second=0, microsecond=0))
    assert "+62••" in (await shop.messages(talk))[-1].text


async def test_contact_data_is_changed_only_for_who_is_verified(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari, verified=False)
    browser = await shop.browser(sari)

    refused = await act(browser, talk, "contact", field="phone", value="081299998888")
    async with shop.database.write() as session:
        (await session.get_one(Conversation, talk)).verified = True
    wrong = await act(browser, talk, "contact", field="email", value="not an address")
    done = await act(browser, talk, "contact", field="phone", value="081299998888")

    assert [one.status_code for one in (refused, wrong, done)] == [409, 422, 200]
    assert done.json()["new"] == "+62•••••••8888"
    async with shop.database.read() as session:
        changes = (await session.scalars(select(ContactChange))).all()
    assert [(one.old, one.new) for one in changes] == [("+6281200001111", "+6281299998888")]


async def test_an_offer_is_made_and_its_answer_kept(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)

    made = await act(browser, talk, "offers", asked=True)
    again = await act(browser, talk, "offers", asked=True)
    offer_id = made.json()["offer_id"]
    page = await page_of(browser, talk)
    yes = await act(browser, talk, f"offers/{offer_id}", outcome="accepted")
    foreign = await act(browser, talk, "offers/999", outcome="accepted")

    assert (made.status_code, again.json()["offer_id"]) == (201, offer_id)
    assert [yes.status_code, foreign.status_code] == [200, 404]
    said = [one for one in await shop.messages(talk) if one.kind == "offer"]
    assert [one.data["offer_id"] for one in said] == [offer_id]
    assert re.search(r'name="outcome" value="never"', page)
    async with shop.database.read() as session:
        assert (await session.get_one(Offer, offer_id)).outcome == "accepted"
        assert len((await session.scalars(select(Lead))).all()) == 1


async def test_a_complaint_is_never_sold_to(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari, mood="angry")

    refused = await act(await shop.browser(sari), talk, "offers", asked=True)

    assert (refused.status_code, refused.json()["detail"]) == (409, "Nothing may be offered now.")


async def test_nothing_is_done_for_a_customer_whom_somebody_else_helps(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    talk = await talk_of(shop, sari)
    bodies: dict[str, dict[str, Any]] = {
        "tickets": {"category": "other", "description": "x"},
        "returns": {"kind": "refund", "number": SARI_ORDER, "description": "x"},
        "calls": {"at": "2027-01-04T10:00"},
        "contact": {"field": "city", "value": "Solo"},
        "offers": {},
        "offers/1": {"outcome": "declined"},
        "gaps": {"seq": 1},
        "script": {"step": "opening"},
    }

    for agent in (budi, rina):
        browser = await shop.browser(agent)
        answers = [await act(browser, talk, what, **body) for what, body in bodies.items()]
        found = await browser.post(
            f"/console/conversations/{talk}/order", json={"client_id": "x", "number": SARI_ORDER}
        )
        assert {answer.status_code for answer in answers} == {409}
        assert found.status_code == 409
    assert len(await shop.messages(talk)) == 1


async def test_an_answer_is_put_among_what_the_articles_lack_once(shop: Shop, sari: Agent) -> None:
    talk = await talk_of(shop, sari)
    browser = await shop.browser(sari)
    await browser.post(
        f"/api/console/conversations/{talk}/messages",
        json={"text": "Bisa, 7 hari. Hubungi 0812-0000-1111", "client_id": "m"},
    )

    kept = [await act(browser, talk, "gaps", seq=2) for _ in range(2)]
    nothing = await act(browser, talk, "gaps", seq=1)

    assert [one.status_code for one in (*kept, nothing)] == [201, 201, 404]
    async with shop.database.read() as session:
        assert len((await session.scalars(select(UnansweredQuestion))).all()) == 1
    [question] = await unanswered(shop.database, None, 10)
    assert question.text == "masih bisa retur?"
    assert len(question.csr_said) == 1
    assert "0812" not in question.csr_said[0]


async def test_tags_in_names_and_messages_are_escaped_beside_the_talk(
    shop: Shop, sari: Agent
) -> None:
    talk = await talk_of(shop, sari, wants="<script>alert(1)</script>")
    async with shop.database.write() as session:
        (await session.get_one(Customer, "C0001")).name = "<b>Sari</b>"
        message = (await session.scalars(select(Message))).one()
        message.text = '"><img src=x onerror=alert(1)>'

    page = await page_of(await shop.browser(sari), talk)

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>Sari" not in page
