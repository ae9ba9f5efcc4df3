"""The account page: for its owner only, without a script, and what is said there holds."""

import json
import re
import zipfile
from io import BytesIO

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from crm.consent import Consents
from crm.tables import Customer
from db.engine import Database
from privacy.requests import ErasureRequests
from tests.crm.shop import BUDI_ORDER, SARI_ORDER
from tests.selfservice.test_lookups import browser_at

WRONG = "Nomor dan bukti itu tidak cocok."


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def browser(lookups: FastAPI) -> httpx.AsyncClient:
    return browser_at(lookups, "203.0.113.5")


async def opened(
    browser: httpx.AsyncClient, proof: str = "sari@example.com", number: str = SARI_ORDER
) -> httpx.Response:
    return await browser.post("/help/id/account", data={"number": number, "proof": proof})


def key_in(page: httpx.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def sari(database: Database) -> Customer:
    async with database.read() as session:
        wanted = select(Customer).where(Customer.email == "sari@example.com")
        return (await session.scalars(wanted)).one()


async def test_who_proves_an_order_sees_the_account_with_its_contacts_masked(
    browser: httpx.AsyncClient,
) -> None:
    page = await opened(browser)

    assert page.status_code == 200
    assert SARI_ORDER in page.text
    assert BUDI_ORDER not in page.text
    assert "sari@example.com" not in page.text
    assert "081200001111" not in page.text
    assert "•" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize(
    ("number", "proof", "status"),
    [
        (SARI_ORDER, "1111", 404),  # four digits are not enough for all of somebody's data
        (SARI_ORDER, "budi@example.com", 404),
        ("TL-000000-0000", "sari@example.com", 404),
        (SARI_ORDER, "", 422),
    ],
)
async def test_nobody_else_sees_it(
    browser: httpx.AsyncClient, number: str, proof: str, status: int
) -> None:
    page = await opened(browser, proof, number)

    assert page.status_code == status
    assert 'name="key"' not in page.text


async def test_guessing_locks(browser: httpx.AsyncClient) -> None:
    for n in range(3):
        assert WRONG in (await opened(browser, f"nobody{n}@example.com")).text

    assert (await opened(browser)).status_code == 429


async def test_a_consent_is_given_and_withdrawn_and_the_log_says_where(
    browser: httpx.AsyncClient, database: Database
) -> None:
    key = key_in(await opened(browser))
    customer = await sari(database)
    before = (await Consents(database).of(customer.id))["campaigns"].granted

    for wish in ({"campaigns": "yes", "offers": "yes"}, {"offers": "yes"}):
        page = await browser.post("/help/id/account", data={"key": key, "do": "consent", **wish})
        assert "Pilihan Anda sudah disimpan." in page.text

    log = [
        (entry.purpose, entry.granted, entry.source)
        for entry in await Consents(database).history(customer.id)
        if entry.purpose == "campaigns"
    ]
    assert before is False
    assert log[-2:] == [("campaigns", True, "page"), ("campaigns", False, "page")]


async def test_a_copy_holds_what_is_known_of_the_owner_and_nobody_else(
    browser: httpx.AsyncClient,
) -> None:
    key = key_in(await opened(browser))

    answer = await browser.post("/help/en/account", data={"key": key, "do": "copy"})

    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        data = json.loads(archive.read("data.json"))
    written = json.dumps(data)
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.zip"'
    assert SARI_ORDER in written
    assert BUDI_ORDER not in written


async def test_data_is_deleted_only_by_who_is_sure(
    browser: httpx.AsyncClient, database: Database, erasures: ErasureRequests
) -> None:
    key = key_in(await opened(browser))

    unsure = await browser.post("/help/id/account", data={"key": key, "do": "erase"})
    assert "Centang dulu" in unsure.text
    assert await erasures.next() is None

    page = await browser.post("/help/id/account", data={"key": key, "do": "erase", "sure": "yes"})
    erased = await erasures.next()

    assert "Data Anda dihapus" in page.text
    assert erased is not None
    assert erased.rows["customers"] == 1
    assert (
        await browser.post("/help/id/account", data={"key": key, "do": "copy"})
    ).status_code == 403


@pytest.mark.parametrize("forged", ["x", "e30.e30.", "a" * 3000])
async def test_a_key_that_is_forged_or_of_another_browser_opens_nothing(
    browser: httpx.AsyncClient, lookups: FastAPI, forged: str
) -> None:
    key = key_in(await opened(browser))
    other = browser_at(lookups, "203.0.113.9")

    stolen = await other.post("/help/id/account", data={"key": key, "do": "copy"})
    made_up = await browser.post("/help/id/account", data={"key": forged, "do": "copy"})

    assert [stolen.status_code, made_up.status_code] == [403, 403]
    assert "Isi lagi" in made_up.text
