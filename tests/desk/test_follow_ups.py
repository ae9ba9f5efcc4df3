from datetime import timedelta

import httpx
import pytest

from crm.hours import ServiceHours
from crm.leads import Leads
from crm.tables import CallBack, Customer, Lead, Offer
from db.engine import Database
from desk.tables import Agent
from tests.crm.shop import NOON, Clock, add, at_noon, product
from tests.desk.conftest import Shop


async def fill_follow_ups(database: Database) -> None:
    await add(
        database,
        Customer(id="C1", name="<b>Sari</b>", phone="+6281200001111"),
        product("SHOES", "shoes"),
    )
    await add(
        database,
        Offer(
            id=1, turn_id="t1", customer_id="C1", sku="SHOES", price_idr=400_000,
            reason="complement", outcome="accepted",
            reason_data={"product": {"id": "kalung", "en": "necklace"}},
        ),
        CallBack(
            id="soon", turn_id="t2", customer_id="C1", phone="+6281200001111",
            at=NOON + timedelta(minutes=8), about="ukuran cincin",
        ),
        CallBack(id="later", turn_id="t3", phone="+62813", at=NOON + timedelta(hours=3)),
    )  # fmt: skip
    await add(database, Lead(id="lead", offer_id=1, created_at=NOON - timedelta(days=1)))


async def test_a_promised_call_is_brought_to_mind_once_when_it_is_due(database: Database) -> None:
    await fill_follow_ups(database)
    clock = Clock()
    leads = Leads(database, ServiceHours.load(), clock)

    told = [await leads.remind() for _ in range(2)]
    clock.at += timedelta(hours=12)  # midnight
    at_night = await leads.remind()
    clock.at += timedelta(hours=11)
    in_the_morning = await leads.remind()

    assert told == [["soon"], []]
    assert (at_night, in_the_morning) == ([], ["later"])


async def test_what_is_due_first_is_on_top_with_its_reason(database: Database) -> None:
    await fill_follow_ups(database)

    tasks = await Leads(database, ServiceHours.load(), at_noon).open()

    assert [(task.kind, task.id, task.is_due) for task in tasks] == [
        ("lead", "lead", True),
        ("call_back", "soon", True),
        ("call_back", "later", False),
    ]
    assert tasks[0].reason == "complement"


async def test_a_csr_sees_why_and_closes_it_once(shop: Shop, sari: Agent) -> None:
    await fill_follow_ups(shop.database)
    browser = await shop.browser(sari)

    page = (await browser.get("/console/leads")).text
    listed = (await browser.get("/api/console/leads")).json()["tasks"]
    due = (await browser.get("/console/leads/due")).text
    closed = [
        (await browser.post("/api/console/leads/lead/lead/done")).status_code for _ in range(2)
    ]

    assert "&lt;b&gt;Sari" in page
    assert "<b>Sari" not in page
    assert "necklace" in next(one["why"] for one in listed if one["kind"] == "lead")
    assert "ukuran cincin" in page
    assert "3 due" in due
    assert closed == [204, 404]
    assert len((await browser.get("/api/console/leads")).json()["tasks"]) == 2


async def test_campaigns_are_for_supervisors(shop: Shop, sari: Agent, rina: Agent) -> None:
    csr, supervisor = await shop.browser(sari), await shop.browser(rina)
    draft = {
        "text": "id: promo\nname: Promo <i>\nchannels: [telegram]\ntext: {id: Halo, en: Hello}\n"
    }

    refused = [
        (await csr.get("/console/campaigns")).status_code,
        (await csr.post("/api/console/campaigns", json=draft)).status_code,
        (await csr.post("/api/console/campaigns/promo/start", json={"count": 0})).status_code,
        (await csr.post("/api/console/campaigns/promo/stop")).status_code,
    ]
    kept = await supervisor.post("/api/console/campaigns", json=draft)
    page = (await supervisor.get("/console/campaigns/promo")).text
    wrong = await supervisor.post("/api/console/campaigns", json={"text": "id: Promo!\n"})
    started = await supervisor.post("/api/console/campaigns/promo/start", json={"count": 0})
    again = await supervisor.post("/api/console/campaigns/promo/start", json={"count": 0})
    listed = (await supervisor.get("/console/campaigns")).text

    assert refused == [403, 403, 403, 403]
    assert kept.headers["HX-Redirect"] == "/console/campaigns/promo"
    assert "0 of 0 people would get it" in page
    assert "Promo &lt;i&gt;" in page
    assert (wrong.status_code, "1: id small letters" in wrong.text) == (422, True)
    assert (started.status_code, again.status_code) == (204, 409)
    assert "Promo &lt;i&gt;" in listed


@pytest.mark.parametrize("path", ["/console/leads", "/console/campaigns"])
async def test_nobody_sees_these_pages_without_logging_in(shop: Shop, path: str) -> None:
    transport = httpx.ASGITransport(shop.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sapa.test") as stranger:
        assert (await stranger.get(path)).status_code == 401
