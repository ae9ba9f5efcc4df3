"""The people of the desk as an admin sees and changes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from channels.problem import Problem
from crm.locks import serialise
from db.base import now
from db.engine import Database
from desk.agents import Role, end_sessions
from desk.people.presence import Presence, presence_of
from desk.people.tables import Team, TeamMember
from desk.tables import Agent, AgentSession


@dataclass(frozen=True, slots=True)
class Person:
    """One account with what is around it."""

    agent: Agent
    presence: Presence
    teams: Sequence[Team]

    @property
    def seen_at(self) -> datetime | None:
        """When they last had a console open."""
        return self.agent.seen_at


@dataclass(frozen=True, slots=True)
class Change:
    """What an admin sets of a person."""

    name: str
    role: Role
    capacity: int
    active: bool
    sees_all: bool
    langs: Sequence[str]
    topics: Sequence[str]
    lines: Sequence[str]
    cities: Sequence[str]
    teams: Sequence[str]


class People:
    """Reads and changes accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Person]:
        """List everybody: who can log in first, then by name."""
        async with self._database.read() as session:
            agents = list(
                await session.scalars(select(Agent).order_by(Agent.active.desc(), Agent.name))
            )
            seen: Mapping[str, datetime] = {
                row.agent_id: row.seen
                for row in await session.execute(
                    select(AgentSession.agent_id, func.max(AgentSession.seen_at).label("seen"))
                    .where(AgentSession.expires_at > now())
                    .group_by(AgentSession.agent_id)
                )
            }
            teams: dict[str, list[Team]] = {}
            members = select(TeamMember.agent_id, Team).join(Team, Team.id == TeamMember.team_id)
            for row in await session.execute(members.order_by(Team.name)):
                teams.setdefault(row.agent_id, []).append(row.Team)
        moment = now()
        return [
            Person(one, presence_of(one, seen.get(one.id), moment), teams.get(one.id, []))
            for one in agents
        ]

    async def one(self, agent_id: str) -> Person:
        """Give one person. Raises Problem 404."""
        found = next((one for one in await self.all() if one.agent.id == agent_id), None)
        if found is None:
            raise Problem("person-unknown", 404)
        return found

    async def change(self, agent_id: str, change: Change) -> None:
        """Set what an admin sets; who can no longer log in is logged out everywhere.

        Raises Problem 404, or 409 where nobody would be left who can let people in.
        """
        async with self._database.write() as session:
            await serialise(session, "admins")
            agent = await session.get(Agent, agent_id, with_for_update=True)
            if agent is None:
                raise Problem("person-unknown", 404)
            stays = change.active and change.role == "admin"
            if agent.role == "admin" and agent.active and not stays:
                others = select(func.count(Agent.id)).where(
                    Agent.role == "admin", Agent.active, Agent.id != agent_id
                )
                if not await session.scalar(others):
                    raise Problem("last-admin", 409)
            ends = agent.role != change.role or not change.active
            agent.name, agent.role = change.name.strip(), change.role
            agent.capacity, agent.active = change.capacity, change.active
            agent.sees_all = change.sees_all
            agent.langs, agent.topics = list(change.langs), list(change.topics)
            agent.lines, agent.cities = list(change.lines), list(change.cities)
            await session.execute(delete(TeamMember).where(TeamMember.agent_id == agent_id))
            there = await session.scalars(select(Team.id).where(Team.id.in_(change.teams)))
            session.add_all(TeamMember(team_id=one, agent_id=agent_id) for one in there)
            if ends:
                await end_sessions(session, agent_id)
