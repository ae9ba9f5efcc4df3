"""What the knowledge base could not answer, what it cost, and what people answered instead."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.masking import masked
from conversation.tables import Conversation, Handoff, Message, UnansweredQuestion
from crm.tables import Customer
from db.engine import Database

_FOLLOWS = timedelta(hours=24)  # a person wanted later than this is wanted for something else


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question that no article answers; all words are masked."""

    text: str
    lang: str
    handoff: str | None  # the contact with a person that followed
    minutes: float | None  # its share of that person's time; None while unknown
    csr_said: tuple[str, ...]  # after it, by people, never by the bot


async def unanswered(database: Database, since: datetime | None, most: int) -> list[Unanswered]:
    """Return the newest `most` questions since then, newest first."""
    which = select(UnansweredQuestion)
    if since is not None:
        which = which.where(UnansweredQuestion.at >= since)
    which = which.order_by(UnansweredQuestion.at.desc(), UnansweredQuestion.turn_id).limit(most)
    async with database.read() as session:
        questions = list(await session.scalars(which))
        ids = which.with_only_columns(UnansweredQuestion.conversation_id).scalar_subquery()
        handoffs = await _handoffs(session, ids)
        said = await _csr_messages(session, ids)
        names = await _names(session, ids)
    contacts = [_contact(each, handoffs) for each in questions]
    shared = Counter(handoff.id for handoff in contacts if handoff)
    return [
        _told(question, contact, shared, said, names)
        for question, contact in zip(questions, contacts, strict=True)
    ]


def _contact(
    question: UnansweredQuestion, handoffs: Mapping[str, Sequence[Handoff]]
) -> Handoff | None:
    """Return the first contact with a person after the question."""
    for handoff in handoffs.get(question.conversation_id or "", ()):
        if timedelta() <= handoff.requested_at - question.at <= _FOLLOWS:
            return handoff
    return None


def _told(
    question: UnansweredQuestion,
    contact: Handoff | None,
    shared: Counter[str],
    said: Mapping[str, Sequence[Message]],
    names: Mapping[str, Iterable[str]],
) -> Unanswered:
    conversation = question.conversation_id or ""
    people = [*names.get(conversation, ()), *(one.name for one in said.get(conversation, ()))]
    minutes = None
    answers: list[str] = []
    if contact is not None:
        if contact.taken_at and contact.ended_at:
            minutes = (contact.ended_at - contact.taken_at).total_seconds() / 60
            minutes /= shared[contact.id]
        answers = [
            masked(message.text, people)
            for message in said.get(conversation, ())
            if "attachment" not in message.data  # "[Photo]" answers nothing
            and message.at >= contact.requested_at
            and (contact.ended_at is None or message.at <= contact.ended_at)
        ]
    if question.answer is not None:  # chosen by hand, so nothing else that was said
        answers = [masked(question.answer, people)]
    return Unanswered(
        text=masked(question.text, people),
        lang=question.lang,
        handoff=contact.id if contact else None,
        minutes=minutes,
        csr_said=tuple(answers),
    )


async def _handoffs(
    session: AsyncSession, conversations: ScalarSelect[str | None]
) -> dict[str, list[Handoff]]:
    found = defaultdict[str, list[Handoff]](list)
    rows = select(Handoff).where(Handoff.conversation_id.in_(conversations))
    for row in await session.scalars(rows.order_by(Handoff.requested_at)):
        found[row.conversation_id].append(row)
    return found


async def _csr_messages(
    session: AsyncSession, conversations: ScalarSelect[str | None]
) -> dict[str, list[Message]]:
    found = defaultdict[str, list[Message]](list)
    rows = select(Message).where(
        Message.conversation_id.in_(conversations), Message.author == "csr"
    )
    for row in await session.scalars(rows.order_by(Message.conversation_id, Message.seq)):
        found[row.conversation_id].append(row)
    return found


async def _names(
    session: AsyncSession, conversations: ScalarSelect[str | None]
) -> dict[str, list[str]]:
    rows = await session.execute(
        select(Conversation.id, Customer.name)
        .join(Customer, Customer.id == Conversation.customer_id)
        .where(Conversation.id.in_(conversations))
    )
    return {row.id: [row.name] for row in rows}
