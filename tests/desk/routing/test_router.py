import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from conversation.tables import Conversation, Handoff
from db.base import now
from desk.people.tables import Team, TeamMember
from desk.routing.router import Router
from desk.routing.tables import Assignment, Note
from desk.tables import Agent, AgentSession
from tests.desk.conftest import PASSWORD, Shop


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> datetime:
        return self.now

    async def go(self, shop: Shop, seconds: float) -> None:
        """Move on, with all consoles still open."""
        self.now += timedelta(seconds=seconds)
        until = self.now + timedelta(hours=1)
        async with shop.database.write() as session:
            await session.execute(update(AgentSession).values(seen_at=self.now, expires_at=until))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def router(shop: Shop, clock: Clock) -> Router:
    desk = shop.desk
    return Router(shop.database, shop.bus, desk.teams, desk.rules, clock)


async def _offers(shop: Shop) -> list[tuple[str, str | None]]:
    async with shop.database.read() as session:
        rows = await session.execute(
            select(Agent.login, Assignment.outcome)
            .join(Agent, Agent.id == Assignment.agent_id)
            .order_by(Assignment.at, Assignment.id)
        )
        return [(row.login, row.outcome) for row in rows]


async def _set(shop: Shop, agent: Agent, **values: Any) -> None:
    async with shop.database.write() as session:
        await session.execute(update(Agent).where(Agent.id == agent.id).values(**values))


async def _team(shop: Shop, name: str, *members: Agent, **skills: Any) -> str:
    async with shop.database.write() as session:
        team = Team(name=name, **skills)
        session.add(team)
        await session.flush()
        session.add_all(TeamMember(team_id=team.id, agent_id=one.id) for one in members)
    return team.id


async def test_what_nobody_takes_goes_on_and_who_lets_it_go_by_twice_is_set_away(
    shop: Shop, router: Router, clock: Clock, sari: Agent, budi: Agent
) -> None:
    await _set(shop, budi, langs=["en"])
    await shop.browser(sari)
    await shop.browser(budi)
    await shop.conversation("halo")

    await router.route()
    await clock.go(shop, 31)
    await router.route()  # sari is the only speaker: it waits for her
    await clock.go(shop, 301)
    await router.route()
    await clock.go(shop, 31)
    await router.route()

    assert await _offers(shop) == [("sari", "missed"), ("sari", "missed"), ("budi", None)]
    async with shop.database.read() as session:
        assert (await session.get_one(Agent, sari.id)).away


async def test_nobody_offline_away_or_full_is_offered_anything(
    shop: Shop, router: Router, sari: Agent, budi: Agent
) -> None:
    dewi, eko = await shop.agent("dewi"), await shop.agent("eko")
    await shop.browser(budi)
    await _set(shop, budi, away=True)
    await shop.browser(dewi)
    await _set(shop, dewi, capacity=1)
    await shop.conversation("hai", state="csr", owner=dewi)
    await shop.browser(eko)
    await _set(shop, eko, active=False)
    await shop.conversation("halo")

    await router.route()

    assert await _offers(shop) == []


async def test_places_are_not_given_twice_and_the_most_urgent_comes_first(
    shop: Shop, router: Router, sari: Agent
) -> None:
    await shop.browser(sari)
    await _set(shop, sari, capacity=2)
    late = await shop.conversation("dua", ago_s=60)
    long = await shop.conversation("satu", ago_s=600)
    danger = await shop.conversation("bau gosong", ago_s=1)
    async with shop.database.write() as session:
        await session.execute(
            update(Handoff).where(Handoff.conversation_id == danger).values(reason="safety")
        )

    made = [one.conversation_id for one in await router.route()]

    assert made == [danger, long]
    assert late not in made


async def test_two_who_click_at_once_get_one_conversation_between_them(
    shop: Shop, router: Router, sari: Agent, budi: Agent
) -> None:
    first, second = await shop.browser(sari), await shop.browser(budi)
    for _ in range(5):
        conversation = await shop.conversation("halo")
        await router.route()
        url = f"/api/console/conversations/{conversation}/take"

        answers = await asyncio.gather(first.post(url), second.post(url))

        assert sorted(one.status_code for one in answers) == [200, 409]
        winner = sari if answers[0].status_code == 200 else budi
        assert await shop.state(conversation) == ("csr", winner.id)
        await shop.desk.ownership.release(
            conversation,
            winner.id,
            "closed",
            shop.desk.sentences.reply("closed", "id", "closed", name="", bot=""),
            "",
        )
    await router.route()

    async with shop.database.read() as session:
        owners = await session.execute(
            select(Handoff.conversation_id, func.count(Handoff.id)).group_by(
                Handoff.conversation_id
            )
        )
        assert {row[1] for row in owners} == {1}
    assert {outcome for _, outcome in await _offers(shop)} <= {"taken", "gone"}


