from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from conversation.tables import Handoff
from db.base import now
from db.engine import Database
from desk.routing.tables import RoutingRules
from desk.tables import Agent
from tests.desk.conftest import Shop

SAVE, TRY = "/api/console/routing", "/api/console/routing/try"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here differs between the two kinds."""
    return sqlite_database


async def test_wrong_rules_are_refused_with_their_line_and_the_old_ones_stay(shop: Shop) -> None:
    boss = await shop.browser(await shop.agent("ratna", "admin"))
    assert (await boss.post(SAVE, json={"text": "accept_s: 45\n"})).status_code == 204

    refused = await boss.post(SAVE, json={"text": "accept_s: 60\npoints: {topic: many}\n"})

    assert refused.status_code == 422
    assert "routing.yml:2: points.topic" in refused.json()["detail"]
    assert (await shop.desk.rules.current()).accept_s == 45
    assert "accept_s: 45" in (await boss.get("/console/routing")).text


async def test_new_rules_are_tried_on_yesterdays_contacts_and_nothing_changes(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    boss = await shop.browser(await shop.agent("ratna", "admin"))
    for number, owner in enumerate((sari, budi, sari, sari)):
        one = await shop.conversation("hi", state="csr", owner=owner, lang="en")
        begun = now() - timedelta(days=1) + timedelta(minutes=number)
        async with shop.database.write() as session:
            await session.execute(
                update(Handoff)
                .where(Handoff.conversation_id == one)
                .values(requested_at=begun, taken_at=begun, ended_at=begun + timedelta(minutes=10))
            )
    async with shop.database.write() as session:
        await session.execute(update(Agent).where(Agent.id == budi.id).values(langs=["en"]))
        await session.execute(update(Agent).where(Agent.id == sari.id).values(langs=["id"]))

    tried = await boss.post(TRY, json={"text": "accept_s: 60\n"})
    rules = await shop.desk.rules.checked("accept_s: 60\n")
    rehearsal = await shop.desk.rehearsals.yesterday(rules)

    assert tried.status_code == 200
    assert (await boss.post(TRY, json={"text": "accept_s: x\n"})).status_code == 422
    # The first came while budi, who speaks English, was not there yet.
    assert [(row.was, row.would) for row in rehearsal.rows] == [
        ("Sari", "Sari"),
        ("Budi", "Budi"),
        ("Sari", "Budi"),
        ("Sari", "Budi"),
    ]
    assert rehearsal.loads == [("Budi", 1, 3), ("Sari", 3, 1)]
    assert (await shop.desk.rules.current()).accept_s == 30
    async with shop.database.read() as session:
        assert await session.scalar(select(func.count(RoutingRules.id))) == 0


async def test_a_team_is_made_changed_and_deleted_and_wrong_hours_are_refused(shop: Shop) -> None:
    boss = await shop.browser(await shop.agent("ratna", "admin"))
    url = "/api/console/teams"

    made = await boss.post(url, json={"name": "Retur", "topics": "returns, warranty"})
    team = made.json()["id"]
    again = await boss.post(url, json={"name": "Retur"})
    wrong = await boss.post(f"{url}/{team}", json={"name": "Retur", "hours": "daily:\n  - [x"})
    backward = await boss.post(
        f"{url}/{team}", json={"name": "Retur", "hours": 'daily: {open: "17:00", close: "9:00"}'}
    )

    assert (made.status_code, again.status_code) == (201, 409)
    assert (wrong.status_code, backward.status_code) == (422, 422)
    assert "hours:" in wrong.json()["detail"]
    assert (await shop.desk.teams.one(team)).topics == ["returns", "warranty"]
    assert (await boss.get(f"/console/teams/{team}")).status_code == 200
    assert (await boss.post(f"{url}/{team}/end")).status_code == 204
    assert await shop.desk.teams.all() == []
