"""Who waits for a person, who is being helped, and how long a wait is likely to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from channels.message import Lang, State
from conversation.tables import ChannelContact, Conversation, Handoff, Message
from conversation.windows import REMIND_BEFORE
from crm.tables import Customer
from db.base import now
from db.engine import Database
from desk.brief import Brief
from desk.expected_wait import Band, expected_wait
from desk.load import places, seen
from desk.routing.tables import Assignment
from desk.tables import Agent
from language.detection import LANGUAGES

_LONGEST_LIST = 200
_MOST_OTHERS = 5


class Hours(Protocol):
    """When people answer."""

    def is_open(self, at: datetime) -> bool:
        """Say whether somebody is there at the moment `at`."""

    def next_opening(self, at: datetime) -> datetime:
        """Return `at` itself while open, else the start of the next service."""

    def closing_day(self, at: datetime, lang: str) -> str | None:
        """Return the name of the holiday for which the day of `at` has no service, or None."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation in a list of the console."""

    id: str
    state: State
    lang: Lang
    channel: str
    customer_name: str | None
    contact_name: str | None  # as they call themselves on their channel; proves nothing
    verified: bool
    agent_id: str | None
    agent_name: str | None
    last_text: str  # the customer's latest words
    last_at: datetime
    unanswered: bool  # no CSR has spoken since
    answer_by: datetime | None  # the channel's window, in its last hour
    team_id: str | None  # whose it is; None: everybody's


@dataclass(frozen=True, slots=True)
class WaitingConversation(Entry):
    """One conversation that nobody has taken yet."""

    wait_s: int
    requested_at: datetime
    reason: str
    brief: Brief
    offered_to: str | None  # routing waits for this CSR to take it
    offered_until: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a customer may be told about the wait."""

    position: int  # 1 is next
    wait: Band | None  # None: nobody can say
    open: bool
    opens_at: datetime | None  # when closed
    free_places: int = 0
    holiday: Mapping[str, str] = field(default_factory=dict)  # for which it is closed, by language

    def record(self) -> dict[str, int]:
        """Give what is kept with the handoff, to compare with the real wait."""
        told = {"from_s": self.wait.from_s, "to_s": self.wait.to_s} if self.wait else {}
        return {"position": self.position, "free": self.free_places, **told}


class Queue:
    """Reads the desk's lists; one per process."""

    def __init__(
        self, database: Database, hours: Hours, clock: Callable[[], datetime] = now
    ) -> None:
        self._database = database
        self._hours = hours
        self._clock = clock

    async def waiting(self) -> list[WaitingConversation]:
        """List those who wait, longest first."""
        found = _entries(Conversation.state == "waiting")
        rows = (
            found.add_columns(
                _requested_at, _open.reason, _open.brief, _offered_to, Assignment.until
            )
            .outerjoin(
                Assignment,
                (Assignment.conversation_id == Conversation.id) & Assignment.outcome.is_(None),
            )
            .order_by(_requested_at, Conversation.id)
        )
        moment = self._clock()
        async with self._database.read() as session:
            return [
                _waiting(row, moment) for row in await session.execute(rows.limit(_LONGEST_LIST))
            ]

    async def helped_by(self, agent_id: str) -> list[Entry]:
        """List the conversations of one CSR; those that need an answer first."""
        entries = await self._list(
            (Conversation.state == "csr") & (Conversation.agent_id == agent_id)
        )
        return sorted(entries, key=lambda entry: not entry.unanswered)

    async def helped_by_others(self, agent_id: str) -> list[Entry]:
        """List the conversations of all other CSRs."""
        return await self._list((Conversation.state == "csr") & (Conversation.agent_id != agent_id))

    async def with_bot(self, limit: int = 12) -> list[Entry]:
        """List the conversations in which a customer wrote to the bot last, newest first."""
        return await self._list(
            (Conversation.state == "bot") & (_last.seq.is_not(None)), limit=limit, newest=True
        )

    async def expected(self, conversation_id: str) -> Waiting:
        """Say what the customer of this conversation, waiting or about to, has to expect.

        The wait is that of desk/expected_wait.py.
        """
        moment = self._clock()
        async with self._database.read() as session:
            before = await _before(session, conversation_id)
            there = await places(session, moment)
            wait = expected_wait(before, there, await seen(session, moment))
        if self._hours.is_open(moment):
            return Waiting(before + 1, wait, True, None, there.free)
        names = {lang: self._hours.closing_day(moment, lang) for lang in LANGUAGES}
        return Waiting(
            before + 1,
            None,
            open=False,
            opens_at=self._hours.next_opening(moment),
            holiday={lang: name for lang, name in names.items() if name},
        )

    async def _list(
        self,
        which: ColumnElement[bool],
        *,
        limit: int = _LONGEST_LIST,
        newest: bool = False,
    ) -> list[Entry]:
        when = Conversation.updated_at.desc() if newest else Conversation.updated_at
        async with self._database.read() as session:
            rows = await session.execute(_entries(which).order_by(when).limit(limit))
            return [Entry(**_fields(row)) for row in rows]


