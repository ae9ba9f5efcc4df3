"""The rules in force: what an admin saved last, else those that Sapa comes with."""

import structlog
from sqlalchemy import func, select

from db.engine import Database
from desk.people.tables import Team
from desk.routing.rules import DEFAULT, BadRules, Rules, parse_rules
from desk.routing.tables import RoutingRules
from desk.tables import Agent

log = structlog.get_logger()


class RuleStore:
    """Keeps every version; a wrong one is never kept, so the one before stays in force."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, Rules] | None = None

    async def current(self) -> Rules:
        """Give the rules in force, read again only when there is a newer version."""
        async with self._database.read() as session:
            newest = await session.scalar(select(func.max(RoutingRules.id))) or 0
        if self._known is None or self._known[0] != newest:
            text = await self.text()
            try:
                self._known = (newest, parse_rules(text))
            except BadRules:  # written by a newer Sapa, or by hand
                log.exception("rules cannot be read, those that Sapa comes with hold")
                self._known = (newest, parse_rules(DEFAULT.read_text(encoding="utf-8")))
        return self._known[1]

    async def text(self) -> str:
        """Give the text in force."""
        async with self._database.read() as session:
            stored = await session.scalar(
                select(RoutingRules.text).order_by(RoutingRules.id.desc()).limit(1)
            )
        return stored if stored is not None else DEFAULT.read_text(encoding="utf-8")

    async def versions(self) -> list[tuple[RoutingRules, str]]:
        """List the latest versions with who saved each, newest first."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(RoutingRules, Agent.name)
                .outerjoin(Agent, Agent.id == RoutingRules.agent_id)
                .order_by(RoutingRules.id.desc())
                .limit(10)
            )
            return [(row.RoutingRules, row.name or "") for row in rows]

    async def checked(self, text: str) -> Rules:
        """Read rules as they would be saved. Raises BadRules with file and line."""
        async with self._database.read() as session:
            teams = list(await session.scalars(select(Team.name)))
        return parse_rules(text, teams=teams)

    async def save(self, text: str, by: Agent) -> Rules:
        """Put rules in force. Raises BadRules."""
        rules = await self.checked(text)
        async with self._database.write() as session:
            session.add(RoutingRules(text=text, agent_id=by.id))
        return rules
