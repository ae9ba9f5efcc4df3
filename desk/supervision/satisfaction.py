"""What surveys say: by segment, channel, topic, CSR and bot, with how far it can be trusted."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from crm.surveys.tables import Survey
from desk.supervision.intervals import Estimate, mean, share
from desk.tables import Agent

_SATISFIED = 4  # CSAT marks from here on
_PROMOTER, _DETRACTOR = 9, 6  # NPS: from here on, and up to here


@dataclass(frozen=True, slots=True)
class Mark:
    """One survey that was sent; `score` is None while nobody answered."""

    asked_at: datetime
    scale: str  # csat, nps
    solver: str  # bot, person
    channel: str
    segment: str
    topic: str
    agent: str  # name; "" for the bot
    score: int | None
    comment: str | None
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a group of customers said; a scale nobody was asked on has counts of 0."""

    key: str
    asked: int
    response: Estimate
    satisfied: Estimate  # CSAT: marks 4 and 5 of all marks
    csat: Estimate  # mean of 1 to 5
    nps: Estimate  # -100 to 100


DIMENSIONS: dict[str, Callable[[Mark], str]] = {
    "solver": lambda mark: mark.solver,
    "agent": lambda mark: mark.agent,
    "channel": lambda mark: mark.channel,
    "segment": lambda mark: mark.segment,
    "topic": lambda mark: mark.topic,
}


def result(marks: Sequence[Mark], key: str = "") -> Result:
    """Sum up one group."""
    answered = [mark for mark in marks if mark.score is not None]
    csat = _scores(answered, "csat")
    nps = [_promotion(score) for score in _scores(answered, "nps")]
    return Result(
        key=key,
        asked=len(marks),
        response=share(len(answered), len(marks)),
        satisfied=share(sum(score >= _SATISFIED for score in csat), len(csat)),
        csat=mean(csat, 1, 5),
        nps=mean(nps, -100, 100),
    )


def results(marks: Sequence[Mark], dimension: str) -> list[Result]:
    """Sum up by one of DIMENSIONS, most asked first."""
    of = DIMENSIONS[dimension]
    groups: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        if dimension != "agent" or mark.solver == "person":
            groups[of(mark)].append(mark)
    found = [result(group, key) for key, group in groups.items()]
    return sorted(found, key=lambda one: (-one.asked, one.key))


def _scores(marks: Sequence[Mark], scale: str) -> list[int]:
    return [mark.score for mark in marks if mark.scale == scale and mark.score is not None]


def _promotion(score: int) -> float:
    """Give what one answer adds to the NPS, whose mean it then is."""
    return 100.0 if score >= _PROMOTER else -100.0 if score <= _DETRACTOR else 0.0


def marks(connection: Connection, since: datetime, until: datetime) -> list[Mark]:
    """Read the surveys asked in a period."""
    rows = connection.execute(
        select(
            Survey.asked_at,
            Survey.scale,
            Survey.solver,
            Survey.channel,
            Survey.segment,
            Survey.topic,
            Agent.name,
            Survey.score,
            Survey.comment,
            Survey.conversation_id,
        )
        .outerjoin(Agent, Agent.id == Survey.agent_id)
        .where(Survey.asked_at >= since, Survey.asked_at < until)
        .order_by(Survey.asked_at)
    )
    return [
        Mark(
            asked_at=row.asked_at,
            scale=row.scale,
            solver=row.solver,
            channel=row.channel,
            segment=row.segment or "",
            topic=row.topic,
            agent=row.name or "",
            score=row.score,
            comment=row.comment,
            conversation_id=row.conversation_id,
        )
        for row in rows
    ]
