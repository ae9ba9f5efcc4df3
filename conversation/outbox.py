"""Deliver messages through the channels that push, in order, with retry and a dead letter.

A row is leased, sent, then marked; after a crash between sending and marking it is sent again.
That one duplicate is the price of never losing a message, because the vendors have no
idempotency key. It stays one, because a process has one message of a channel under way at a time
(docs/decisions/0014-one-send-at-a-time.md). The messages of one turn are sent as one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from channels.message import Channel, DeliveryFailed, Outbound, Sent
from conversation.bus import Bus
from conversation.kept_files import KeptFiles
from conversation.outgoing import outbound_of, with_file
from conversation.receipts import note_sent
from conversation.tables import InboxEvent, OutboxItem
from conversation.unbroken import unbroken
from conversation.undelivered import count, next_try, rest_of_turn
from db.base import now
from db.engine import Database

log = structlog.get_logger()

_LEASE = timedelta(seconds=60)
_NOTE_AGAIN_S = 0.5
# What lies further ahead was written before the machine's clock was set back: a lease, a message
# that nothing has kept from being sent, or the moment at which one was put off.
_SET_BACK = timedelta(minutes=3)
# A receipt, which says that a send in doubt arrived, may be among what is still to be read.
_UNREAD = timedelta(seconds=2)
_UNREAD_AT_MOST = timedelta(minutes=5)  # then it is tried again all the same


class Outbox:
    """Sends what is due."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        tries: int = 8,
        at_once: Mapping[str, int] | None = None,
        with_receipts: Collection[str] = (),
        kept: KeptFiles | None = None,
    ) -> None:
        """After `tries` failures, or one that is permanent, a message goes to the dead letter.

        `at_once` per channel, 1 where it is not named: so many conversations at a time, and so
        many messages may be doubled by a crash. The vendors of the channels `with_receipts` tell
        which messages they have; what they may have is sent again only if they stay silent.
        The files that CSRs send are in `kept`.
        """
        self._database = database
        self._channels = channels
        self._tries = tries
        self._at_once = at_once or {}
        self._with_receipts = with_receipts
        self._kept = kept

    async def run(self, bus: Bus, *, sweep_s: float = 1.0) -> None:
        """Deliver until cancelled; a channel that is slow holds up no other."""
        workers = [name for name in self._channels for _ in range(self._at_once.get(name, 1))]
        await asyncio.gather(*(self._deliver_all(bus, {name}, sweep_s) for name in workers))

    async def forget_dead_workers(self) -> None:
        """Free all leases but those that wait for a receipt; only for a database's one process."""
        async with self._database.write() as session:
            await session.execute(
                update(OutboxItem)
                .where(
                    OutboxItem.status == "pending",
                    OutboxItem.channel.not_in(self._with_receipts),
                )
                .values(lease_until=None)
            )

    async def _deliver_all(self, bus: Bus, channels: Collection[str], sweep_s: float) -> None:
        with bus.subscribe("desk") as wishes:
            while True:
                busy = False
                try:
                    busy = await self._any_due(channels) and await unbroken(
                        self.deliver_next(channels)
                    )
                except Exception:
                    log.exception("outbox stopped for a moment")
                if not busy:
                    await wishes.next(sweep_s)
                    wishes.forget()  # one look finds what all of them told of

    async def deliver_next(self, channels: Collection[str] | None = None) -> bool:
        """Send the next due message of `channels`, or of any; False when there is none."""
        claimed = await self._claim(self._channels if channels is None else channels)
        if claimed is None:
            return False
        items, outbound = claimed
        channel, address = items[0].channel, items[0].address
        try:
            outbound = await with_file(outbound, self._kept)
            sent = await self._channels[channel].send(address, outbound)
        except DeliveryFailed as failure:
            unsent = failure
            await self._insist(lambda: self._failed(items, unsent))
        except Exception as error:
            log.exception("channel broke", channel=channel)
            broken = DeliveryFailed(type(error).__name__)
            await self._insist(lambda: self._failed(items, broken))
        else:
            await self._insist(lambda: self._sent(items, sent or Sent()))
        return True

    async def _insist(self, note: Callable[[], Awaitable[None]]) -> None:
        """Note what became of a send, also while the database is away: else it is sent again.

        It gives up when the lease ends, because from then on another process may send.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _LEASE.total_seconds() - _NOTE_AGAIN_S
        while True:
            try:
                return await note()
            except DBAPIError as error:
                if loop.time() >= until:
                    raise
                log.warning("delivery not noted yet", error=type(error.orig).__name__)
            await asyncio.sleep(_NOTE_AGAIN_S)

    async def _any_due(self, channels: Collection[str]) -> bool:
        asked = {"channels": list(channels), **_moments()}
        return await self._database.ask(
            lambda connection: connection.scalar(_ANY_DUE, asked) is not None
        )

    async def _claim(self, channels: Collection[str]) -> tuple[list[OutboxItem], Outbound] | None:
        """Lease the oldest due message whose predecessors in its conversation are gone.

        The rest of its turn comes along: a channel may limit messages, not their length.
        """
        asked = {"channels": list(channels), **_moments()}
        async with self._database.write() as session:
            item = await session.scalar(_NEXT, asked)
            if item is None:
                return None
            item.lease_owner, item.lease_until = self._database.process, now() + _LEASE
            items = [item, *await rest_of_turn(session, item, "pending")]
            return items, await outbound_of(session, items)

    async def _sent(self, items: Sequence[OutboxItem], sent: Sent) -> None:
        async with self._database.write() as session:
            first, *rest = [await session.get_one(OutboxItem, item.id) for item in items]
            if sent.external_id:
                await note_sent(session, first, sent.external_id, invite=sent.held)
            first.lease_until = None
            if sent.more:
                first.part, first.next_at = items[0].part + 1, now()
                count(first.channel, "sent")
                return
            for item in (first, *rest):
                item.status = "held" if sent.held else "sent"
                item.error = sent.reason or None
                item.sent_at = None if sent.held else now()
        count(items[0].channel, "held" if sent.held else "sent")

    async def _failed(self, items: Sequence[OutboxItem], failure: DeliveryFailed) -> None:
        async with self._database.write() as session:
            first, *rest = [await session.get_one(OutboxItem, item.id) for item in items]
            first.tries += failure.counts
            first.lease_until, first.error = None, str(failure)
            if failure.permanent or first.tries >= self._tries:
                for item in (first, *rest):
                    item.status, item.error = "dead", str(failure)
                count(first.channel, "dead", failure)
                log.error("message not delivered", item=first.id, reason=str(failure))
            else:
                count(first.channel, "again", failure)
                first.next_at, first.put_off_at = next_try(first.tries, failure), now()
                log.warning("message waits", item=first.id, reason=str(failure))


def _moments() -> dict[str, datetime]:
    """Give the times by which `_IS_DUE` judges."""
    moment = now()
    return {
        "moment": moment,
        "set_back": moment + _SET_BACK,
        "unread": moment - _UNREAD,
        "in_doubt": moment - _UNREAD_AT_MOST,
    }


_IS_DUE: ColumnElement[bool] = (
    (OutboxItem.status == "pending")
    & or_(
        OutboxItem.next_at <= bindparam("moment", type_=OutboxItem.next_at.type),
        OutboxItem.put_off_at > bindparam("set_back", type_=OutboxItem.next_at.type),
        OutboxItem.error.is_(None)
        & (OutboxItem.next_at > bindparam("set_back", type_=OutboxItem.next_at.type)),
    )
    & or_(
        OutboxItem.lease_until.is_(None),
        OutboxItem.lease_until < bindparam("moment", type_=OutboxItem.next_at.type),
        OutboxItem.lease_until > bindparam("set_back", type_=OutboxItem.next_at.type),
    )
    & or_(
        OutboxItem.tries == 0,
        OutboxItem.put_off_at.is_(None),
        OutboxItem.put_off_at < bindparam("in_doubt", type_=OutboxItem.next_at.type),
        OutboxItem.put_off_at > bindparam("set_back", type_=OutboxItem.next_at.type),
        ~select(InboxEvent.id)
        .where(
            InboxEvent.channel == OutboxItem.channel,
            InboxEvent.status == "new",
            InboxEvent.next_at < bindparam("unread", type_=OutboxItem.next_at.type),
        )
        .correlate(OutboxItem)
        .exists(),
    )
    & OutboxItem.channel.in_(bindparam("channels", expanding=True))
)
_earlier = aliased(OutboxItem)
# Asked at every message, so made once.
_ANY_DUE = select(OutboxItem.id).where(_IS_DUE).limit(1)
_NEXT = (
    select(OutboxItem)
    .where(
        _IS_DUE,
        ~select(_earlier.id)
        .where(
            _earlier.conversation_id == OutboxItem.conversation_id,
            _earlier.status == "pending",
            _earlier.seq < OutboxItem.seq,
        )
        .exists(),
    )
    .order_by(OutboxItem.next_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
