"""Links with which people set their own password: new ones, and those who forgot theirs.

The link is shown once; only its digest is stored, and it counts once until it expires.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from channels.message import Lang
from channels.problem import Problem
from db.base import new_id, now
from db.engine import Database
from desk.agents import Agents, LoginTaken, Role, end_sessions, plain
from desk.people.tables import Invitation, Team, TeamMember
from desk.tables import Agent

_ACCOUNT_HOURS = 72
_PASSWORD_HOURS = 2  # somebody waits for it


@dataclass(frozen=True, slots=True)
class Wanted:
    """The account that an invitation opens."""

    login: str
    name: str
    role: Role = "csr"
    lang: Lang = "id"
    capacity: int = 3
    teams: Sequence[str] = ()


class Invitations:
    """Makes links and lets them be used."""

    def __init__(self, database: Database, agents: Agents) -> None:
        self._database = database
        self._agents = agents

    async def invite(self, by: Agent, wanted: Wanted) -> str:
        """Invite somebody new; gives the secret of the link. Raises LoginTaken."""
        login = plain(wanted.login)
        async with self._database.read() as session:
            if await session.scalar(select(Agent.id).where(Agent.login == login)):
                raise LoginTaken(login)
        return await self._add(by, wanted, agent_id=None, hours=_ACCOUNT_HOURS)

    async def renew_password(self, by: Agent, agent: Agent) -> str:
        """Make a link with which `agent` sets a new password; the old one holds until then."""
        wanted = Wanted(agent.login, agent.name, cast("Role", agent.role), cast("Lang", agent.lang))
        return await self._add(by, wanted, agent_id=agent.id, hours=_PASSWORD_HOURS)

    async def open(self) -> list[Invitation]:
        """List the links that still can be used."""
        async with self._database.read() as session:
            found = select(Invitation).where(
                Invitation.ended_at.is_(None), Invitation.expires_at > now()
            )
            return list(await session.scalars(found.order_by(Invitation.created_at)))

    async def of_token(self, token: str) -> Invitation:
        """Give the invitation of a link. Raises Problem 404 if it is used, old or made up."""
        async with self._database.read() as session:
            found = await session.scalar(
                select(Invitation).where(
                    Invitation.token_hash == _digest(token),
                    Invitation.ended_at.is_(None),
                    Invitation.expires_at > now(),
                )
            )
        if found is None:
            raise Problem("invitation-unknown", 404)
        return found

    async def accept(self, token: str, password: str) -> Agent:
        """Set the password and use the link up. Raises WeakPassword, LoginTaken, Problem 404."""
        invitation = await self.of_token(token)
        hashed = await self._agents.hashed(password, invitation.login)
        try:
            async with self._database.write() as session:
                used = await session.execute(
                    update(Invitation)
                    .where(Invitation.id == invitation.id, Invitation.ended_at.is_(None))
                    .values(ended_at=now())
                    .returning(Invitation.id)
                )
                if used.one_or_none() is None:  # twice at once
                    raise Problem("invitation-unknown", 404)
                if invitation.agent_id is not None:
                    agent = await session.get_one(Agent, invitation.agent_id)
                    agent.password_hash = hashed
                    await end_sessions(session, agent.id)
                    return agent
                agent = _account(invitation, hashed)
                session.add(agent)
                await session.flush()
                there = await session.scalars(select(Team.id).where(Team.id.in_(invitation.teams)))
                session.add_all(TeamMember(team_id=one, agent_id=agent.id) for one in there)
                return agent
        except IntegrityError as error:
            raise LoginTaken(invitation.login) from error

    async def take_back(self, invitation_id: str) -> None:
        """Make a link useless; one that is no longer open is fine."""
        async with self._database.write() as session:
            await session.execute(
                update(Invitation)
                .where(Invitation.id == invitation_id, Invitation.ended_at.is_(None))
                .values(ended_at=now())
            )

    async def _add(self, by: Agent, wanted: Wanted, *, agent_id: str | None, hours: int) -> str:
        token = secrets.token_urlsafe(32)
        login = plain(wanted.login)
        moment = now()
        async with self._database.write() as session:
            # One link per person: a newer one replaces the one before.
            await session.execute(
                update(Invitation)
                .where(Invitation.login == login, Invitation.ended_at.is_(None))
                .values(ended_at=moment)
            )
            session.add(
                Invitation(
                    token_hash=_digest(token),
                    login=login,
                    name=wanted.name.strip(),
                    role=wanted.role,
                    lang=wanted.lang,
                    capacity=wanted.capacity,
                    teams=list(wanted.teams),
                    agent_id=agent_id,
                    invited_by=by.id,
                    expires_at=moment + timedelta(hours=hours),
                )
            )
        return token


def _account(invitation: Invitation, hashed: str) -> Agent:
    return Agent(
        id=new_id(),
        login=invitation.login,
        name=invitation.name,
        password_hash=hashed,
        role=invitation.role,
        lang=invitation.lang,
        active=True,
        capacity=invitation.capacity,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "ignore")).hexdigest()
