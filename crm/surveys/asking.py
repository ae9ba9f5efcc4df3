"""Ask a customer how it was, at most once in a while, and take what they answer.

Everything happens on a connection of the caller's transaction, because a survey is a message and
an answer is one: both are stored together or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, Table, insert, select, update

from crm.locks import serialise_connection
from crm.surveys.questionnaires import MARKS, Questionnaire, Questionnaires
from crm.surveys.tables import Survey
from crm.tables import Customer
from crm.texts import storable
from db.base import new_id
from db.base import now as current_time

_surveys = cast("Table", Survey.__table__)
_LONGEST_COMMENT = 2_000

What = Literal["stored", "commented", "repeated", "late", "foreign"]


@dataclass(frozen=True, slots=True)
class Solved:
    """A case that somebody may be asked about; `cause` names it for ever."""

    cause: str
    conversation_id: str
    channel: str
    lang: str
    customer_id: str | None  # only of who is proven
    solver: Literal["bot", "person"]
    agent_id: str | None = None
    topic: str = ""

    @property
    def person(self) -> str:
        """Who is asked: a customer on all their channels, else whoever is in the conversation."""
        return self.customer_id or f"conversation:{self.conversation_id}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey that was just begun."""

    id: str
    questionnaire: Questionnaire


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer; `bad`: the mark calls for a follow-up."""

    what: What
    survey_id: str
    scale: str = "csat"
    score: int | None = None
    bad: bool = False


class Surveys:
    """Begins surveys and takes their answers."""

    def __init__(
        self,
        questionnaires: Questionnaires,
        *,
        every: timedelta,
        open_for: timedelta,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Ask nobody again within `every`; take answers for `open_for`."""
        self.questionnaires = questionnaires
        self._every = every
        self._open_for = open_for
        self._clock = clock

    def begin(self, connection: Connection, solved: Solved) -> Asked | None:
        """Begin a survey, unless this customer was asked lately, or about this already."""
        serialise_connection(connection, f"survey:{solved.person}")
        moment = self._clock()
        before = connection.execute(
            select(_surveys.c.id).where(
                (_surveys.c.cause == solved.cause)
                | (
                    (_surveys.c.person == solved.person)
                    & (_surveys.c.asked_at > moment - self._every)
                    # Not what a clock that has been set back says of the future.
                    & (_surveys.c.asked_at <= moment + self._every)
                )
            )
        ).first()
        if before is not None:
            return None
        segment = self._segment(connection, solved.customer_id)
        questionnaire = self.questionnaires.for_segment(segment)
        survey_id = new_id()
        row = {
            "id": survey_id,
            "cause": solved.cause,
            "person": solved.person,
            "customer_id": solved.customer_id,
            "conversation_id": solved.conversation_id,
            "channel": solved.channel,
            "lang": solved.lang,
            "segment": segment,
            "topic": solved.topic,
            "solver": solved.solver,
            "agent_id": solved.agent_id,
            "questionnaire": questionnaire.name,
            "scale": questionnaire.scale,
            "asked_at": moment,
            "until": moment + self._open_for,
        }
        connection.execute(insert(_surveys), row)
        return Asked(survey_id, questionnaire)

    def mark(
        self, connection: Connection, conversation_id: str, survey_id: str, score: int, said_in: str
    ) -> Taken:
        """Take a mark, once; the same message or turn `said_in` again is no second answer."""
        row = self._of(connection, conversation_id, survey_id)
        if row is None or score not in MARKS[row.scale]:
            return Taken("foreign", survey_id)
        if row.score is not None:
            what: What = "stored" if row.answered_in == said_in else "repeated"
            return self._taken(what, row, row.score)
        if self._clock() > row.until:
            return self._taken("late", row, None)
        connection.execute(
            update(_surveys)
            .where(_surveys.c.id == survey_id, _surveys.c.score.is_(None))
            .values(score=score, answered_at=self._clock(), answered_in=said_in)
        )
        return self._taken("stored", row, score)

    def may_comment(self, connection: Connection, conversation_id: str, survey_id: str) -> Taken:
        """Say whether a comment is still welcome: after a mark, in time, and only once."""
        row = self._of(connection, conversation_id, survey_id)
        if row is None or row.score is None:
            return Taken("foreign", survey_id)
        if row.comment is not None:
            return self._taken("repeated", row, row.score)
        if self._clock() > row.until:
            return self._taken("late", row, row.score)
        return self._taken("stored", row, row.score)

    def comment(
        self, connection: Connection, conversation_id: str, survey_id: str, text: str
    ) -> Taken:
        """Keep what the customer wrote beside the mark; the same words again change nothing."""
        taken = self.may_comment(connection, conversation_id, survey_id)
        words = storable(text)[:_LONGEST_COMMENT]
        if taken.what == "repeated":
            row = self._of(connection, conversation_id, survey_id)
            same = row is not None and row.comment == words
            return replace(taken, what="commented") if same else taken
        if taken.what != "stored":
            return taken
        connection.execute(update(_surveys).where(_surveys.c.id == survey_id).values(comment=words))
        return replace(taken, what="commented")

    def _of(self, connection: Connection, conversation_id: str, survey_id: str) -> Row[Any] | None:
        """Find a survey; only in the conversation in which it was asked."""
        return connection.execute(
            select(_surveys)
            .where(_surveys.c.id == survey_id, _surveys.c.conversation_id == conversation_id)
            .with_for_update()
        ).one_or_none()

    def _taken(self, what: What, row: Row[Any], score: int | None) -> Taken:
        bad = score is not None and self.questionnaires.is_bad(row.questionnaire, row.scale, score)
        return Taken(what, row.id, row.scale, score, bad)

    def _segment(self, connection: Connection, customer_id: str | None) -> str | None:
        if customer_id is None:
            return None
        return connection.scalar(select(Customer.segment).where(Customer.id == customer_id))
