"""What routing needs to know of the conversations that wait and of the people who could help."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Handoff, Message, Turn
from crm.segments.tables import Standing
from crm.tables import Customer, OrderLine, Product
from desk.people.presence import presence_of
from desk.people.tables import Team, TeamMember
from desk.routing.rules import Rules
from desk.routing.scoring import Colleague, Contact, Skills
from desk.routing.tables import Assignment
from desk.routing.teams import Teams
from desk.tables import Agent, AgentSession

_LATEST = 5  # turns and answers that tell what it is about
_DAY = timedelta(hours=24)


async def contacts(
    session: AsyncSession, which: ColumnElement[bool], rules: Rules
) -> list[Contact]:
    """Read the handoffs of `which`, with what routing asks about each, oldest first."""
    rows = (
        await session.execute(
            select(Conversation, Handoff, Customer.city, Standing)
            .join(Handoff, Handoff.conversation_id == Conversation.id)
            .outerjoin(
                Customer,
                (Customer.id == Conversation.customer_id) & Conversation.verified,
            )
            .outerjoin(Standing, Standing.customer_id == Customer.id)
            .where(which)
            .order_by(Handoff.requested_at, Handoff.id)
        )
    ).all()
    ids = {row.Conversation.id for row in rows}
    intents, articles = await _intents(session, ids), await _articles(session, ids)
    passed = await _passed(session, [row.Handoff.id for row in rows])
    lines = await _lines(session, rows)
    return [
        _contact(
            row,
            rules.topic(
                row.Handoff.reason, intents[row.Conversation.id], articles[row.Conversation.id]
            ),
            lines.get(row.Handoff.id),
            passed.get(row.Handoff.id, {}),
        )
        for row in rows
    ]


def _contact(
    row: Row[*tuple[Any, ...]],
    topic: str | None,
    line: str | None,
    passed: Mapping[str, datetime],
) -> Contact:
    conversation, handoff, standing = row.Conversation, row.Handoff, row.Standing
    places = [row.city, standing.region if standing else None]
    return Contact(
        id=conversation.id,
        lang=conversation.lang,
        channel=conversation.channel,
        reason=handoff.reason,
        requested_at=handoff.requested_at,
        topic=topic,
        line=line or (standing.line if standing else None),
        places=[place for place in places if place],
        value=standing.value_class if standing else None,
        team_id=conversation.team_id,
        for_agent=handoff.for_agent,
        passed=passed,
    )


async def _intents(session: AsyncSession, ids: Collection[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = await session.execute(
        select(Turn.conversation_id, Turn.intent)
        .where(Turn.conversation_id.in_(ids), Turn.intent.is_not(None))
        .order_by(Turn.started_at.desc())
    )
    for row in rows:
        if len(found[row.conversation_id]) < _LATEST:
            found[row.conversation_id].append(row.intent)
    return found


async def _articles(session: AsyncSession, ids: Collection[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = await session.execute(
        select(Message.conversation_id, Message.data)
        .where(Message.conversation_id.in_(ids), Message.kind == "answer")
        .order_by(Message.seq.desc())
    )
    for row in rows:
        if len(found[row.conversation_id]) < _LATEST and row.data.get("article"):
            found[row.conversation_id].append(str(row.data["article"]))
    return found


async def _passed(
    session: AsyncSession, handoffs: Collection[str]
) -> dict[str, dict[str, datetime]]:
    found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    rows = await session.execute(
        select(Assignment.handoff_id, Assignment.agent_id, Assignment.ended_at)
        .where(Assignment.handoff_id.in_(handoffs), Assignment.outcome.in_(("missed", "declined")))
        .order_by(Assignment.at)
    )
    for row in rows:
        found[row.handoff_id][row.agent_id] = row.ended_at
    return found


async def _lines(session: AsyncSession, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[str, str]:
    """Give the product line of the order that a brief names, by handoff."""
    orders = {
        row.Handoff.id: str((row.Handoff.brief.get("entities") or {}).get("order_number", ""))
        for row in rows
        if isinstance(row.Handoff.brief.get("entities"), dict)
    }
    found = await session.execute(
        select(OrderLine.order_number, Product.category)
        .join(Product, Product.sku == OrderLine.sku)
        .where(OrderLine.order_number.in_({number for number in orders.values() if number}))
        .order_by(OrderLine.line.desc())
    )
    of_order = {row.order_number: row.category for row in found}
    return {handoff: of_order[number] for handoff, number in orders.items() if number in of_order}


async def staff(session: AsyncSession, teams: Teams, moment: datetime) -> list[Colleague]:
    """Read everybody who may answer, whether they are there, and what they hold."""
    agents = list(await session.scalars(select(Agent).where(Agent.active)))
    seen = await _by_agent(
        session,
        select(AgentSession.agent_id, func.max(AgentSession.seen_at))
        .where(AgentSession.expires_at > moment)
        .group_by(AgentSession.agent_id),
    )
    held = await _by_agent(
        session,
        select(Conversation.agent_id, func.count(Conversation.id))
        .where(Conversation.state == "csr")
        .group_by(Conversation.agent_id),
    )
    offered = await _by_agent(
        session,
        select(Assignment.agent_id, func.count(Assignment.id))
        .where(Assignment.outcome.is_(None))
        .group_by(Assignment.agent_id),
    )
    got = select(Handoff.agent_id, func.max(Handoff.taken_at), func.count(Handoff.id)).where(
        Handoff.taken_at > moment - _DAY
    )
    lately = {
        row[0]: (row[1], row[2]) for row in await session.execute(got.group_by(Handoff.agent_id))
    }
    groups: defaultdict[str, list[Team]] = defaultdict(list)
    members = select(TeamMember.agent_id, Team).join(Team, Team.id == TeamMember.team_id)
    for row in await session.execute(members):
        groups[row.agent_id].append(row.Team)
    return [
        Colleague(
            id=one.id,
            on_shift=presence_of(one, seen.get(one.id), moment) == "available"
            and _works(groups[one.id], teams, moment),
            capacity=one.capacity,
            held=held.get(one.id, 0) + offered.get(one.id, 0),
            skills=skills(one, groups[one.id]),
            teams=frozenset(team.id for team in groups[one.id]),
            sees_all=one.sees_all or one.role != "csr",
            last_at=lately.get(one.id, (None, 0))[0],
            today=lately.get(one.id, (None, 0))[1],
        )
        for one in agents
    ]


def skills(agent: Agent, teams: Sequence[Team]) -> Skills:
    """Give what somebody can: their own lists, and where one is empty what their teams can."""

    def known(own: Sequence[str], name: str) -> frozenset[str]:
        lists = [getattr(team, name) for team in teams]
        if own or not all(lists):  # one team for everything makes its people for everything
            return frozenset(own)
        return frozenset(entry for one in lists for entry in one)

    return Skills(
        known(agent.langs, "langs"),
        known(agent.topics, "topics"),
        known(agent.lines, "lines"),
        known(agent.cities, "cities"),
        known((), "channels"),
    )


def _works(groups: Sequence[Team], teams: Teams, moment: datetime) -> bool:
    return not groups or any(teams.open_now(team, moment) for team in groups)


async def _by_agent(session: AsyncSession, query: Any) -> dict[str, Any]:
    return {row[0]: row[1] for row in await session.execute(query)}
