"""Promises to phone somebody, only at times when somebody is there to do it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from crm.contacts import phone_e164
from crm.hours import ServiceHours
from crm.tables import CallBack as CallBackRow
from crm.texts import storable
from db.base import now as current_time
from db.engine import Database

_AHEAD = timedelta(days=14)
_SLOT = timedelta(minutes=15)
_NOTICE = timedelta(minutes=5)  # "now" is taken as soon as somebody can phone


class CallBackRefused(Exception):
    """Nobody can phone at that time; `nearest` is the nearest time at which somebody can."""

    def __init__(self, reason: Literal["past", "closed", "too_far"], nearest: datetime) -> None:
        super().__init__(f"{reason}; nearest possible {nearest.isoformat()}")
        self.reason = reason
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class CallBack:
    """A booked call."""

    id: str
    at: datetime
    phone: str  # E.164
    name: str
    about: str
    status: str  # booked, done, cancelled


class CallBacks:
    """The calls the shop has promised."""

    def __init__(
        self,
        database: Database,
        hours: ServiceHours,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Book within `hours`."""
        self._database = database
        self._hours = hours
        self._clock = clock

    async def book(
        self,
        turn_id: str,
        *,
        conversation_id: str | None,
        customer_id: str | None,
        phone: str,
        at: datetime,
        name: str = "",
        about: str = "",
    ) -> CallBack:
        """Book a call; the same turn, or the same call asked for again, gives the same booking.

        Raises CallBackRefused, BadPhone.
        """
        booked = await self._booked_by(turn_id)
        if booked is not None:
            return booked
        row = CallBackRow(
            turn_id=turn_id,
            conversation_id=conversation_id,
            customer_id=customer_id,
            name=storable(name).strip(),
            phone=phone_e164(phone),
            at=self.possible(at),
            about=storable(about),
            created_at=self._clock(),
        )
        try:
            async with self._database.write() as session:
                asked_before = await session.scalar(select(CallBackRow).where(_same_call(row)))
                if asked_before is not None:
                    return _view(asked_before)
                session.add(row)
        except IntegrityError:  # the same turn, a moment earlier
            booked = await self._booked_by(turn_id)
            if booked is None:
                raise
            return booked
        return _view(row)

    def possible(self, at: datetime) -> datetime:
        """Return `at` in the shop's zone if somebody can phone then. Raises CallBackRefused.

        A moment that passed within the last minutes ("now") becomes the next possible one.
        """
        now = self._clock()
        if at < now - _NOTICE:
            raise CallBackRefused("past", self._first(now))
        if at > now + _AHEAD:
            raise CallBackRefused("too_far", self._last(now + _AHEAD))
        if not self._hours.is_open(at):
            raise CallBackRefused("closed", self._nearest(at, now))
        return max(at, now).astimezone(self._hours.zone)

    async def _booked_by(self, turn_id: str) -> CallBack | None:
        async with self._database.read() as session:
            row = await session.scalar(select(CallBackRow).where(CallBackRow.turn_id == turn_id))
            return _view(row) if row else None

    def _first(self, now: datetime) -> datetime:
        """Return the first whole quarter of an hour from `now` on that is open."""
        quarters = -(-int(now.timestamp()) // int(_SLOT.total_seconds()))
        return self._hours.next_opening(datetime.fromtimestamp(0, UTC) + quarters * _SLOT)

    def _last(self, before: datetime) -> datetime:
        """Return the last possible slot not after `before`."""
        return self._hours.last_open(before, _SLOT)

    def _nearest(self, at: datetime, now: datetime) -> datetime:
        after = self._hours.next_opening(max(at, now))
        before = self._last(at)
        possible = [moment for moment in (before, after) if now < moment <= now + _AHEAD]
        return min(possible or [after], key=lambda moment: abs(moment - at))


def _same_call(row: CallBackRow) -> ColumnElement[bool]:
    """Match the call if this conversation has booked it already."""
    return (
        CallBackRow.conversation_id.is_not(None)
        & (CallBackRow.conversation_id == row.conversation_id)
        & (CallBackRow.phone == row.phone)
        & (CallBackRow.at == row.at)
        & (CallBackRow.status == "booked")
    )


def _view(row: CallBackRow) -> CallBack:
    return CallBack(row.id, row.at, row.phone, row.name, row.about, row.status)
