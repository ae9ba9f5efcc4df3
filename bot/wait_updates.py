"""Tells those in line how the wait goes without being asked: nearer, longer, shut, open again.

Little and honest: something is said only when it changed, at most once in a settable time. Whoever
is in line when the desk shuts keeps their place, and learns when it opens; a ticket or a call-back
is offered each time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select, update

from bot.actions.handoff import wait_data, wait_words
from bot.actions.moments import spoken_moment
from bot.speech import Templates
from channels.message import Lang, Reply
from conversation.leases import Turnstile
from conversation.rows import held
from conversation.tables import Conversation, Handoff
from conversation.transcript import Transcript
from db.base import now
from db.engine import Database
from desk.queue import Queue, Waiting

log = structlog.get_logger()

News = Literal["nearer", "longer", "shut", "open"]
_EVERY_S = 15.0
_AT_ONCE = 200  # who waits longest is told first


@dataclass(frozen=True, slots=True)
class Line:
    """One who waits, and what they were told last."""

    conversation_id: str
    handoff_id: str
    lang: Lang
    told: dict[str, Any]  # position, to_s, shut
    told_at: datetime


def news(line: Line, expected: Waiting, moment: datetime, pause: timedelta) -> News | None:
    """Say what of the wait is worth telling now, if anything."""
    shut = bool(line.told.get("shut"))
    if not expected.open:
        return None if shut else "shut"
    if shut:
        return "open"
    since = moment - line.told_at
    if timedelta() <= since < pause:
        return None
    if expected.position < int(line.told.get("position", expected.position)):
        return "nearer"
    to_s = line.told.get("to_s")
    return "longer" if to_s is not None and since > timedelta(seconds=float(to_s)) else None


class WaitUpdates:
    """Looks at the line every few seconds; in one process at a time."""

    def __init__(
        self,
        transcript: Transcript,
        queue: Queue,
        templates: Templates,
        bot_name: str,
        zone: ZoneInfo,
        pause_s: float,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """Nobody is told twice within `pause_s`, but that the desk shuts or opens."""
        self._database: Database = transcript.database
        self._transcript = transcript
        self._queue = queue
        self._templates = templates
        self._bot_name = bot_name
        self._zone = zone
        self._pause = timedelta(seconds=pause_s)
        self._clock = clock
        self._turnstile = Turnstile(self._database, "waits", 45.0, owner=self._database.process)

    async def run(self, every_s: float = _EVERY_S) -> None:
        """Tell until cancelled."""
        while True:
            try:
                line = await self._line()
                if line and await self._turnstile.take():
                    await self._tell(line)
            except Exception:
                log.exception("cannot tell who waits")
            await asyncio.sleep(every_s)

    async def tell(self) -> list[tuple[str, News]]:
        """Tell everybody in line what is new; gives who was told what."""
        return await self._tell(await self._line())

    async def _line(self) -> list[Line]:
        async with self._database.read() as session:
            rows = await session.execute(
                select(Conversation.id, Conversation.lang, Handoff)
                .join(Handoff, Handoff.conversation_id == Conversation.id)
                .where(
                    Conversation.state == "waiting",
                    Handoff.ended_at.is_(None),
                    Handoff.taken_at.is_(None),
                )
                .order_by(Handoff.requested_at)
                .limit(_AT_ONCE)
            )
            return [
                Line(
                    row.id,
                    row.Handoff.id,
                    cast("Lang", row.lang),
                    row.Handoff.told or row.Handoff.expected,
                    row.Handoff.told_at or row.Handoff.requested_at,
                )
                for row in rows
            ]

    async def _tell(self, line: list[Line]) -> list[tuple[str, News]]:
        told = []
        for one in line:
            expected = await self._queue.expected(one.conversation_id)
            what = news(one, expected, self._clock(), self._pause)
            if what is not None and await self._say(one, expected, what):
                told.append((one.conversation_id, what))
        return told

    async def _say(self, line: Line, expected: Waiting, what: News) -> bool:
        """Say it, unless somebody took the conversation or the customer left meanwhile."""
        reply, moment = self._words(line.lang, expected, what), self._clock()
        told = {**expected.record(), "shut": not expected.open}

        def work(connection: Connection) -> bool:
            with held(connection, line.conversation_id) as conversation:
                if conversation.state != "waiting":
                    return False
                self._transcript.add_reply(connection, conversation, reply, "bot", self._bot_name)
                connection.execute(
                    update(Handoff)
                    .where(Handoff.id == line.handoff_id)
                    .values(told=told, told_at=moment)
                )
                return True

        said = await self._database.change(work)
        if said:
            self._transcript.announce(line.conversation_id)
        return said

    def _words(self, lang: Lang, expected: Waiting, what: News) -> Reply:
        slots: dict[str, Any] = {}
        if what == "shut":
            slots["opens"] = spoken_moment(
                self._templates, expected.opens_at or self._clock(), lang, self._zone
            )
        else:
            slots["position"] = str(expected.position)
            wait = wait_words(self._templates, expected, lang)
            if wait is not None:
                slots["wait"] = wait
        known = "" if what == "shut" or "wait" in slots else "-unknown"
        data = {"state": "waiting", **wait_data(expected)}
        return self._templates.reply(
            f"line-{what}{known}", lang, kind="handoff", data=data, **slots
        )
