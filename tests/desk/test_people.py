import re
from datetime import timedelta

import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from db.base import now
from desk.people.tables import Invitation
from desk.tables import Agent, AgentSession
from tests.desk.conftest import PASSWORD, Shop

LOGIN = "/api/console/login"
NEW = "nasi-uduk-hangat-7"


@pytest.fixture
async def boss(shop: Shop) -> httpx.AsyncClient:
    """An admin's browser."""
    return await shop.browser(await shop.agent("ratna", "admin"))


async def _invited(boss: httpx.AsyncClient, **wanted: str) -> str:
    form = {"login": "Dewi", "name": "Dewi", "role": "csr", "capacity": "2", **wanted}
    answer = await boss.post("/api/console/people", json=form)
    assert answer.status_code == 201
    link: str = answer.json()["link"]
    return link.rpartition("/")[2]


async def test_who_is_invited_chooses_a_password_and_logs_in(
    shop: Shop, boss: httpx.AsyncClient
) -> None:
    token = await _invited(boss)
    stranger = shop.client()

    page = await stranger.get(f"/console/invitations/{token}")
    used = await stranger.post(f"/api/console/invitations/{token}", json={"password": NEW})
    entered = await stranger.post(LOGIN, json={"login": "dewi", "password": NEW})
    again = await stranger.post(f"/api/console/invitations/{token}", json={"password": PASSWORD})

    assert (page.status_code, used.status_code, entered.status_code) == (200, 204, 200)
    assert (entered.json()["name"], entered.json()["role"]) == ("Dewi", "csr")
    assert again.status_code == 404
    async with shop.database.read() as session:
        stored = (await session.scalars(select(Invitation.token_hash))).all()
    assert token not in stored


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "dewi-dewi-dewi-1", "x" * 300])
async def test_a_weak_password_leaves_the_invitation_open(
    shop: Shop, boss: httpx.AsyncClient, password: str
) -> None:
    token = await _invited(boss)
    path = f"/api/console/invitations/{token}"

    refused = await shop.client().post(path, json={"password": password})

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:sapa:problem:password-weak")
    assert (await shop.client().post(path, json={"password": NEW})).status_code == 204


async def test_a_link_ends_with_its_time_with_a_newer_one_and_when_taken_back(
    shop: Shop, boss: httpx.AsyncClient
) -> None:
    first = await _invited(boss)
    second = await _invited(boss)
    late = await _invited(boss, login="eko")
    async with shop.database.write() as session:
        await session.execute(
            update(Invitation)
            .where(Invitation.login == "eko")
            .values(expires_at=now() - timedelta(seconds=1))
        )

    async def status(token: str) -> int:
        return (await shop.client().get(f"/console/invitations/{token}")).status_code

    assert [await status(token) for token in (first, second, late)] == [404, 200, 404]
    page = await boss.get("/console/people")
    (invitation,) = re.findall(r"/api/console/invited/(\w+)/end", page.text)
    await boss.post(f"/api/console/invited/{invitation}/end")
    assert await status(second) == 404


async def test_a_forgotten_password_is_renewed_by_link_and_ends_all_sessions(
    shop: Shop, boss: httpx.AsyncClient, sari: Agent
) -> None:
    browser = await shop.browser(sari)
    link = await boss.post(f"/api/console/people/{sari.id}/password-link")
    token = link.json()["link"].rpartition("/")[2]
    assert (await browser.get("/api/console/me")).status_code == 200

    await shop.client().post(f"/api/console/invitations/{token}", json={"password": NEW})

    assert (await browser.get("/api/console/me")).status_code == 401
    assert (await shop.desk.agents.log_in("sari", NEW))[1].id == sari.id


async def test_the_last_admin_cannot_be_removed_and_a_removed_one_is_out_at_once(
    shop: Shop, boss: httpx.AsyncClient, sari: Agent
) -> None:
    async def change(who: str, **fields: str) -> httpx.Response:
        form = {"name": "X", "role": "csr", "capacity": "3", **fields}
        return await boss.post(f"/api/console/people/{who}", json=form)

    mine = (await boss.get("/api/console/me")).json()["id"]
    alone = await change(mine, active="true")
    assert (alone.status_code, alone.json()["type"]) == (409, "urn:sapa:problem:last-admin")
    browser = await shop.browser(sari)

    assert (await change(sari.id, capacity="5", langs="id, en")).status_code == 204

    assert (await browser.get("/api/console/me")).status_code == 401
    async with shop.database.read() as session:
        row = await session.get_one(Agent, sari.id)
    assert (row.active, row.capacity, row.langs) == (False, 5, ["id", "en"])


