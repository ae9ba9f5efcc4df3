"""Teams: who answers which contacts, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import yaml
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.problem import Problem
from conversation.tables import Conversation
from crm.hours import BadHours, ServiceHours
from db.engine import Database
from desk.people.tables import Team, TeamMember
from desk.routing.scoring import Skills, TeamLook
from desk.tables import Agent


@dataclass(frozen=True, slots=True)
class TeamChange:
    """What an admin sets of a team."""

    name: str
    topics: Sequence[str] = ()
    lines: Sequence[str] = ()
    langs: Sequence[str] = ()
    cities: Sequence[str] = ()
    channels: Sequence[str] = ()
    hours: str = ""


class Teams:
    """Reads and changes teams."""

    def __init__(self, database: Database, shop_hours: ServiceHours | None) -> None:
        """A team without hours of its own has the shop's."""
        self._database = database
        self._shop_hours = shop_hours

    async def all(self) -> list[tuple[Team, int]]:
        """List teams with how many people are in each."""
        count = (
            select(func.count(TeamMember.agent_id))
            .where(TeamMember.team_id == Team.id)
            .correlate(Team)
            .scalar_subquery()
        )
        async with self._database.read() as session:
            rows = await session.execute(select(Team, count.label("people")).order_by(Team.name))
            return [(row.Team, row.people) for row in rows]

    async def of(self, agent: Agent) -> frozenset[str]:
        """Give the ids of the teams somebody is in."""
        async with self._database.read() as session:
            return await teams_of(session, agent)

    async def held(self, agent_id: str) -> int:
        """Count the conversations somebody has."""
        async with self._database.read() as session:
            return (
                await session.scalar(
                    select(func.count(Conversation.id)).where(
                        Conversation.state == "csr", Conversation.agent_id == agent_id
                    )
                )
                or 0
            )

    async def one(self, team_id: str) -> Team:
        """Give a team. Raises Problem 404."""
        async with self._database.read() as session:
            found = await session.get(Team, team_id)
        if found is None:
            raise Problem("team-unknown", 404)
        return found

    async def save(self, change: TeamChange, team_id: str | None = None) -> str:
        """Make a team, or change one; gives its id. Raises Problem 404, 409, 422."""
        team_hours(change.hours, self._shop_hours)
        try:
            async with self._database.write() as session:
                team = await session.get(Team, team_id) if team_id else Team()
                if team is None:
                    raise Problem("team-unknown", 404)
                team.name, team.hours = change.name.strip(), change.hours.strip()
                team.topics, team.lines = list(change.topics), list(change.lines)
                team.langs, team.cities = list(change.langs), list(change.cities)
                team.channels = list(change.channels)
                session.add(team)
                await session.flush()
                return team.id
        except IntegrityError as error:
            raise Problem("team-taken", 409) from error

    async def end(self, team_id: str) -> None:
        """Delete a team; what waits for it is everybody's from now on."""
        async with self._database.write() as session:
            await session.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
            await session.execute(
                update(Conversation).where(Conversation.team_id == team_id).values(team_id=None)
            )
            await session.execute(delete(Team).where(Team.id == team_id))

    def open_now(self, team: Team, moment: datetime) -> bool:
        """Whether a team works at this moment; without hours of its own it follows its people."""
        hours = team_hours(team.hours, self._shop_hours)
        return hours is None or hours.is_open(moment)


def team_hours(text: str, shop: ServiceHours | None) -> ServiceHours | None:
    """Read a team's hours, closing on the shop's holidays; None: it has none.

    Raises Problem 422 with the line that is wrong.
    """
    if not text.strip() or shop is None:
        return None
    try:
        return shop.with_week(yaml.safe_load(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Problem("hours-wrong", 422, why=f"hours:{line}: {error.problem}") from error
    except (BadHours, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise Problem("hours-wrong", 422, why=f"hours: {error}") from error


def look(team: Team) -> TeamLook:
    """Give a team as routing sees it."""
    return TeamLook(
        team.id,
        team.name,
        Skills(team.langs, team.topics, team.lines, team.cities, team.channels),
    )


async def teams_of(session: AsyncSession, agent: Agent) -> frozenset[str]:
    """Give the ids of the teams somebody is in."""
    return frozenset(
        await session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == agent.id))
    )


def may_see(agent: Agent, teams: frozenset[str], team_id: str | None) -> bool:
    """Whether a conversation of this team is shown to this person."""
    supervises = agent.role in ("supervisor", "admin")
    return team_id is None or supervises or agent.sees_all or team_id in teams
