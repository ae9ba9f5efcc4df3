"""Raw events of the channels' webhooks: stored once, claimed in order, parked when poisonous.

The events of one lane (one customer) are taken in one after another in the order in which they
were sent, because vendors deliver in any order and several workers may run. An event that kills
its worker each time is found out too: what a dead worker left is taken a few at a time, then one.
"""

import asyncio
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from channels.event import RawEvent
from conversation.bus import Bus
from conversation.pressure import Pressure
from conversation.tables import InboxEvent
from crm.locks import serialise
from db.base import new_id, now
from db.engine import Database

log = structlog.get_logger()

_LEASE = timedelta(seconds=60)
_BATCH = 100
_FEW = 10
_LONGEST_PAUSE_S = 60.0
# Further ahead than we ever put anything off: the machine's clock was set back since.
_SET_BACK = timedelta(minutes=3)
_JUST_ENDED = timedelta(seconds=1)

_REPEATS = Counter("sapa_inbox_repeats", "Events that were known already.", ["channel"])
_OUTCOMES = Counter("sapa_inbox_events", "What became of stored events.", ["channel", "outcome"])


@dataclass(slots=True)
class _Put:
    """Events that wait to be stored with the next commit, and who waits for it."""

    rows: list[dict[str, Any]]
    stored: asyncio.Future[None]


class Inbox:
    """Reads and writes raw events; one per process."""

    def __init__(
        self, database: Database, bus: Bus, *, reorder_s: float = 0.0, tries: int = 5
    ) -> None:
        """An event may be claimed after `reorder_s`, and is parked after `tries` failures."""
        self._database = database
        self._bus = bus
        self.reorder_s = reorder_s
        self._reorder = timedelta(seconds=reorder_s)
        self._tries = tries
        self._waiting: list[_Put] = []
        self._storing = asyncio.Lock()
        self._pressure = Pressure()

    async def put(self, channel: str, events: Sequence[RawEvent]) -> None:
        """Store those that are new; returns when they are safe, raises when they are not.

        What arrives while a commit is under way shares the next one: a burst then costs a few
        writes to the disk, not one each.
        """
        moment, loop = now(), asyncio.get_running_loop()
        rows = [self._row(channel, event, moment, n) for n, event in enumerate(events)]
        wish, begun = _Put(rows, loop.create_future()), loop.time()
        self._waiting.append(wish)
        async with self._storing:
            if not wish.stored.done():
                # Shielded: who goes away must not take along what others wait for.
                await asyncio.shield(self._store_waiting())
        await wish.stored
        self._pressure.note(loop.time() - begun)
        self._bus.publish("inbox", {"channel": channel})

    async def give_way(self, event: InboxEvent) -> None:
        """Wait a moment while vendors wait for us: `event` is stored and can wait longer."""
        await self._pressure.give_way((now() - event.received_at).total_seconds())

    async def _store_waiting(self) -> None:
        wishes: list[_Put] = []
        failure: Exception | None = None
        try:
            async with self._database.write(urgent=True) as session:
                wishes, self._waiting = self._waiting, []
                repeats = await _insert_new(session, [row for wish in wishes for row in wish.rows])
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and raises it
            failure = error
            wishes = wishes or self._waiting
            self._waiting = [] if wishes is self._waiting else self._waiting
        else:
            for channel, count in repeats.items():
                _REPEATS.labels(channel).inc(count)
        for wish in wishes:
            if wish.stored.done():  # who waited went away
                continue
            if failure is None:
                wish.stored.set_result(None)
            else:
                wish.stored.set_exception(failure)

    def _row(self, channel: str, event: RawEvent, moment: datetime, place: int) -> dict[str, Any]:
        return {
            "id": new_id(),
            "channel": channel,
            "source_id": event.source_id,
            "status": "new",
            "lane": event.lane,
            "sent_at": event.sent_at,
            # Events of one second keep the order of their body.
            "received_at": moment + timedelta(microseconds=place),
            "next_at": moment + self._reorder,
            "raw": dict(event.raw),
            "tries": 0,
        }

    async def any_due(self, channels: Collection[str]) -> bool:
        """Whether something of `channels` may be claimed; only reads."""
        moment = now()
        asked = {"channels": list(channels), "moment": moment, "set_back": moment + _SET_BACK}
        return await self._database.ask(
            lambda connection: connection.scalar(_ANY_DUE, asked) is not None
        )

    async def claim(self, channels: Collection[str]) -> list[InboxEvent]:
        """Lease what is due in lanes that no other worker has, oldest first.

        What was sent before something due goes along with it; what was sent after it waits for
        its own time, because one sent in between may still be on its way. So does, anew, what was
        stored before the machine's clock was set back.
        """
        busy, first = aliased(InboxEvent), aliased(InboxEvent)
        moment = now()
        async with self._database.write() as session:
            # Two workers at once could each see a lane as free.
            await serialise(session, "inbox")
            await session.execute(
                update(InboxEvent)
                .where(_is_new(InboxEvent, channels), InboxEvent.next_at > moment + _SET_BACK)
                .values(next_at=moment + self._reorder)  # by the right clock
            )
            held = select(busy.lane).where(
                _is_new(busy, channels),
                or_(
                    busy.lease_until.between(moment, moment + _SET_BACK),
                    (busy.tries > 0) & ~_is_due(busy),
                ),
            )
            due = (
                select(first.lane, func.max(first.sent_at).label("sent_at"))
                .where(_is_new(first, channels), _is_due(first))
                .group_by(first.lane)
                .subquery()
            )
            rows = await session.scalars(
                select(InboxEvent)
                .join(due, due.c.lane == InboxEvent.lane)
                .where(
                    _is_new(InboxEvent, channels),
                    InboxEvent.sent_at <= due.c.sent_at,
                    InboxEvent.lane.not_in(held),
                )
                .order_by(InboxEvent.sent_at, InboxEvent.received_at, InboxEvent.id)
                .limit(_BATCH)
            )
            events = self._without_the_poisoned(list(rows))
            for event in events:
                event.lease_owner, event.lease_until = self._database.process, moment + _LEASE
            return events

    def _without_the_poisoned(self, events: list[InboxEvent]) -> list[InboxEvent]:
        """Give the events to take now: only a few, if a worker died over some of them.

        Over which it died is found as in a search: a few at a time, and one at a time where one
        died over those few too. Each time that happens to an event counts as a failed try.
        """
        suspects = [event for event in events if event.lease_until is not None]
        if not suspects:
            return events
        suspect = next((event for event in suspects if event.tries), None)
        if suspect is None:
            lanes = {event.lane for event in suspects}
            few = [event for event in events if event.lane in lanes][:_FEW]
            for event in few:
                event.tries += event.lease_until is not None
            return few
        first = next(event for event in events if event.lane == suspect.lane)
        if first.lease_until is None:
            return [first]
        first.tries += 1
        if first.tries < self._tries:
            return [first]
        first.error = "its worker died each time"
        _park(first)
        return self._without_the_poisoned([event for event in events if event is not first])

    async def forget_dead_workers(self) -> None:
        """End all leases at once; right only where this is the one process on the database."""
        async with self._database.write() as session:
            await session.execute(
                update(InboxEvent)
                .where(InboxEvent.status == "new", InboxEvent.lease_until.is_not(None))
                .values(lease_until=now() - _JUST_ENDED)
            )

    async def done(self, events: Sequence[InboxEvent]) -> None:
        """Note that events were taken in; of their content nothing is kept."""
        async with self._database.write() as session:
            await session.execute(
                update(InboxEvent)
                .where(InboxEvent.id.in_([event.id for event in events]))
                .values(status="done", raw=None, lease_until=None, error=None)
            )
        for event in events:
            _OUTCOMES.labels(event.channel, "taken").inc()

    async def failed(self, event: InboxEvent, error: str, held: Sequence[str]) -> None:
        """Put an event off with a pause that doubles; `held`, after it in its lane, wait too.

        One that failed often enough is parked, and its lane goes on without it.
        """
        async with self._database.write() as session:
            row = await session.get_one(InboxEvent, event.id)
            row.tries += 1
            row.error, row.lease_until = error, None
            if row.tries >= self._tries:
                _park(row)
            else:
                pause_s = min(2.0 ** (row.tries - 1), _LONGEST_PAUSE_S)
                jitter = random.uniform(1.0, 1.5)  # noqa: S311
                row.next_at = now() + timedelta(seconds=pause_s * jitter)
                _OUTCOMES.labels(row.channel, "again").inc()
            await session.execute(
                update(InboxEvent).where(InboxEvent.id.in_(held)).values(lease_until=None)
            )

    async def park(self, event: InboxEvent, error: str) -> None:
        """Put an event aside that no other try could take in."""
        async with self._database.write() as session:
            row = await session.get_one(InboxEvent, event.id)
            row.error = error
            _park(row)


