"""The table of permissions.yml, asked of the running console: every cell is one request."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from conversation.tables import Conversation
from db.base import new_id
from db.engine import Database
from desk.people.tables import Team
from desk.tables import Agent
from tests.desk.conftest import Shop

TABLE = yaml.safe_load((Path(__file__).parent / "permissions.yml").read_text(encoding="utf-8"))
ROLES = ("csr", "supervisor", "admin")
# One right body for everything, so that nothing is refused for its form.
BODY = {
    "text": "accept_s: 30",
    "to": "bot",
    "away": False,
    "lang": "en",
    "current": "not-it-at-all",
    "password": "not-it-at-all",
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "code": "000000",
    "role": "csr",
    "capacity": 3,
    "active": True,
    "seq": 1,
}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Permissions do not depend on the kind."""
    return sqlite_database


class Cast:
    """One browser of each role, a colleague, another team, and somebody to be changed."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.people: dict[str, Agent] = {}
        self.browsers: dict[str, httpx.AsyncClient] = {}

    async def enter(self) -> "Cast":
        for role in ROLES:
            self.people[role] = await self.shop.agent(f"some-{role}", role)
            self.browsers[role] = await self.shop.browser(self.people[role])
        self.colleague = await self.shop.agent("budi")
        async with self.shop.database.write() as session:
            team = Team(name="Elsewhere")
            session.add(team)
        self.team = team.id
        return self

    async def conversation(self, relation: str, role: str) -> str:
        if relation == "none":
            return new_id()
        if relation == "team":
            made = await self.shop.conversation("rahasia")
            async with self.shop.database.write() as session:
                (await session.get_one(Conversation, made)).team_id = self.team
            return made
        owner = self.people[role] if relation == "own" else self.colleague
        return await self.shop.conversation("rahasia", state="csr", owner=owner)

    async def ask(self, route: str, role: str, conversation: str = "") -> httpx.Response:
        method, path = route.split(" ")
        named = {"conversation_id": conversation, "agent_id": self.colleague.id, "seq": "1"}
        path = re.sub(r"{(\w+)}", lambda found: named.get(found[1], "1" * 16), path)
        body = {**BODY, "client_id": new_id(), "name": new_id(), "login": new_id()}
        self.shop.desk.logins_by_name._hits.clear()
        self.shop.desk.agents.codes._hits.clear()
        return await self.browsers[role].request(method, path, json=body)


def _seen(answer: httpx.Response, wanted: int) -> int:
    return 2 if wanted == 2 and answer.is_success else answer.status_code


@pytest.fixture
async def cast(shop: Shop) -> Cast:
    return await Cast(shop).enter()


async def test_conversations_are_open_to_whom_the_table_says(cast: Cast) -> None:
    found: dict[str, Any] = {}
    for route, relations in TABLE["conversations"].items():
        found[route] = {}
        for relation, wanted in relations.items():
            row = []
            for role, status in zip(ROLES, wanted, strict=True):
                conversation = await cast.conversation(relation, role)
                answer = await cast.ask(route, role, conversation)
                row.append(_seen(answer, status))
                if status in (403, 404, 409):
                    assert "rahasia" not in answer.text
            found[route][relation] = row

    assert found == TABLE["conversations"]


async def test_all_else_is_open_to_the_roles_that_the_table_says(cast: Cast) -> None:
    found = {
        route: [
            _seen(await cast.ask(route, role), status)
            for role, status in zip(ROLES, wanted, strict=True)
        ]
        for route, wanted in TABLE["roles"].items()
    }

    assert found == TABLE["roles"]


async def test_what_the_table_does_not_name_shows_no_csr_a_colleagues_conversation(
    cast: Cast,
) -> None:
    named = {*TABLE["conversations"], *TABLE["roles"]}
    unnamed = [
        f"{operation.upper()} {path}"
        for path, operations in cast.shop.app.openapi()["paths"].items()
        for operation in operations
        if f"{operation.upper()} {path}" not in named and "{conversation_id}" in path
    ]

    for route in unnamed:
        for relation in ("colleague", "team"):
            conversation = await cast.conversation(relation, "csr")
            answer = await cast.ask(route, "csr", conversation)
            assert (route, "rahasia" in answer.text) == (route, False)
            assert (route, answer.status_code) in {
                (route, status) for status in (204, 403, 404, 409, 422)
            }
