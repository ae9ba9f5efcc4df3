from datetime import timedelta
from typing import Any

import pytest

from crm.tables import Customer, Offer, Product
from db.base import now
from desk.audit import AuditFilter
from tests.desk.conftest import Shop


async def filled(shop: Shop) -> None:
    async with shop.database.write() as session:
        session.add(
            Product(
                sku="BELT", name_id="Sabuk <b>", name_en="Belt <b>", category="belts", price_idr=1
            )
        )
        session.add_all(Customer(id=f"K{n}", name="") for n in range(4))
        await session.flush()
        session.add_all(
            Offer(
                turn_id=f"t{n}", customer_id=f"K{n}", sku="BELT", price_idr=1, reason="complement",
                channel="website", segments={"value_class": "high"}, shown_at=at,
                outcome="withheld" if n == 3 else "shown", bought_at=at if n == 1 else None,
            )
            for n, at in ((n, now() - timedelta(days=20)) for n in range(4))
        )  # fmt: skip


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_supervisors_see_funnel_and_uplift(shop: Shop, lang: Any) -> None:
    await filled(shop)
    browser = await shop.browser(await shop.agent("rina", "supervisor", lang=lang))

    page = await browser.get("/console/offers")
    figures = (await browser.get("/api/console/offers?days=30")).json()

    assert page.status_code == 200
    assert "&lt;b&gt;" in page.text
    assert "<b>" not in page.text
    assert {"id": "+33,3", "en": "+33.3"}[lang] in page.text
    assert {"id": "nilai tinggi", "en": "high value"}[lang] in page.text
    assert figures["funnel"]["all"] == {
        "shown": 3, "opened": 0, "accepted": 0, "declined": 0, "never": 0, "bought": 1,
    }  # fmt: skip
    assert figures["uplift"]["withheld"] == 1
    assert figures["by"]["channel"]["website"]["offered_bought"] == 1
    assert (await browser.get("/api/console/offers?days=5")).json()["funnel"]["all"]["shown"] == 0
    assert (await browser.get("/api/console/offers?days=0")).status_code == 422


async def test_the_stop_button_works_once_and_stands_in_the_audit_log(shop: Shop) -> None:
    rina = await shop.agent("rina", "supervisor")
    browser = await shop.browser(rina)
    stop = {"stopped": True, "reason": "salah harga\x00"}

    first = await browser.post("/api/console/offers/stop", json=stop)
    again = await browser.post("/api/console/offers/stop", json=stop)
    page = await browser.get("/console/offers")

    assert first.status_code == 204
    assert again.status_code == 409
    assert "All offers are stopped" in page.text
    assert "salah harga" in page.text
    entries = [
        (row.agent_name, row.action, row.outcome)
        for row in await shop.desk.audit.entries(AuditFilter())
        if row.action.startswith("offers")
    ]
    assert entries == [
        ("Rina", "offers.stop", "refused"),
        ("Rina", "offers.stop", "done"),
        ("Rina", "offers.stop", "done"),
    ]
    assert (
        await browser.post("/api/console/offers/stop", json={"stopped": False})
    ).status_code == 204
    assert "Offers are made" in (await browser.get("/console/offers")).text


async def test_a_csr_neither_sees_nor_stops_offers(shop: Shop) -> None:
    browser = await shop.browser(await shop.agent("budi"))

    assert (await browser.get("/console/offers")).status_code == 403
    assert (await browser.get("/api/console/offers")).status_code == 403
    stop = await browser.post("/api/console/offers/stop", json={"stopped": True})
    assert stop.status_code == 403
    assert "/console/offers" not in (await browser.get("/console/account")).text
    assert (await shop.desk.offers.switch.history()) == []
