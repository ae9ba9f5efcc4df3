from sqlalchemy import update

from conversation.tables import Conversation
from crm.tables import Customer
from desk.tables import Agent
from tests.desk.conftest import Shop

WORDS = "Other conversations with this customer"


async def _of(shop: Shop, conversation: str, customer: str | None, *, verified: bool) -> None:
    async with shop.database.write() as session:
        if customer and await session.get(Customer, customer) is None:
            session.add(Customer(id=customer, name=customer, phone="+628110000000"))
            await session.flush()
        await session.execute(
            update(Conversation)
            .where(Conversation.id == conversation)
            .values(customer_id=customer, verified=verified, channel="whatsapp")
        )


async def _page(shop: Shop, agent: Agent, conversation: str) -> str:
    browser = await shop.browser(agent)
    return (await browser.get(f"/console/conversations/{conversation}")).text


async def test_a_csr_sees_where_else_the_same_proven_customer_writes_but_not_what(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    here = await shop.conversation("halo", state="csr", owner=sari)
    there = await shop.conversation("rahasia di sana", state="csr", owner=budi)
    for one in (here, there):
        await _of(shop, one, "C0001", verified=True)

    page = await _page(shop, sari, here)

    assert (WORDS in page, f"/console/conversations/{there}" in page) == (True, True)
    assert ("rahasia" in page, "Budi" in page) == (False, True)
    assert "rahasia" not in await _page(shop, sari, there)


async def test_without_proof_on_both_sides_nothing_is_shown(shop: Shop, sari: Agent) -> None:
    here = await shop.conversation("halo", state="csr", owner=sari)
    claimed = await shop.conversation("saya juga dia", state="waiting")
    other = await shop.conversation("orang lain", state="waiting")
    await _of(shop, claimed, "C0001", verified=False)
    await _of(shop, other, "C0002", verified=True)

    shown = []
    for verified in (True, False):
        await _of(shop, here, "C0001", verified=verified)
        shown.append(WORDS in await _page(shop, sari, here))

    assert shown == [False, False]
