"""Orders and tickets on a page: shown to who proves, to nobody else, under the chat's limits."""

import httpx
import pytest
from fastapi import FastAPI

from crm.tickets import Ticket, Tickets
from tests.crm.shop import SARI_ORDER

WRONG = "Nomor dan bukti itu tidak cocok."


def browser_at(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


@pytest.fixture
def browser(lookups: FastAPI) -> httpx.AsyncClient:
    return browser_at(lookups, "203.0.113.5")


@pytest.fixture
async def ticket(tickets: Tickets) -> Ticket:
    return await tickets.open(
        turn_id="turn", conversation_id="hers", customer_id=None, category="damaged",
        description="talinya putus", contact="+6281200001111", order_number=None, lang="id",
    )  # fmt: skip


async def look(browser: httpx.AsyncClient, number: str, proof: str, at: str = "id/order") -> str:
    return (await browser.post(f"/help/{at}", data={"number": number, "proof": proof})).text


@pytest.mark.parametrize("proof", ["1111", "081200001111", "SARI@example.com"])
async def test_an_order_is_shown_to_who_proves_it(browser: httpx.AsyncClient, proof: str) -> None:
    page = await browser.post("/help/en/order", data={"number": SARI_ORDER, "proof": proof})

    assert page.status_code == 200
    assert "<strong>on its way</strong>" in page.text
    assert "1× necklace (en), 1× serum (en)" in page.text
    assert "travelling between cities in Jakarta" in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("number", "proof"), [(SARI_ORDER, "0000"), ("TL-000000-0000", "1111"), ("<b>", "'; --")]
)
async def test_a_wrong_number_and_a_wrong_proof_sound_the_same(
    browser: httpx.AsyncClient, number: str, proof: str
) -> None:
    page = await browser.post("/help/id/order", data={"number": number, "proof": proof})

    assert page.status_code == 404
    assert WRONG in page.text
    assert "<b>" not in page.text
    assert "necklace" not in page.text


async def test_after_three_wrong_proofs_also_the_right_one_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    for proof in ("0000", "0001", "0002"):
        assert WRONG in await look(browser, SARI_ORDER, proof)

    locked = await browser.post("/help/id/order", data={"number": SARI_ORDER, "proof": "1111"})

    assert locked.status_code == 429
    assert "Terlalu banyak percobaan" in locked.text


async def test_forgetting_the_cookie_does_not_make_guessing_endless(lookups: FastAPI) -> None:
    numbers = [f"TL-261115-{n:04}" for n in range(1000, 1030)]
    for number in numbers:
        assert WRONG in await look(browser_at(lookups, "203.0.113.5"), number, "1111")

    same_network = await look(browser_at(lookups, "203.0.113.5"), SARI_ORDER, "1111")
    another = await look(browser_at(lookups, "198.51.100.7"), SARI_ORDER, "1111")

    owner = await look(browser_at(lookups, "203.0.113.5"), SARI_ORDER, "sari@example.com")

    assert "4 angka terakhir sementara ini tidak cukup" in same_network
    assert f'value="{SARI_ORDER}"' in same_network
    assert f"<h1>{SARI_ORDER}</h1>" in another
    assert f"<h1>{SARI_ORDER}</h1>" in owner


async def test_a_ticket_is_shown_to_its_contact_only(
    browser: httpx.AsyncClient, ticket: Ticket
) -> None:

    assert WRONG in await look(browser, ticket.number, "0000", "id/ticket")
    assert "talinya putus" not in await look(browser, ticket.number, "1111", "id/ticket")
    assert f"<h1>{ticket.number}</h1>" in await look(browser, ticket.number, "1111", "id/ticket")


async def test_a_cookie_that_names_a_conversation_proves_nothing(
    browser: httpx.AsyncClient, ticket: Ticket
) -> None:
    browser.cookies.set("sapa_help", "hers", domain="shop.test", path="/help")

    assert WRONG in await look(browser, ticket.number, "0000", "id/ticket")


@pytest.mark.parametrize("body", [b"", b"number=TL-1", b"\xff\x00", b"a=1&" * 40, b"proof=1111"])
async def test_a_form_with_something_missing_asks_for_it(
    browser: httpx.AsyncClient, body: bytes
) -> None:
    page = await browser.post("/help/en/order", content=body)

    assert page.status_code == 422
    assert "Please fill in both fields." in page.text
