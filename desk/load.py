"""What the desk did in the last hours and how many places it has now, read for the estimate."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Handoff
from desk.expected_wait import Places, Seen
from desk.people.presence import PRESENT
from desk.tables import Agent, AgentSession

_RECENT = timedelta(hours=4)


async def places(session: AsyncSession, moment: datetime) -> Places:
    """Count the places of the CSRs who are there, and those in which nobody is helped."""
    held = (
        select(func.count(Conversation.id))
        .where(Conversation.agent_id == Agent.id, Conversation.state == "csr")
        .correlate(Agent)
        .scalar_subquery()
    )
    there = select(AgentSession.agent_id).where(
        AgentSession.seen_at.between(moment - PRESENT, moment + PRESENT)
    )
    rows = await session.execute(
        select(Agent.capacity, held.label("held")).where(
            Agent.active, ~Agent.away, Agent.id.in_(there)
        )
    )
    found = rows.all()
    free = sum(max(0, row.capacity - row.held) for row in found)
    return Places(sum(row.capacity for row in found), free)


async def seen(session: AsyncSession, moment: datetime) -> Seen:
    """Read handling times, waits and who gave up, of handoffs that moved in the last hours.

    What a CSR took over unasked is no wait, but holds a place.
    """
    since = moment - _RECENT
    last = func.coalesce(Handoff.ended_at, Handoff.taken_at, Handoff.requested_at)
    rows = (
        await session.execute(
            select(
                Handoff.reason,
                Handoff.requested_at,
                Handoff.taken_at,
                Handoff.ended_at,
                Handoff.expected,
            ).where((last > since) | (Handoff.ended_at.is_(None) & Handoff.taken_at.is_not(None)))
        )
    ).all()
    taken = [row for row in rows if row.taken_at]
    asked = [row for row in rows if row.reason != "takeover"]
    lost = [row for row in asked if row.ended_at and not row.taken_at]
    return Seen(
        handled=[_s(row.taken_at, row.ended_at) for row in taken if row.ended_at],
        under_way=[_s(row.taken_at, moment) for row in taken if not row.ended_at],
        picked_up=[
            _s(row.requested_at, row.taken_at)
            for row in asked
            if row.taken_at and row.expected and row.expected["free"] >= row.expected["position"]
        ],
        gave_up=len(lost),
        waited=sum(_s(row.requested_at, row.taken_at or row.ended_at or moment) for row in asked),
    )


def _s(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin).total_seconds())