def _park(row: InboxEvent) -> None:
    row.status, row.lease_until = "parked", None
    _OUTCOMES.labels(row.channel, "parked").inc()
    log.error("event parked", channel=row.channel, id=row.id, error=row.error)


def _is_new(event: type[InboxEvent], channels: Collection[str]) -> ColumnElement[bool]:
    return (event.status == "new") & event.channel.in_(channels)


def _is_due(event: type[InboxEvent]) -> ColumnElement[bool]:
    return event.next_at <= now()


_ANY_DUE = (  # asked at every event, so made once
    select(InboxEvent.id)
    .where(
        InboxEvent.status == "new",
        InboxEvent.channel.in_(bindparam("channels", expanding=True)),
        or_(
            InboxEvent.next_at <= bindparam("moment", type_=InboxEvent.next_at.type),
            InboxEvent.next_at > bindparam("set_back", type_=InboxEvent.next_at.type),
        ),
    )
    .limit(1)
)


async def _insert_new(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return how many were there already, by channel."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if on_sqlite else postgresql.insert
    wish = insert(InboxEvent).on_conflict_do_nothing(index_elements=["channel", "source_id"])
    repeats = {}
    for channel in sorted({row["channel"] for row in rows}):
        events = [row for row in rows if row["channel"] == channel]
        new = await session.scalars(wish.returning(InboxEvent.id), events)
        repeats[channel] = len(events) - len(new.all())
    return repeats
