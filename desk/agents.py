"""Who may use the console: accounts with argon2 passwords, and where each is logged in.

A hash takes about 400 ms of CPU, so it runs in a thread and only two at a time; whoever calls
`log_in` limits the rate first.
"""

import asyncio
import hashlib
import secrets
from datetime import timedelta
from typing import Literal

from pwdlib import PasswordHash
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Lang
from channels.pace import Pace
from db.base import new_id, now
from db.engine import Database
from desk.people.second_factor import spend
from desk.tables import Agent, AgentSession

Role = Literal["csr", "supervisor", "admin"]

_SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 256  # a longer one would only keep the processor busy
_FEWEST_CHARACTERS = 5  # different ones
_LONGEST_DEVICE = 200  # characters
_SEEN_EVERY = timedelta(seconds=30)  # so that reading costs no write
_HASHES_AT_ONCE = 2
_CODES, _CODES_S = 5, 300  # tries of a second factor by who knows the password


class WeakPassword(ValueError):
    """Shorter than 12 characters, longer than 256, mostly one character, or naming the login."""


class LoginTaken(ValueError):
    """Somebody already has this login."""


class WrongLogin(PermissionError):
    """No active agent has this login and this password; which is wrong is never said."""


class Agents:
    """The accounts of the desk."""

    def __init__(self, database: Database, session_hours: int = 12) -> None:
        """A login ends `session_hours` after it began, whatever happens meanwhile."""
        self._database = database
        self._session = timedelta(hours=session_hours)
        self._hasher = PasswordHash.recommended()
        self._room = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._decoy = ""
        self.codes = Pace(_CODES, _CODES_S)

    async def create(
        self,
        login: str,
        name: str,
        password: str,
        role: Role = "csr",
        lang: Lang = "id",
        capacity: int = 3,
    ) -> Agent:
        """Open an account. Raises WeakPassword, LoginTaken."""
        login = plain(login)
        agent = Agent(
            id=new_id(),
            login=login,
            name=name.strip(),
            password_hash=await self.hashed(password, login),
            role=role,
            lang=lang,
            active=True,
            capacity=capacity,
        )
        try:
            async with self._database.write() as session:
                session.add(agent)
        except IntegrityError as error:
            raise LoginTaken(login) from error
        return agent

    async def set_password(self, login: str, password: str) -> None:
        """Change a password and end all sessions. Raises WeakPassword, LookupError."""
        login = plain(login)
        hashed = await self.hashed(password, login)
        async with self._database.write() as session:
            agent = await _by_login(session, login)
            if agent is None:
                raise LookupError(login)
            agent.password_hash = hashed
            await end_sessions(session, agent.id)

    async def change_own_password(self, agent: Agent, password: str, token: str) -> None:
        """Change one's password and end all other sessions. Raises WeakPassword."""
        hashed = await self.hashed(password, agent.login)
        async with self._database.write() as session:
            await session.execute(
                update(Agent).where(Agent.id == agent.id).values(password_hash=hashed)
            )
            await session.execute(
                delete(AgentSession).where(
                    AgentSession.agent_id == agent.id, AgentSession.token_hash != digest(token)
                )
            )

    async def deactivate(self, login: str) -> None:
        """Close an account and end all its sessions. Raises LookupError."""
        async with self._database.write() as session:
            agent = await _by_login(session, plain(login))
            if agent is None:
                raise LookupError(login)
            agent.active = False
            await end_sessions(session, agent.id)

    async def log_in(
        self, login: str, password: str, code: str = "", device: str = "", address: str = ""
    ) -> tuple[str, Agent]:
        """Check a password, and the second factor of who has one, and begin a session.

        Gives its token. Raises WrongLogin, CodeNeeded, WrongCode, Problem 429.
        An unknown login costs the same time as a wrong password: something is always hashed.
        """
        agent, newer = await self._checked(login, password)
        if agent.totp_secret and code.strip():
            await self.codes.hit(agent.id)
        token, moment = secrets.token_urlsafe(32), now()
        async with self._database.write() as session:
            agent = await session.get_one(Agent, agent.id, with_for_update=True)
            spend(agent, code, moment)
            await session.execute(delete(AgentSession).where(AgentSession.expires_at <= moment))
            session.add(
                AgentSession(
                    token_hash=digest(token),
                    agent_id=agent.id,
                    created_at=moment,
                    seen_at=moment,
                    expires_at=moment + self._session,
                    device=device[:_LONGEST_DEVICE],
                    address=address,
                )
            )
            agent.seen_at, agent.misses, agent.away = moment, 0, False
            if newer:  # the recommended cost of a hash has risen since
                agent.password_hash = newer
        return token, agent

    async def check_password(self, agent: Agent, password: str) -> None:
        """Make sure that it is still the same person. Raises WrongLogin."""
        await self._checked(agent.login, password)

    async def _checked(self, login: str, password: str) -> tuple[Agent, str | None]:
        if not self._decoy:  # made before the look-up, so that it tells nothing
            self._decoy = await self._hash(secrets.token_urlsafe())
        async with self._database.read() as session:
            agent = await _by_login(session, plain(login))
        fits, newer = await self._verify(
            password[: _LONGEST_PASSWORD + 1], agent.password_hash if agent else self._decoy
        )
        if agent is None or not fits or not agent.active:
            raise WrongLogin
        return agent, newer

    async def of_token(self, token: str) -> Agent | None:
        """Give the active agent whose session this is; None if it ended or never was."""
        moment = now()
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(AgentSession, Agent)
                    .join(Agent, Agent.id == AgentSession.agent_id)
                    .where(
                        AgentSession.token_hash == digest(token),
                        AgentSession.expires_at > moment,
                        Agent.active,
                    )
                )
            ).one_or_none()
        if row is None:
            return None
        # Also where it lies ahead: the clock was set back, and somebody here would seem gone.
        if abs(row.AgentSession.seen_at - moment) > _SEEN_EVERY:
            await self._seen(token, row.Agent.id)
        agent: Agent = row.Agent
        return agent

    async def log_out(self, token: str) -> None:
        """End the session; an unknown one is fine."""
        async with self._database.write() as session:
            await session.execute(
                delete(AgentSession).where(AgentSession.token_hash == digest(token))
            )

    async def set_lang(self, agent_id: str, lang: Lang) -> None:
        """Choose the language of an agent's console."""
        async with self._database.write() as session:
            await session.execute(update(Agent).where(Agent.id == agent_id).values(lang=lang))

    async def all(self) -> list[Agent]:
        """List the accounts by login."""
        async with self._database.read() as session:
            return list(await session.scalars(select(Agent).order_by(Agent.login)))

    async def _seen(self, token: str, agent_id: str) -> None:
        moment = now()
        async with self._database.write() as session:
            await session.execute(
                update(AgentSession)
                .where(AgentSession.token_hash == digest(token))
                .values(seen_at=moment)
            )
            await session.execute(update(Agent).where(Agent.id == agent_id).values(seen_at=moment))

    async def hashed(self, password: str, login: str) -> str:
        """Give the hash to store. Raises WeakPassword."""
        return await self._hash(_strong(password, plain(login)))

    async def _hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        async with self._room:
            return await asyncio.to_thread(self._hasher.verify_and_update, password, hashed)


async def _by_login(session: AsyncSession, login: str) -> Agent | None:
    return await session.scalar(select(Agent).where(Agent.login == login))


async def end_sessions(session: AsyncSession, agent_id: str) -> None:
    """Log somebody out everywhere."""
    await session.execute(delete(AgentSession).where(AgentSession.agent_id == agent_id))


def _strong(password: str, login: str) -> str:
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise WeakPassword("length")
    if len(set(password)) < _FEWEST_CHARACTERS or login in password.casefold():
        raise WeakPassword("guessable")
    return password


def plain(login: str) -> str:
    """Write a login as it is stored."""
    return login.replace("\x00", "").strip().casefold()


def digest(token: str) -> str:
    """Give what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "ignore")).hexdigest()
