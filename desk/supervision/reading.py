"""Read a period's history from the database: times and kinds, never what anybody said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select

from conversation.tables import AnswerRating, Conversation, Handoff, Message, Turn
from crm.surveys.questionnaires import Questionnaires
from crm.surveys.tables import Survey
from crm.tables import Ticket
from desk.supervision.history import Case, Handed, Rated, Said, Talk

# Before and after the period: a contact may have begun before it, and come back after it.
_AROUND = timedelta(hours=72)


def talks(
    connection: Connection, since: datetime, until: datetime, questionnaires: Questionnaires
) -> list[Talk]:
    """Read all conversations in which something was said around that period."""
    begin, end = since - _AROUND, until + _AROUND
    said = _by_conversation(connection, _said(begin, end))
    handed = _by_conversation(connection, _handed(begin, end))
    rated = _by_conversation(connection, _rated(begin, end))
    cases = _by_conversation(connection, _cases(begin, end))
    satisfied = _satisfied(connection, begin, questionnaires)
    people = {
        row.id: row
        for row in connection.execute(
            select(
                Conversation.id,
                Conversation.channel,
                Conversation.customer_id,
                Conversation.verified,
            ).where(Conversation.updated_at >= begin)
        )
    }
    return [
        Talk(
            conversation_id=key,
            channel=people[key].channel,
            customer_id=people[key].customer_id if people[key].verified else None,
            said=[Said(*row) for row in rows],
            handed=[Handed(*row) for row in handed[key]],
            rated=[Rated(*row) for row in rated[key]],
            cases=[Case(*row) for row in cases[key]],
            satisfied=satisfied,
        )
        for key, rows in said.items()
        if key in people
    ]


def _by_conversation(
    connection: Connection, query: Select[*tuple[Any, ...]]
) -> Mapping[str, list[tuple[Any, ...]]]:
    found: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *row in connection.execute(query):
        found[key].append(tuple(row))
    return found


def _said(begin: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Message.conversation_id,
            Message.at,
            Message.author,
            Message.kind,
            Message.source["id"].as_string(),
            Turn.intent,
            Message.choice,
        )
        .outerjoin(Turn, Turn.id == Message.turn_id)
        .where(Message.at.between(begin, end))
        .order_by(Message.conversation_id, Message.seq)
    )


def _handed(begin: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Handoff.conversation_id,
            Handoff.id,
            Handoff.reason,
            Handoff.requested_at,
            Handoff.taken_at,
            Handoff.ended_at,
            Handoff.outcome,
            Handoff.result,
            Handoff.agent_id,
        )
        .where(Handoff.requested_at.between(begin, end))
        .order_by(Handoff.requested_at)
    )


def _rated(begin: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(AnswerRating.conversation_id, AnswerRating.at, AnswerRating.helped)
        .where(AnswerRating.at.between(begin, end))
        .order_by(AnswerRating.at)
    )


def _cases(begin: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    # What follows up a survey is no part of the contact.
    return (
        select(Ticket.conversation_id, Ticket.created_at, Ticket.status)
        .where(Ticket.created_at.between(begin, end), ~Ticket.turn_id.startswith("survey:"))
        .order_by(Ticket.created_at)
    )


def _satisfied(
    connection: Connection, begin: datetime, questionnaires: Questionnaires
) -> frozenset[str]:
    rows = connection.execute(
        select(Survey.cause, Survey.questionnaire, Survey.scale, Survey.score).where(
            Survey.asked_at >= begin, Survey.score.is_not(None), Survey.solver == "person"
        )
    )
    return frozenset(_good(rows, questionnaires))


def _good(rows: Iterable[Any], questionnaires: Questionnaires) -> Iterable[str]:
    for cause, questionnaire, scale, score in rows:
        if not questionnaires.is_bad(questionnaire, scale, score):
            yield str(cause).removeprefix("handoff:")
