import re

import pytest

from desk.tables import Agent
from tests.desk.conftest import BASE, Shop

OPEN_DOORS = {
    "/console",
    "/api/console/login",
    "/console/invitations/{token}",
    "/api/console/invitations/{token}",
}


async def test_every_route_but_the_doors_needs_a_login(shop: Shop) -> None:
    conversation = await shop.conversation("halo")
    guarded = {
        (operation.upper(), path)
        for path, operations in shop.app.openapi()["paths"].items()
        for operation in operations
        if path not in OPEN_DOORS
    }

    assert len(guarded) > 30
    named = {"conversation_id": conversation}
    for method, path in guarded:
        answer = await shop.client().request(
            method, re.sub(r"{(\w+)}", lambda name: named.get(name[1], "1"), path), json={}
        )
        assert (path, answer.status_code) == (path, 401)


async def test_a_page_asked_for_without_login_shows_the_login(shop: Shop) -> None:
    answer = await shop.client().get("/console/conversations/x")

    assert answer.status_code == 401
    assert 'id="password"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_what_another_site_sends_is_refused(
    shop: Shop, sari: Agent, headers: dict[str, str]
) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)

    answer = await browser.post(f"/api/console/conversations/{conversation}/take", headers=headers)

    assert answer.status_code == 403
    assert await shop.state(conversation) == ("waiting", None)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": BASE}, {}], ids=str
)
async def test_what_the_console_itself_sends_is_done(
    shop: Shop, sari: Agent, headers: dict[str, str]
) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)

    answer = await browser.post(f"/api/console/conversations/{conversation}/take", headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("state", "owned_by", "csr", "supervisor"),
    [
        ("waiting", None, 200, 200),
        ("csr", "self", 200, 200),
        ("csr", "other", 403, 200),
        ("bot", None, 403, 200),
        ("closed", None, 403, 200),
    ],
)
async def test_who_may_read_what_was_said(
    shop: Shop,
    sari: Agent,
    budi: Agent,
    rina: Agent,
    state: str,
    owned_by: str | None,
    csr: int,
    supervisor: int,
) -> None:
    owner = {"self": sari, "other": budi, None: None}[owned_by]
    conversation = await shop.conversation("rahasia", state=state, owner=owner)
    url = f"/api/console/conversations/{conversation}/messages"

    assert (await (await shop.browser(sari)).get(url)).status_code == csr
    assert (await (await shop.browser(rina)).get(url)).status_code == supervisor


async def test_a_csr_sees_that_the_bot_is_talking_but_not_what_is_said(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("kata rahasia", state="bot")
    browser = await shop.browser(sari)

    page = await browser.get(f"/console/conversations/{conversation}")
    lists = (await browser.get("/api/console/queue")).json()

    assert page.status_code == 200
    assert 'id="take"' in page.text
    assert "kata rahasia" not in page.text + (await browser.get("/console")).text
    assert [(row["id"], row["last_text"]) for row in lists["with_bot"]] == [(conversation, "")]


async def test_a_csr_does_not_see_what_colleagues_are_doing(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=budi)

    for agent, seen in ((sari, []), (rina, [conversation])):
        lists = (await (await shop.browser(agent)).get("/api/console/queue")).json()
        assert [row["id"] for row in lists["others"]] == seen


async def test_an_unknown_conversation_is_not_found(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)

    for path in ("/console/conversations/x", "/api/console/conversations/x/messages"):
        assert (await browser.get(path)).status_code == 404
    for act in ("take", "release", "close"):
        assert (await browser.post(f"/api/console/conversations/x/{act}")).status_code == 404


async def test_a_number_no_database_has_is_a_bad_request(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)
    path = f"/api/console/conversations/{conversation}/messages"

    answers = [await browser.get(path, params={"after": 10**power}) for power in (9, 18, 30)]

    assert [answer.status_code for answer in answers] == [200, 422, 422]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(shop: Shop) -> None:
    login = {"login": "x" * 100_000, "password": "x"}

    assert (await shop.client().post("/api/console/login", json=login)).status_code == 413
