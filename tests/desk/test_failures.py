import asyncio

from sqlalchemy import select

from conversation.tables import InboxEvent, OutboxItem
from db.base import now
from desk.tables import Agent
from tests.desk.conftest import Shop


async def _fail(shop: Shop) -> tuple[str, str]:
    """Leave a parked event and a dead message; give their ids."""
    conversation = await shop.conversation("halo")
    (said,) = await shop.messages(conversation)
    async with shop.database.write() as session:
        event = InboxEvent(
            channel="whatsapp", source_id="w1", status="parked", error="<b>odd</b>", tries=5,
            raw={"x": "rahasia"}, received_at=now(),
        )  # fmt: skip
        item = OutboxItem(
            message_id=said.id, conversation_id=conversation, channel="whatsapp", address="628",
            seq=1, status="dead", tries=8, error="Meta 131026: Undeliverable",
        )  # fmt: skip
        session.add_all([event, item])
        await session.flush()
        return event.id, item.id


async def _states(shop: Shop) -> tuple[str, str]:
    async with shop.database.read() as session:
        event = (
            await session.scalars(select(InboxEvent).where(InboxEvent.source_id == "w1"))
        ).one()
        item = (await session.scalars(select(OutboxItem))).one()
        return event.status, item.status


async def test_a_supervisor_sees_what_failed_and_not_what_customers_wrote(
    shop: Shop, rina: Agent
) -> None:
    event, item = await _fail(shop)
    browser = await shop.browser(rina)

    page = await browser.get("/console/failures")
    listed = (await browser.get("/api/console/failures")).json()

    assert (page.status_code, "rahasia" in page.text, "<b>odd" in page.text) == (200, False, False)
    assert [page.text.count(f"/failures/{one}/retry") for one in (event, item)] == [1, 1]
    assert [(one["id"], one["reason"]) for one in listed["events"]] == [(event, "<b>odd</b>")]
    assert [(one["id"], one["reason"]) for one in listed["messages"]] == [
        (item, "Meta 131026: Undeliverable")
    ]
    assert "/console/failures" in (await browser.get("/console")).text


async def test_what_failed_is_tried_again_or_put_away_once(shop: Shop, rina: Agent) -> None:
    event, item = await _fail(shop)
    browser = await shop.browser(rina)
    act = "/api/console/failures/{}/{}"

    at_once = [browser.post(act.format(item, "retry")) for _ in range(2)]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*at_once))
    codes.append((await browser.post(act.format(event, "drop"))).status_code)

    assert codes == [204, 404, 204]
    assert await _states(shop) == ("done", "pending")
    assert (await browser.get("/api/console/failures")).json() == {"events": [], "messages": []}


async def test_failures_are_for_supervisors(shop: Shop, sari: Agent) -> None:
    event, _ = await _fail(shop)
    browser = await shop.browser(sari)

    codes = [
        (await browser.get("/console/failures")).status_code,
        (await browser.get("/api/console/failures")).status_code,
        (await browser.post(f"/api/console/failures/{event}/drop")).status_code,
    ]

    assert codes == [403, 403, 403]
    assert await _states(shop) == ("parked", "dead")
    assert "/console/failures" not in (await browser.get("/console")).text