async def test_one_ends_own_sessions_and_no_others(shop: Shop, sari: Agent, budi: Agent) -> None:
    here, there, other = [await shop.browser(one) for one in (sari, sari, budi)]
    page = (await here.get("/console/account")).text
    ends = re.findall(r"/api/console/account/sessions/(\w+)/end", page)
    foreign = re.findall(
        r"sessions/(\w+)/end", (await (await shop.browser(budi)).get("/console/account")).text
    )

    stolen = await here.post(f"/api/console/account/sessions/{foreign[0]}/end")
    ended = await here.post(f"/api/console/account/sessions/{ends[0]}/end")

    assert (len(ends), stolen.status_code, ended.status_code) == (1, 404, 204)
    assert (await there.get("/api/console/me")).status_code == 401
    assert [(await one.get("/api/console/me")).status_code for one in (here, other)] == [200, 200]


async def test_a_second_factor_is_asked_counts_once_and_can_be_recovered(
    shop: Shop, sari: Agent
) -> None:
    browser = await shop.browser(sari)
    page = (await browser.get("/console/account")).text
    (secret,) = set(re.findall(r'name="secret" value="(\w+)"', page))
    totp = pyotp.TOTP(secret)
    on = await browser.post(
        "/api/console/account/second-factor",
        json={"secret": secret, "code": totp.at(now() - timedelta(seconds=30))},
    )
    recovery = on.json()["recovery"]

    async def enter(code: str) -> tuple[int, str]:
        shop.desk.logins_by_address._hits.clear()
        shop.desk.agents.codes._hits.clear()
        form = {"login": "sari", "password": PASSWORD, "code": code}
        answer = await shop.client().post(LOGIN, json=form)
        return answer.status_code, answer.json().get("type", "").rpartition(":")[2]

    assert len(recovery) == 10
    assert await enter("") == (401, "code-needed")
    assert await enter("000000x") == (401, "code-wrong")
    right = totp.now()
    assert await enter(right) == (200, "")
    assert await enter(right) == (401, "code-wrong")
    assert await enter(recovery[0]) == (200, "")
    assert await enter(recovery[0]) == (401, "code-wrong")
    wrong = await browser.post("/api/console/account/second-factor/off", json={"password": "x"})
    off = await browser.post("/api/console/account/second-factor/off", json={"password": PASSWORD})
    assert (wrong.status_code, off.status_code) == (401, 204)
    assert await enter("") == (200, "")


async def test_codes_cannot_be_guessed_by_who_knows_the_password(shop: Shop, sari: Agent) -> None:
    async with shop.database.write() as session:
        row = await session.get_one(Agent, sari.id)
        row.totp_secret = pyotp.random_base32()
    agents = shop.desk.agents
    for _ in range(5):
        await agents.codes.hit(sari.id)

    answer = await shop.client().post(
        LOGIN, json={"login": "sari", "password": PASSWORD, "code": "123456"}
    )

    assert answer.status_code == 429


async def test_a_changed_password_ends_the_other_sessions_and_needs_the_old_one(
    shop: Shop, sari: Agent
) -> None:
    here, there = [await shop.browser(sari) for _ in range(2)]

    async def change(current: str, password: str) -> int:
        form = {"current": current, "password": password}
        return (await here.post("/api/console/account/password", json=form)).status_code

    assert await change("wrong", NEW) == 401
    assert await change(PASSWORD, "short") == 422
    assert await change(PASSWORD, NEW) == 204
    assert [(await one.get("/api/console/me")).status_code for one in (here, there)] == [200, 401]


async def test_presence_is_chosen_and_ends_with_the_last_console(
    shop: Shop, boss: httpx.AsyncClient, sari: Agent
) -> None:
    browser = await shop.browser(sari)

    async def presence() -> str:
        return (await shop.desk.people.one(sari.id)).presence

    seen = [await presence()]
    await browser.post("/api/console/account/presence", json={"away": True})
    seen.append(await presence())
    await browser.post("/api/console/account/presence", json={"away": "false"})
    seen.append(await presence())
    async with shop.database.write() as session:
        stale = now() + timedelta(hours=1)  # the clock was set back an hour
        await session.execute(update(AgentSession).values(seen_at=stale))
    seen.append(await presence())
    await browser.get("/api/console/me")  # the next beat
    seen.append(await presence())
    await browser.post("/api/console/logout")
    seen.append(await presence())

    assert seen == ["available", "away", "available", "offline", "available", "offline"]