async def test_a_take_after_the_customer_left_is_refused(
    shop: Shop, router: Router, sari: Agent
) -> None:
    browser = await shop.browser(sari)
    conversation = await shop.conversation("halo")
    await router.route()
    async with shop.database.write() as session:
        row = await session.get_one(Conversation, conversation)
        row.state = "bot"  # left the line
    url = f"/api/console/conversations/{conversation}"

    refused = await browser.post(f"{url}/take", json={"state": "waiting"})
    await router.route()

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sapa:problem:not-yours-bot")
    assert await shop.state(conversation) == ("bot", None)
    assert await _offers(shop) == [("sari", "gone")]
    assert (await browser.post(f"{url}/decline")).status_code == 409


async def test_a_csr_passes_on_an_offer_and_it_goes_to_the_next(
    shop: Shop, router: Router, sari: Agent, budi: Agent
) -> None:
    browsers = {"sari": await shop.browser(sari), "budi": await shop.browser(budi)}
    conversation = await shop.conversation("halo")
    await router.route()
    ((first, _),) = await _offers(shop)

    page = await browsers[first].get(f"/console/conversations/{conversation}/colleagues")
    answer = await browsers[first].post(f"/api/console/conversations/{conversation}/decline")
    await router.route()

    assert 'id="decline"' in page.text
    assert answer.status_code == 204
    second = "budi" if first == "sari" else "sari"
    assert set(await _offers(shop)) == {(first, "declined"), (second, None)}
    lists = (await browsers[second].get("/api/console/queue")).json()
    assert [row["offered_to"] for row in lists["waiting"]] == [
        {"sari": sari.id, "budi": budi.id}[second]
    ]


async def test_a_csr_of_one_team_sees_nothing_of_another_unless_allowed(
    shop: Shop, router: Router, sari: Agent, budi: Agent, rina: Agent
) -> None:
    await _team(shop, "English", budi, langs=["en"])
    await _team(shop, "Indonesia", sari, langs=["id"])
    browser = await shop.browser(sari)
    conversation = await shop.conversation("secret words", lang="en")
    await router.route()
    url = f"/console/conversations/{conversation}"

    async def seen() -> tuple[list[int], int]:
        pages = [
            (await browser.get(path)).status_code
            for path in (url, f"{url}/log", f"{url}/colleagues", f"/api{url}/messages")
        ]
        lists = (await browser.get("/api/console/queue")).json()
        assert ("secret" in str(lists)) == (pages[0] == 200)
        return pages, len(lists["waiting"])

    assert await seen() == ([403, 403, 403, 403], 0)
    refused = await browser.post(f"/api{url}/take")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:sapa:problem:other-team")
    whispered = await browser.post(f"/api{url}/whisper", json={"text": "psst"})
    assert whispered.status_code == 403
    await _set(shop, sari, sees_all=True)
    assert await seen() == ([200, 200, 200, 200], 1)
    supervisor = await shop.browser(rina)
    assert (await supervisor.get(url)).status_code == 200


async def test_what_no_team_member_is_there_for_becomes_everybodys_after_a_while(
    shop: Shop, router: Router, clock: Clock, sari: Agent, budi: Agent
) -> None:
    await _team(shop, "Indonesia", budi, langs=["id"])
    await _team(shop, "English", sari, langs=["en"])
    await shop.browser(sari)
    await shop.conversation("halo", ago_s=0)

    await router.route()
    assert await _offers(shop) == []
    await clock.go(shop, 901)
    await router.route()

    assert await _offers(shop) == [("sari", None)]


async def test_a_team_works_in_its_own_hours(
    shop: Shop, router: Router, clock: Clock, sari: Agent
) -> None:
    clock.now = clock.now.replace(hour=5, minute=0)  # noon in Jakarta
    hours = 'daily: {open: "13:00", close: "14:00"}'
    await _team(shop, "Siang", sari, langs=["id"], hours=hours)
    await shop.browser(sari)
    await shop.conversation("halo")
    await clock.go(shop, 0)

    await router.route()
    assert await _offers(shop) == []
    await clock.go(shop, 3700)
    await router.route()

    assert await _offers(shop) == [("sari", None)]


