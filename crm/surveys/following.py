"""Open a ticket after each bad mark, and put a comment that comes later on it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import Row, Table, select, update

from crm.surveys.questionnaires import MARKS, Questionnaires
from crm.surveys.tables import Survey
from crm.tables import Customer
from crm.tickets import Tickets
from db.base import now as current_time
from db.engine import Database

log = structlog.get_logger()

_surveys = cast("Table", Survey.__table__)
_MOST = 100
_LATELY = timedelta(days=7)  # what an owner calls bad only now is no reason to dig up the past


class FollowUps:
    """Looks after unhappy customers; may run in every process."""

    def __init__(
        self,
        database: Database,
        tickets: Tickets,
        questionnaires: Questionnaires,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        self._database = database
        self._tickets = tickets
        self._questionnaires = questionnaires
        self._clock = clock

    async def run(self, every_s: float = 15.0) -> None:
        """Follow up until cancelled."""
        while True:
            try:
                await self.once()
            except Exception:
                log.exception("follow-ups stopped for now")
            await asyncio.sleep(every_s)

    async def once(self) -> list[int]:
        """Open what tickets are missing, and add what comments; return the tickets' ids.

        A repeat after a crash finds the same ticket, by the survey's id.
        """
        opened = [await self._open(row) for row in await self._to_open()]
        for row in await self._to_note():
            text = self._questionnaires.follow_up.comment[row.lang].format(comment=row.comment)
            await self._tickets.add_note(f"survey:{row.id}", row.ticket_id, "csr", text)
            await self._note(row.id, noted_at=self._clock())
        return opened

    async def _open(self, row: Row[Any]) -> int:
        words = self._questionnaires.follow_up
        text = words.description[row.lang].format(score=row.score, most=MARKS[row.scale][-1])
        if row.comment:
            text += "\n" + words.comment[row.lang].format(comment=row.comment)
        ticket = await self._tickets.open(
            f"survey:{row.id}",
            conversation_id=row.conversation_id,
            customer_id=row.customer_id,
            order_number=None,
            category=words.category,
            description=text,
            contact=row.phone or row.email or "",
            lang=row.lang,
        )
        noted = {"noted_at": self._clock()} if row.comment else {}
        await self._note(row.id, ticket_id=ticket.id, **noted)
        return ticket.id

    async def _to_open(self) -> Sequence[Row[Any]]:
        """Read the bad marks without a ticket."""
        marked = (
            select(_surveys, Customer.phone, Customer.email)
            .outerjoin(Customer, Customer.id == _surveys.c.customer_id)
            .where(
                _surveys.c.answered_at > self._clock() - _LATELY,
                _surveys.c.ticket_id.is_(None),
                self._may_be_bad(),
            )
            .order_by(_surveys.c.answered_at)
        )
        async with self._database.read() as session:
            rows = (await session.execute(marked)).all()
        is_bad = self._questionnaires.is_bad
        return [row for row in rows if is_bad(row.questionnaire, row.scale, row.score)]

    def _may_be_bad(self) -> Any:
        worst = {
            scale: max(
                (one.bad for one in self._questionnaires.by_name.values() if one.scale == scale),
                default=marks[0],
            )
            for scale, marks in MARKS.items()
        }
        of_csat = (_surveys.c.scale == "csat") & (_surveys.c.score <= worst["csat"])
        return of_csat | ((_surveys.c.scale == "nps") & (_surveys.c.score <= worst["nps"]))

    async def _to_note(self) -> Sequence[Row[Any]]:
        async with self._database.read() as session:
            rows = await session.execute(
                select(_surveys)
                .where(
                    _surveys.c.ticket_id.is_not(None),
                    _surveys.c.comment.is_not(None),
                    _surveys.c.noted_at.is_(None),
                )
                .limit(_MOST)
            )
            return rows.all()

    async def _note(self, survey_id: str, **values: Any) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(_surveys).where(_surveys.c.id == survey_id).values(**values)
            )
