"""Which cases were solved, so that their customers may be asked how it was.

By a person: the CSR closed the conversation as solved. By the bot: it answered, and the customer
then said so (tapped that it helped, thanked or took their leave), and has been quiet since. Silence
alone is no solution, and who left, was not understood or was handed over is not asked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, exists, func, select

from conversation.tables import AnswerRating, Conversation, Handoff, Message, Turn
from crm.surveys.asking import Solved
from crm.surveys.tables import Survey

_RECENT = timedelta(hours=1)  # an older case is asked about no more
_SAME_CASE = timedelta(hours=24)  # in which a person's help is not the bot's
_CONFIRMING = ("thanks", "goodbye")  # intents with which customers end what is done
_SOLVING = ("answer", "order", "ticket")  # kinds of message that can solve something
_MOST = 100

TopicOf = Callable[[str], str | None]  # of an article


def solved_by_people(connection: Connection, moment: datetime) -> list[Solved]:
    """List what CSRs closed as solved a moment ago and nobody was asked about."""
    rows = connection.execute(
        select(Handoff.id.label("cause"), Handoff.agent_id, *_who())
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(
            Handoff.result == "solved",
            Handoff.ended_at.between(moment - _RECENT, moment),
            Conversation.state.in_(("closed", "bot")),
            ~exists().where(Survey.cause == "handoff:" + Handoff.id),
        )
        .order_by(Handoff.ended_at)
        .limit(_MOST)
    )
    return [_solved(row, "person", f"handoff:{row.cause}", row.agent_id) for row in rows]


def solved_by_bot(connection: Connection, moment: datetime, quiet: timedelta) -> list[Solved]:
    """List what customers said the bot solved, and have been quiet about for `quiet`."""
    last = (
        select(Turn.id)
        .where(Turn.conversation_id == Conversation.id)
        .order_by(Turn.started_at.desc(), Turn.id)
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    helped = exists().where(AnswerRating.turn_id == Turn.id, AnswerRating.helped)
    by_people = exists().where(
        Handoff.conversation_id == Conversation.id,
        func.coalesce(Handoff.ended_at, moment) > moment - _SAME_CASE,
    )
    rows = connection.execute(
        select(Turn.id.label("cause"), *_who())
        .join(Turn, Turn.id == last)
        .where(
            Conversation.state == "bot",
            Conversation.updated_at.between(moment - quiet - _RECENT, moment - quiet),
            Turn.status == "answered",
            Turn.intent.in_(_CONFIRMING) | helped,
            _answered(moment),
            ~by_people,
            ~exists().where(Survey.cause == "turn:" + Turn.id),
        )
        .order_by(Conversation.updated_at)
        .limit(_MOST)
    )
    return [_solved(row, "bot", f"turn:{row.cause}", None) for row in rows]


def topic_of_case(connection: Connection, conversation_id: str, topic_of: TopicOf) -> str:
    """Name what a case was about: the topic of its last article, else the kind of its card."""
    said = connection.execute(
        select(Message.kind, Message.source)
        .where(
            Message.conversation_id == conversation_id,
            Message.author == "bot",
            Message.kind.in_(_SOLVING),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    ).one_or_none()
    if said is None:
        return ""
    article = (said.source or {}).get("id", "") if said.kind == "answer" else ""
    return (topic_of(article) or "") if article else str(said.kind)


def _who() -> tuple[Any, ...]:
    return (
        Conversation.id.label("conversation_id"),
        Conversation.channel,
        Conversation.lang,
        Conversation.customer_id,
        Conversation.verified,
    )


def _answered(moment: datetime) -> Any:
    """Whether the bot has said something that can solve a case, in this case."""
    return exists().where(
        Message.conversation_id == Conversation.id,
        Message.author == "bot",
        Message.kind.in_(_SOLVING),
        Message.at > moment - _SAME_CASE,
    )


def _solved(
    row: Row[Any], solver: Literal["bot", "person"], cause: str, agent_id: str | None
) -> Solved:
    return Solved(
        cause=cause,
        conversation_id=row.conversation_id,
        channel=row.channel,
        lang=row.lang,
        customer_id=cast("str | None", row.customer_id) if row.verified else None,
        solver=solver,
        agent_id=agent_id,
    )
