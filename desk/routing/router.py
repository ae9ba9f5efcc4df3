"""Offers waiting conversations to people, one at a time, and moves on when nobody answers.

One process does it (a lease). An offer reserves a place, never takes the conversation: taking is
the CSR's own compare-and-set, so a slow router can offend nobody's ownership.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.problem import Problem
from conversation.bus import Bus
from conversation.leases import Turnstile
from conversation.tables import Conversation, Handoff
from db.base import now
from db.engine import Database
from desk.people.tables import Team
from desk.routing.facts import contacts, staff
from desk.routing.rule_store import RuleStore
from desk.routing.rules import Rules
from desk.routing.scoring import Choice, Colleague, Contact, choose, team_for, urgency
from desk.routing.tables import Assignment
from desk.routing.teams import Teams, look
from desk.tables import Agent

log = structlog.get_logger()

_EVERY_S = 2.0
_AFTER_ERROR_S = 10.0
_SETTLE_S = 0.2  # what changes together is looked at once


class Router:
    """Matches who waits with who is there."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        teams: Teams,
        rules: RuleStore,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._bus = bus
        self._teams = teams
        self._rules = rules
        self._clock = clock
        self._turnstile = Turnstile(database, "routing", owner=database.process)

    async def run(self) -> None:
        """Route until cancelled, whenever something happens at the desk and every 2 s."""
        with self._bus.subscribe("desk") as heard:
            while True:
                wait_s = _EVERY_S
                try:
                    if await self._anything() and await self._turnstile.take():
                        await self.route()
                except Exception:
                    log.exception("cannot route")
                    wait_s = _AFTER_ERROR_S
                await asyncio.sleep(_SETTLE_S)
                await heard.next(wait_s)

    async def route(self) -> list[Assignment]:
        """Close what is answered or too old, then offer what can be; gives the new offers."""
        rules, moment = await self._rules.current(), self._clock()
        changed = await self._close(rules, moment)
        made = await self._offer(rules, moment)
        for conversation_id in {*changed, *(one.conversation_id for one in made)}:
            self.tell(conversation_id)
        return made

    async def decline(self, conversation_id: str, agent_id: str) -> None:
        """Let a CSR pass on what is offered to them. Raises Problem 409 if it no longer is."""
        async with self._database.write() as session:
            ended = await session.execute(
                update(Assignment)
                .where(
                    Assignment.conversation_id == conversation_id,
                    Assignment.agent_id == agent_id,
                    Assignment.outcome.is_(None),
                )
                .values(outcome="declined", ended_at=self._clock())
                .returning(Assignment.id)
            )
            if ended.first() is None:
                raise Problem("offer-gone", 409)
        self.tell(conversation_id)

    def tell(self, conversation_id: str) -> None:
        """Have the consoles look again; by a name of the desk's own, which no customer hears."""
        self._bus.publish("desk", {"type": "presence", "conversation": f"desk-{conversation_id}"})

    async def _anything(self) -> bool:
        async with self._database.read() as session:
            waiting = select(Conversation.id).where(Conversation.state == "waiting").limit(1)
            offered = select(Assignment.id).where(Assignment.outcome.is_(None)).limit(1)
            return bool(await session.scalar(waiting)) or bool(await session.scalar(offered))

    async def _close(self, rules: Rules, moment: datetime) -> list[str]:
        """End offers whose conversation is taken or gone, or whose time is up."""
        limit = timedelta(seconds=rules.accept_s)
        async with self._database.write() as session:
            rows = await session.execute(
                select(Assignment, Conversation, Agent)
                .join(Conversation, Conversation.id == Assignment.conversation_id)
                .join(Agent, Agent.id == Assignment.agent_id)
                .where(Assignment.outcome.is_(None))
                .with_for_update(of=Assignment)
            )
            ended = []
            for assignment, conversation, agent in rows:
                # Also one from ahead of now: the clock was set back, and nobody waits for it.
                late = assignment.until <= moment or assignment.until > moment + 2 * limit
                if conversation.state != "waiting":
                    taken = conversation.agent_id == agent.id
                    assignment.outcome = "taken" if taken else "gone"
                    agent.misses = 0 if taken else agent.misses
                elif late:
                    assignment.outcome = "missed"
                    agent.misses += 1
                    away = rules.away_after_misses
                    agent.away = agent.away or bool(away and agent.misses >= away)
                else:
                    continue
                assignment.ended_at = moment
                ended.append(conversation.id)
        return ended

    async def _offer(self, rules: Rules, moment: datetime) -> list[Assignment]:
        async with self._database.read() as session:
            offered = select(Assignment.conversation_id).where(Assignment.outcome.is_(None))
            waiting = await contacts(
                session,
                (Conversation.state == "waiting")
                & Handoff.ended_at.is_(None)
                & Handoff.taken_at.is_(None)
                & Conversation.id.not_in(offered),
                rules,
            )
            if not waiting:
                return []
            people = await staff(session, self._teams, moment)
            teams = [look(team) for team in await session.scalars(select(Team))]
        made = []
        waiting.sort(key=lambda one: (-urgency(one, rules, moment), one.requested_at, one.id))
        for contact in waiting:
            placed = await self._placed(contact, team_for(contact, teams, rules), people, rules)
            choice = choose(placed, people, rules, moment)
            assignment = await self._assign(placed, choice, rules, moment) if choice else None
            if assignment is not None:
                made.append(assignment)
                people = [_with_one_more(one, assignment.agent_id, moment) for one in people]
        return made

    async def _placed(
        self, contact: Contact, team_id: str | None, people: list[Colleague], rules: Rules
    ) -> Contact:
        """Put a conversation into its team, and out of one in which nobody is for too long."""
        wanted = contact.team_id or team_id
        waited_s = (self._clock() - contact.requested_at).total_seconds()
        there = any(one.on_shift and wanted in one.teams for one in people)
        if wanted and not there and rules.overflow_s and waited_s >= rules.overflow_s:
            wanted = None
        if wanted != contact.team_id:
            async with self._database.write() as session:
                await session.execute(
                    update(Conversation)
                    .where(Conversation.id == contact.id, Conversation.state == "waiting")
                    .values(team_id=wanted)
                )
        return replace(contact, team_id=wanted)

    async def _assign(
        self, contact: Contact, choice: Choice, rules: Rules, moment: datetime
    ) -> Assignment | None:
        """Store the offer, unless the conversation or the place was taken meanwhile."""
        async with self._database.write() as session:
            agent = await session.get_one(Agent, choice.agent_id, with_for_update=True)
            conversation = await session.get_one(Conversation, contact.id, with_for_update=True)
            if conversation.state != "waiting" or agent.away or not agent.active:
                return None
            if await _held(session, agent.id) >= agent.capacity:
                return None
            handoff = await session.scalar(
                select(Handoff.id)
                .where(Handoff.conversation_id == contact.id, Handoff.ended_at.is_(None))
                .order_by(Handoff.requested_at.desc())
                .limit(1)
            )
            if handoff is None:
                return None
            assignment = Assignment(
                conversation_id=contact.id,
                handoff_id=handoff,
                agent_id=agent.id,
                score=choice.score,
                why=dict(choice.why),
                at=moment,
                until=moment + timedelta(seconds=rules.accept_s),
            )
            session.add(assignment)
        return assignment


async def _held(session: AsyncSession, agent_id: str) -> int:
    conversations = select(func.count(Conversation.id)).where(
        Conversation.state == "csr", Conversation.agent_id == agent_id
    )
    offered = select(func.count(Assignment.id)).where(
        Assignment.agent_id == agent_id, Assignment.outcome.is_(None)
    )
    return (await session.scalar(conversations) or 0) + (await session.scalar(offered) or 0)


def _with_one_more(one: Colleague, agent_id: str, moment: datetime) -> Colleague:
    if one.id != agent_id:
        return one
    return replace(one, held=one.held + 1, last_at=moment, today=one.today + 1)