async def entry(session: AsyncSession, conversation_id: str) -> Entry | None:
    """Give one conversation as the lists show it."""
    row = (await session.execute(_entries(Conversation.id == conversation_id))).one_or_none()
    return Entry(**_fields(row)) if row else None


async def other_conversations(session: AsyncSession, conversation: Conversation) -> list[Entry]:
    """List those of the same customer on any channel, where both are proven; latest first."""
    if conversation.customer_id is None or not conversation.verified:
        return []
    same = (
        (Conversation.customer_id == conversation.customer_id)
        & Conversation.verified
        & (Conversation.id != conversation.id)
    )
    newest = Conversation.updated_at.desc()
    rows = await session.execute(_entries(same).order_by(newest).limit(_MOST_OTHERS))
    return [Entry(**_fields(row)) for row in rows]


_last = aliased(Message)
_open = aliased(Handoff)
_offered_to = Assignment.agent_id.label("offered_to")
_requested_at = func.coalesce(_open.requested_at, Conversation.updated_at).label("requested_at")


def _entries(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select conversations with customer, CSR, open handoff and the customer's latest words."""
    latest = _latest_seq("customer")
    open_handoff = (
        select(Handoff.id)
        .where(Handoff.conversation_id == Conversation.id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    return (
        select(
            Conversation,
            Customer.name.label("customer_name"),
            Agent.name.label("agent_name"),
            _last.text.label("last_text"),
            _last.at.label("last_at"),
            _last.seq.label("customer_seq"),
            _latest_seq("csr").label("csr_seq"),
            ChannelContact.window_until,
            ChannelContact.name.label("contact_name"),
        )
        .outerjoin(ChannelContact, ChannelContact.conversation_id == Conversation.id)
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
        .outerjoin(Agent, Agent.id == Conversation.agent_id)
        .outerjoin(_last, (_last.conversation_id == Conversation.id) & (_last.seq == latest))
        .outerjoin(_open, _open.id == open_handoff)
        .where(which)
    )


def _latest_seq(author: str) -> ScalarSelect[int | None]:
    return (
        select(func.max(Message.seq))
        .where(Message.conversation_id == Conversation.id, Message.author == author)
        .correlate(Conversation)
        .scalar_subquery()
    )


def _fields(row: Row[Any]) -> dict[str, Any]:
    conversation: Conversation = row.Conversation
    return {
        "id": conversation.id,
        "state": cast("State", conversation.state),
        "lang": cast("Lang", conversation.lang),
        "channel": conversation.channel,
        "customer_name": row.customer_name,
        "contact_name": row.contact_name or None,
        "verified": conversation.verified,
        "agent_id": conversation.agent_id,
        "agent_name": row.agent_name,
        "last_text": row.last_text or "",
        "last_at": row.last_at or conversation.updated_at,
        "unanswered": (row.customer_seq or 0) > (row.csr_seq or 0),
        "answer_by": _answer_by(row.window_until),
        "team_id": conversation.team_id,
    }


def _answer_by(window_until: datetime | None) -> datetime | None:
    moment = now()
    if window_until is None or not moment < window_until <= moment + REMIND_BEFORE:
        return None
    return window_until


def _waiting(row: Row[Any], moment: datetime) -> WaitingConversation:
    return WaitingConversation(
        **_fields(row),
        wait_s=max(0, int((moment - row.requested_at).total_seconds())),
        requested_at=row.requested_at,
        reason=row.reason or "request",
        brief=Brief.read(row.brief),
        offered_to=row.offered_to,
        offered_until=row.until,
    )


async def _before(session: AsyncSession, conversation_id: str) -> int:
    """Count who waits longer than this conversation; all, if it does not wait yet."""
    waiting = select(Conversation.id, _requested_at).select_from(Conversation)
    rows = (
        await session.execute(
            waiting.outerjoin(
                _open, (_open.conversation_id == Conversation.id) & _open.ended_at.is_(None)
            )
            .where(Conversation.state == "waiting")
            .order_by(_requested_at, Conversation.id)
        )
    ).all()
    queued = [row.id for row in rows]
    return queued.index(conversation_id) if conversation_id in queued else len(queued)
