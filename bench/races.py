"""Two CSRs who click on every conversation at once, over the real router and database."""

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from channels.message import Reply, Source
from conversation.bus import Bus
from conversation.ownership import NotYours, Ownership
from conversation.tables import Conversation, Handoff, Message
from conversation.transcript import Transcript
from crm.hours import ServiceHours
from db.base import new_id, now
from db.engine import Database
from db.migrate import migrate
from desk.routing.router import Router
from desk.routing.rule_store import RuleStore
from desk.routing.tables import Assignment
from desk.routing.teams import Teams
from desk.tables import Agent, AgentSession

_AT_ONCE = 10
_HELLO = Reply("Halo", "id", Source("template", "desk.joined", "1"))


async def raced(url: str, conversations: int) -> str:
    """Let each conversation be routed and clicked on by two; gives a line with the counts."""
    await asyncio.to_thread(migrate, url)
    database = Database(url)
    try:
        return await _raced(database, conversations)
    finally:
        await database.close()


async def _raced(database: Database, conversations: int) -> str:
    bus = Bus()
    transcript = Transcript(database, bus)
    ownership = Ownership(database, transcript)
    router = Router(database, bus, Teams(database, ServiceHours.load()), RuleStore(database))
    people = [await _console(database, f"csr{number}") for number in range(4)]
    offline = await _console(database, "offline", open_s=600)
    results: Counter[str] = Counter()
    for begin in range(0, conversations, _AT_ONCE):
        ids = [
            await _waiting(database, transcript)
            for _ in range(min(_AT_ONCE, conversations - begin))
        ]
        offered = {one.conversation_id: one.agent_id for one in await router.route()}
        results["offered"] += len(offered)
        results["offered to who is offline"] += list(offered.values()).count(offline)
        for one in ids:
            meant = offered.get(one, people[0])
            other = next(who for who in people if who != meant)
            clicks = await asyncio.gather(*(_click(ownership, one, who) for who in (meant, other)))
            results["taken"] += sum(clicks)
            results["two owners"] += sum(clicks) > 1 or not await _one_owner(database, one)
            await _close(database, one)
    await router.route()
    async with database.read() as session:
        left = await session.scalars(select(Assignment.id).where(Assignment.outcome.is_(None)))
        results["offers left over"] = len(list(left))
    return ", ".join(f"{name}: {results[name]}" for name in sorted(results))


async def _console(database: Database, name: str, open_s: float = 0) -> str:
    async with database.write() as session:
        agent = Agent(id=new_id(), login=name, name=name, password_hash="", capacity=5)
        session.add(agent)
        await session.flush()
        # Nobody's console beats here: a sign from just ahead of now counts for longer.
        seen = now() - timedelta(seconds=open_s) if open_s else now() + timedelta(seconds=100)
        session.add(
            AgentSession(
                token_hash=new_id(),
                agent_id=agent.id,
                seen_at=seen,
                expires_at=now() + timedelta(hours=1),
            )
        )
    return agent.id


async def _waiting(database: Database, transcript: Transcript) -> str:
    thread = await transcript.open("website", new_id(), "id")
    async with database.write() as session:
        row = await session.get_one(Conversation, thread.id)
        row.state = "waiting"
        session.add(Handoff(id=new_id(), conversation_id=thread.id, reason="request"))
    return thread.id


async def _click(ownership: Ownership, conversation_id: str, agent_id: str) -> bool:
    try:
        await ownership.take(conversation_id, agent_id, _HELLO, "CSR")
    except NotYours:
        return False
    return True


async def _one_owner(database: Database, conversation_id: str) -> bool:
    async with database.read() as session:
        taken = await session.scalars(
            select(Handoff.agent_id).where(
                Handoff.conversation_id == conversation_id, Handoff.taken_at.is_not(None)
            )
        )
        hellos = await session.scalars(
            select(Message.id).where(
                Message.conversation_id == conversation_id, Message.author == "system"
            )
        )
        row = await session.get_one(Conversation, conversation_id)
        return list(taken) == [row.agent_id] and len(list(hellos)) == 1


async def _close(database: Database, conversation_id: str) -> None:
    async with database.write() as session:
        row = await session.get_one(Conversation, conversation_id)
        row.state, row.agent_id = "closed", None
