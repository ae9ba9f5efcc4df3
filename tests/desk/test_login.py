import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from db.base import now
from desk.access import COOKIE
from desk.agents import Agents, LoginTaken, WeakPassword, WrongLogin
from desk.tables import Agent, AgentSession
from tests.desk.conftest import BASE, PASSWORD, Shop

LOGIN = "/api/console/login"
ME = "/api/console/me"


async def test_a_right_password_opens_the_console(shop: Shop, sari: Agent) -> None:
    browser = shop.client()

    answer = await browser.post(LOGIN, json={"login": " Sari ", "password": PASSWORD})

    assert (answer.status_code, answer.json()) == (
        200,
        {"name": "Sari", "role": "csr", "lang": "en"},
    )
    assert (await browser.get(ME)).json()["id"] == sari.id


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    shop: Shop, sari: Agent
) -> None:
    plain = await shop.client().post(LOGIN, json={"login": "sari", "password": PASSWORD})
    secure = await shop.client().post(
        BASE.replace("http:", "https:") + LOGIN, json={"login": "sari", "password": PASSWORD}
    )

    attributes = plain.headers["set-cookie"].split("; ")[1:]
    assert sorted(attributes) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=strict"]
    assert "Secure" in secure.headers["set-cookie"].split("; ")


async def test_only_a_digest_of_the_token_is_stored(shop: Shop, sari: Agent) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)

    async with shop.database.read() as session:
        stored = (await session.scalars(select(AgentSession.token_hash))).all()
    assert len(stored) == 1
    assert token not in stored[0]


async def test_a_wrong_password_and_an_unknown_login_get_the_same_words(
    shop: Shop, sari: Agent
) -> None:
    wrong = await shop.client().post(LOGIN, json={"login": "sari", "password": "x"})
    unknown = await shop.client().post(LOGIN, json={"login": "nobody", "password": "x"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["type"] == "urn:sapa:problem:login-wrong"
    assert COOKIE not in wrong.headers.get("set-cookie", "")


async def test_an_unknown_login_takes_the_time_of_a_wrong_password(shop: Shop, sari: Agent) -> None:
    with pytest.raises(WrongLogin):  # makes the decoy
        await shop.desk.agents.log_in("nobody", PASSWORD)
    took = []
    for login in ("sari", "nobody"):
        begun = time.process_time()
        with pytest.raises(WrongLogin):
            await shop.desk.agents.log_in(login, "wrong-password-1")
        took.append(time.process_time() - begun)

    assert took[1] > took[0] / 3


async def test_guessing_is_slowed_down_before_the_password_is_looked_at(
    shop: Shop, sari: Agent
) -> None:
    browser = shop.client()
    for number in range(3):
        await browser.post(LOGIN, json={"login": f"x{number}", "password": ""})

    answer = await browser.post(LOGIN, json={"login": "sari", "password": PASSWORD})

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_an_expired_session_is_none(shop: Shop, sari: Agent) -> None:
    assert (await (await shop.browser(sari, hours=-0.001)).get(ME)).status_code == 401


async def test_logging_out_ends_the_session_on_the_server(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)
    kept = browser.cookies[COOKIE]

    answer = await browser.post("/api/console/logout")

    browser.cookies.set(COOKIE, kept)
    assert answer.status_code == 204
    assert (await browser.get(ME)).status_code == 401


async def test_an_agent_who_leaves_is_out_at_once(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)

    await shop.desk.agents.deactivate("sari")

    assert (await browser.get(ME)).status_code == 401
    with pytest.raises(WrongLogin):
        await shop.desk.agents.log_in("sari", PASSWORD)


async def test_a_forged_token_opens_nothing(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)
    for token in ("", "x", "' OR 1=1 --", "é"):
        browser.cookies.clear()
        answer = await browser.get(ME, headers={"Cookie": f"{COOKIE}={token}".encode()})
        assert answer.status_code == 401


async def test_a_new_login_sweeps_out_expired_sessions(shop: Shop, sari: Agent) -> None:
    await shop.browser(sari)
    async with shop.database.write() as session:
        await session.execute(update(AgentSession).values(expires_at=now() - timedelta(hours=1)))

    await shop.desk.agents.log_in("sari", PASSWORD)

    async with shop.database.read() as session:
        assert len((await session.scalars(select(AgentSession))).all()) == 1


@pytest.mark.parametrize(
    "password", ["short-pass1", "a" * 12, "abababababab", "sari-is-my-name", "ab1" * 100]
)
async def test_a_weak_password_is_refused(shop: Shop, password: str) -> None:
    with pytest.raises(WeakPassword):
        await Agents(shop.database).create("sari", "Sari", password)


async def test_a_login_is_given_once(shop: Shop, sari: Agent) -> None:
    with pytest.raises(LoginTaken):
        await shop.desk.agents.create("SARI", "Sari", "teh-botol-dingin")


async def test_a_changed_password_ends_all_sessions(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)

    await shop.desk.agents.set_password("sari", "teh-botol-dingin")

    assert (await browser.get(ME)).status_code == 401
    assert (await shop.desk.agents.log_in("sari", "teh-botol-dingin"))[1].id == sari.id
