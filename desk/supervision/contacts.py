"""Cut conversations into contacts, and say of each what came of it.

Told to supervisors in desk/content/console/metrics.yml and docs/desk.md: a rule that changes here
changes there.
A contact begins with a customer's message, and the next one begins with the first message after a
CSR closed, or after `GAP` of silence in which no person was waited for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from desk.supervision.history import Handed, Said, Talk

GAP = timedelta(hours=4)
QUIET = timedelta(minutes=30)  # then a contact with the bot has ended
REOPENED_WITHIN = timedelta(hours=72)
_EVER = datetime.min.replace(tzinfo=UTC)
_CONFIRMING = ("thanks", "goodbye")
_SOLVING = ("answer", "order", "ticket")
_MISSED = ("answer-missed", "answer-none", "answer-helpful-no", "failure", "unavailable", "sorry")

Resolution = Literal["confirmed", "assumed", "abandoned", "reopened", "open"]
Solver = Literal["bot", "people"]
TopicOf = Callable[[str], str | None]  # of an article


@dataclass(frozen=True, slots=True)
class Contact:
    """One matter a customer came with."""

    person: str
    channel: str
    topic: str  # of its first article, else the kind of its first card; "" if it had neither
    begun_at: datetime
    ended_at: datetime
    by: Solver
    resolution: Resolution
    handed: tuple[Handed, ...] = ()
    bot_s: float | None = None  # from the first message to the bot's first word
    person_s: float | None = None  # from asking for a person to the person's first word


def contacts(talks: Iterable[Talk], topic_of: TopicOf, moment: datetime) -> list[Contact]:
    """Give all contacts in the order in which they began, as they stand at `moment`."""
    found = [_contact(part, topic_of, moment) for talk in talks for part in _parts(talk)]
    return _reopened(sorted(found, key=lambda contact: contact.begun_at))


def _parts(talk: Talk) -> Iterator[Talk]:
    """Cut a conversation into contacts."""
    said = [one for one in talk.said if not one.surveys]
    begins: list[datetime | None] = []
    for before, later in pairwise([None, *said]):
        if later is None or later.author != "customer":
            continue
        if not begins or (before is not None and _cut(talk.handed, before, later)):
            begins.append(later.at)
    for begin, end in pairwise([*begins, None]):
        if begin is None:
            continue
        # What is dated before the first word, by another clock, belongs to it all the same.
        since = begin if begin != begins[0] else _EVER
        yield replace(
            talk,
            said=[one for one in said if _inside(one.at, begin, end)],
            handed=[one for one in talk.handed if _inside(one.requested_at, since, end)],
            rated=[one for one in talk.rated if _inside(one.at, since, end)],
            cases=[one for one in talk.cases if _inside(one.opened_at, since, end)],
        )


def _inside(at: datetime, begin: datetime, end: datetime | None) -> bool:
    return begin <= at and (end is None or at < end)


def _cut(handed: Sequence[Handed], before: Said, later: Said) -> bool:
    """Whether another contact begins between two messages."""
    for one in handed:
        if one.outcome == "closed" and one.ended_at and before.at <= one.ended_at <= later.at:
            return True
    if later.at - before.at < GAP:
        return False
    return not any(
        one.requested_at < later.at and (one.ended_at is None or one.ended_at > later.at - GAP)
        for one in handed
    )


def _contact(part: Talk, topic_of: TopicOf, moment: datetime) -> Contact:
    taken = [one for one in part.handed if one.taken_at]
    ends = [one.ended_at for one in part.handed if one.ended_at]
    first = part.said[0].at
    bot = next((one.at for one in part.said if one.author == "bot"), None)
    return Contact(
        person=part.person,
        channel=part.channel,
        topic=_topic(part.said, topic_of),
        begun_at=first,
        ended_at=max([part.said[-1].at, *ends]),
        by="people" if taken else "bot",
        resolution=_resolution(part, moment),
        handed=tuple(part.handed),
        bot_s=(bot - first).total_seconds() if bot else None,
        person_s=_first_word(part),
    )


def _first_word(part: Talk) -> float | None:
    """Measure how long a customer who asked for a person waited for their first word."""
    taken = next((one for one in part.handed if one.taken_at and one.asked), None)
    if taken is None or taken.taken_at is None:
        return None
    begin, end = taken.taken_at, taken.ended_at
    for said in part.said:
        if said.author == "csr" and begin <= said.at and (end is None or said.at <= end):
            return (said.at - taken.requested_at).total_seconds()
    return None


def _topic(said: Sequence[Said], topic_of: TopicOf) -> str:
    for one in said:
        if one.author == "bot" and one.kind == "answer" and one.source:
            return topic_of(one.source) or ""
        if one.author == "bot" and one.kind in _SOLVING:
            return one.kind
    return ""


def _resolution(part: Talk, moment: datetime) -> Resolution:
    """Say what came of it, before anybody came back."""
    if any(one.ended_at is None for one in part.handed):
        return "open"
    if part.cases:
        done = all(case.status in ("solved", "closed") for case in part.cases)
        return "assumed" if done else "open"
    taken = [one for one in part.handed if one.taken_at]
    if taken and taken[-1].outcome == "closed":
        return _by_people(taken[-1], part.satisfied)
    after = max((one.ended_at for one in part.handed if one.ended_at), default=None)
    rest = [one for one in part.said if after is None or one.at > after]
    if after is not None and not any(one.author == "customer" for one in rest):
        return "assumed" if taken else "abandoned"
    if moment - part.said[-1].at < QUIET:
        return "open"
    return _by_bot(rest, [one.helped for one in part.rated if after is None or one.at > after])


def _by_people(last: Handed, satisfied: frozenset[str]) -> Resolution:
    if last.result == "unsolved":
        return "abandoned"
    return "confirmed" if last.id in satisfied else "assumed"


def _by_bot(said: Sequence[Said], helped: Sequence[bool]) -> Resolution:
    """Judge what the bot did by the customer's own last sign, else by its own last word."""
    solved = any(one.author == "bot" and one.kind in _SOLVING for one in said)
    intents = [one.intent for one in said if one.author == "bot" and one.intent]
    last = next((one for one in reversed(said) if one.author == "bot"), None)
    if last is None or said[-1].author == "customer":
        return "abandoned"
    if (last.source or "").startswith(_MISSED) or (helped and not helped[-1] and not solved):
        return "abandoned"
    if solved and ((helped and helped[-1]) or (intents and intents[-1] in _CONFIRMING)):
        return "confirmed"
    return "assumed" if solved and not (helped and not helped[-1]) else "abandoned"


def _reopened(found: Sequence[Contact]) -> list[Contact]:
    """Mark what was thought solved, and came back with the same matter, or with none of its own."""
    later: Mapping[str, list[Contact]] = defaultdict(list)
    marked: list[Contact] = []
    for contact in reversed(found):
        again = any(
            timedelta(0) <= other.begun_at - contact.ended_at <= REOPENED_WITHIN
            and other.topic in ("", contact.topic)
            for other in later[contact.person]
        )
        solved = contact.resolution in ("confirmed", "assumed")
        marked.append(replace(contact, resolution="reopened") if again and solved else contact)
        later[contact.person].append(contact)
    return marked[::-1]