async def test_all_csrs_log_off_and_a_full_queue_waits_for_the_next_shift(
    shop: Shop, router: Router, clock: Clock, sari: Agent
) -> None:
    browser = await shop.browser(sari)
    conversations = [await shop.conversation("halo", ago_s=100 - n) for n in range(4)]
    await router.route()
    await browser.post("/api/console/logout")
    await clock.go(shop, 31)
    await router.route()
    offline = await _offers(shop)
    await clock.go(shop, 40_000)
    await shop.desk.agents.log_in("sari", PASSWORD)
    await clock.go(shop, 0)

    again = await router.route()

    assert [outcome for _, outcome in offline] == ["missed"] * 3
    assert [one.conversation_id for one in again] == conversations[:3]
    assert [await shop.state(one) for one in conversations] == [("waiting", None)] * 4


async def test_a_clock_set_back_strands_no_offer(
    shop: Shop, router: Router, clock: Clock, sari: Agent
) -> None:
    await shop.browser(sari)
    await shop.conversation("halo")
    await router.route()

    await clock.go(shop, -7200)
    await router.route()

    assert await _offers(shop) == [("sari", "missed")]


async def test_a_transfer_to_a_person_a_team_and_the_bot_carries_a_note(
    shop: Shop, router: Router, sari: Agent, budi: Agent
) -> None:
    first, second = await shop.browser(sari), await shop.browser(budi)
    team = await _team(shop, "Retur", budi, topics=["returns"])
    conversation = await shop.conversation("halo", state="csr", owner=sari, wants="retur")
    url = f"/api/console/conversations/{conversation}"

    form = {"to": f"agent:{budi.id}", "note": "sudah cek resi <b>"}
    assert (await first.post(f"{url}/transfer", json=form)).status_code == 204
    assert await shop.state(conversation) == ("waiting", None)
    await router.route()
    assert await _offers(shop) == [("budi", None)]
    page = await second.get(f"/console/conversations/{conversation}/colleagues")
    assert "sudah cek resi &lt;b&gt;" in page.text
    assert "Budi" in (await shop.messages(conversation))[-1].text
    assert "cek resi" not in str([row.text for row in await shop.messages(conversation)])
    assert (await second.post(f"{url}/take")).status_code == 200

    assert (await first.post(f"{url}/transfer", json={"to": "bot"})).status_code == 403
    to_team = await second.post(f"{url}/transfer", json={"to": f"team:{team}"})
    assert to_team.status_code == 204
    async with shop.database.read() as session:
        row = await session.get_one(Conversation, conversation)
        notes = list(await session.scalars(select(Note.target).order_by(Note.at)))
    assert (row.state, row.team_id, notes) == ("waiting", team, ["Budi", "Retur"])
    await second.post(f"{url}/take")
    assert (await second.post(f"{url}/transfer", json={"to": "bot"})).status_code == 204
    assert await shop.state(conversation) == ("bot", None)


async def test_a_transfer_to_somebody_who_just_left_or_is_full_stays_where_it_is(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    browser = await shop.browser(sari)
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    url = f"/api/console/conversations/{conversation}/transfer"

    async def transfer(to: str) -> str:
        answer = await browser.post(url, json={"to": to})
        assert await shop.state(conversation) == ("csr", sari.id)
        return str(answer.json()["type"]).rpartition(":")[2]

    assert await transfer(f"agent:{budi.id}") == "person-offline"
    await shop.browser(budi)
    await _set(shop, budi, away=True)
    assert await transfer(f"agent:{budi.id}") == "person-away"
    await _set(shop, budi, away=False, capacity=1)
    await shop.conversation("hai", state="csr", owner=budi)
    assert await transfer(f"agent:{budi.id}") == "person-full"
    assert await transfer("agent:nobody") == "person-unknown"
    assert await transfer("team:none") == "team-unknown"


async def test_a_supervisor_listens_whispers_and_takes_over(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    csr, supervisor = await shop.browser(sari), await shop.browser(rina)
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    url = f"/api/console/conversations/{conversation}"

    assert (await supervisor.get(f"{url}/messages")).status_code == 200
    assert (
        await supervisor.post(f"{url}/whisper", json={"text": "tawarkan ganti"})
    ).status_code == 204
    heard = await csr.get(f"/console/conversations/{conversation}/colleagues")
    assert "tawarkan ganti" in heard.text
    assert "tawarkan ganti" not in str([row.text for row in await shop.messages(conversation)])
    assert (await (await shop.browser(budi)).post(f"{url}/seize")).status_code == 403
    assert (await supervisor.post(f"{url}/seize")).status_code == 204

    assert await shop.state(conversation) == ("csr", rina.id)
    said = await csr.post(f"{url}/messages", json={"text": "saya lagi", "client_id": "x"})
    assert said.status_code == 409
    async with shop.database.read() as session:
        rows = await session.execute(
            select(Handoff.agent_id, Handoff.outcome).order_by(Handoff.requested_at)
        )
        assert [tuple(row) for row in rows] == [(sari.id, "passed"), (rina.id, None)]
