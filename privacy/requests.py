"""Wishes to be forgotten: taken at once, done within a minute, after the goodbye went out."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from conversation.tables import Conversation, OutboxItem
from db.base import now as current_time
from db.engine import Database
from privacy.erasure import Erased, Erasure, NobodyToErase
from privacy.tables import ErasureRequest

log = structlog.get_logger()

_GOODBYE = timedelta(seconds=10)  # the answer to the wish is still on its way
_PATIENCE = timedelta(seconds=40)  # a channel that cannot be reached keeps nobody's data
_TOLD = 200


class ErasureRequests:
    """Takes wishes and sees to them; one per process."""

    def __init__(
        self,
        database: Database,
        erasure: Erasure,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        self._database = database
        self._erasure = erasure
        self._clock = clock

    async def ask(
        self,
        *,
        source: str,
        customer_id: str | None = None,
        conversation_id: str | None = None,
        at_once: bool = False,
    ) -> str:
        """Note a wish and return its id; the same wish again is the same.

        Of whoever proved who they are everything goes, else the one conversation.
        """
        at = self._clock()
        async with self._database.write() as session:
            same = ErasureRequest.customer_id == customer_id
            if customer_id is None:
                same = ErasureRequest.conversation_id == conversation_id
            open_one = await session.scalar(
                select(ErasureRequest.id).where(same, ErasureRequest.done_at.is_(None))
            )
            if open_one is not None:
                return open_one
            row = ErasureRequest(
                customer_id=customer_id,
                conversation_id=None if customer_id else conversation_id,
                source=source,
                requested_at=at,
                due_at=at if at_once else at + _GOODBYE,
            )
            session.add(row)
            await session.flush()
            return row.id

    async def run(self, every_s: float = 3.0) -> None:
        """See to wishes until cancelled."""
        while True:
            try:
                while await self.next() is not None:
                    pass
            except Exception:
                log.exception("erasing stopped for a moment")
            await asyncio.sleep(every_s)

    async def next(self) -> Erased | None:
        """See to the wish that has waited longest; None if none is due."""
        at = self._clock()
        async with self._database.read() as session:
            due = await session.scalar(
                select(ErasureRequest)
                .where(ErasureRequest.done_at.is_(None), ErasureRequest.due_at <= at)
                .order_by(ErasureRequest.requested_at)
                .limit(1)
            )
        if due is None:
            return None
        if due.requested_at > at - _PATIENCE and await self._talks(due):
            await self._set(due.id, due_at=at + timedelta(seconds=2))
            return None
        return await self._erase(due)

    async def now(self, request_id: str) -> Erased | None:
        """See to this wish at once; None if it was seen to before. Raises NobodyToErase."""
        async with self._database.read() as session:
            wish = await session.get(ErasureRequest, request_id)
        if wish is None or wish.done_at is not None:
            return None
        return await self._erase(wish)

    async def _erase(self, wish: ErasureRequest) -> Erased:
        try:
            if wish.customer_id is not None:
                erased = await self._erasure.customer(wish.customer_id)
            else:
                erased = await self._erasure.conversation(wish.conversation_id or "")
        except NobodyToErase:
            await self._erasure.compact()
            erased = Erased({}, {}, 0)
        except Exception as error:
            later = self._clock() + timedelta(seconds=5)
            await self._set(wish.id, error=type(error).__name__[:_TOLD], due_at=later)
            raise
        await self._set(
            wish.id,
            done_at=self._clock(),
            rows=dict(erased.rows),
            customer_id=None,
            conversation_id=None,
            error=None,
        )
        return erased

    async def _talks(self, wish: ErasureRequest) -> bool:
        """Whether something to or of them is still on its way."""
        theirs = Conversation.customer_id == wish.customer_id
        if wish.customer_id is None:
            theirs = Conversation.id == wish.conversation_id
        async with self._database.read() as session:
            under_way = (
                select(Conversation.id)
                .outerjoin(OutboxItem, OutboxItem.conversation_id == Conversation.id)
                .where(
                    theirs,
                    or_(Conversation.pending_since.is_not(None), OutboxItem.status == "pending"),
                )
            )
            return await session.scalar(under_way.limit(1)) is not None

    async def _set(self, request_id: str, **values: object) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(ErasureRequest).where(ErasureRequest.id == request_id).values(**values)
            )
