"""Take in what the channels stored: read it, and let it happen in the conversations, once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import NoneType

import structlog

from channels.event import (
    Correction,
    DeliveryReceipt,
    Happening,
    NumberChange,
    OwnerMessage,
    RawEvent,
    Reachability,
    Reader,
    Uninvited,
    Unreadable,
    VendorFault,
)
from channels.message import Channel, Inbound
from conversation.bus import Bus
from conversation.contacts import Contacts
from conversation.corrections import Corrections
from conversation.files import files_of
from conversation.inbox import Inbox
from conversation.receipts import Receipts
from conversation.tables import InboxEvent
from conversation.transcript import Transcript
from conversation.unbroken import unbroken
from conversation.words import ChoiceUnknown
from db.base import now

log = structlog.get_logger()

Read = Happening | None | Exception  # what an event says, or why that cannot be read
_LANES_AT_ONCE = 4
_OF_ITS_LANE = (Inbound, Correction, DeliveryReceipt, Unreadable, NoneType)


@dataclass(frozen=True, slots=True)
class Source:
    """A channel that stores raw events."""

    read: Reader
    contacts: Contacts
    channel: Channel
    quiet: timedelta = timedelta()  # the bot's silence after the owner wrote by phone
    decline: Callable[[Uninvited], Awaitable[None]] | None = None  # say no, and leave


class Intake:
    """Works off the inbox; several may run, also in several processes."""

    def __init__(
        self,
        inbox: Inbox,
        transcript: Transcript,
        receipts: Receipts,
        sources: Mapping[str, Source],
        bus: Bus,
    ) -> None:
        self._inbox = inbox
        self._transcript = transcript
        self._corrections = Corrections(transcript)
        self._receipts = receipts
        self._sources = sources
        self._bus = bus
        self.greetings: set[asyncio.Task[None]] = set()  # read receipts under way

    async def run(self, sweep_s: float = 1.0) -> None:
        """Work until cancelled; does nothing where no channel has a webhook."""
        with self._bus.subscribe("inbox") as wishes:
            while self._sources:
                try:
                    busy = await self._inbox.any_due(self._sources) and await unbroken(
                        self.take_in()
                    )
                except Exception:
                    log.exception("intake stopped for a moment")
                    busy = False
                if not busy and await wishes.next(sweep_s):
                    wishes.forget()  # all that was stored until now is due after this pause
                    await asyncio.sleep(self._inbox.reorder_s)

    async def take_in(self) -> bool:
        """Take in what is due; False when there was nothing."""
        lanes: defaultdict[str, list[InboxEvent]] = defaultdict(list)
        for event in await self._inbox.claim(self._sources):
            lanes[event.lane].append(event)
        found = {one.id: self._read(one) for events in lanes.values() for one in events}
        # Each waits for the database and for what else runs, most of its time. But what an owner or
        # a vendor tells may be about a customer of another lane, known there by another name.
        apart = all(isinstance(one, _OF_ITS_LANE) for one in found.values())
        beside = asyncio.Semaphore(_LANES_AT_ONCE if apart else 1)
        taken = await asyncio.gather(
            *(self._take_lane(events, found, beside) for events in lanes.values()),
            return_exceptions=True,
        )
        done = [event for one in taken if not isinstance(one, BaseException) for event in one]
        if done:
            await self._inbox.done(done)
        for one in taken:
            if isinstance(one, BaseException):
                raise one
        return bool(lanes)

    def _read(self, event: InboxEvent) -> Read:
        """Return what happened, or why that cannot be read: its turn in its lane will come."""
        try:
            return self._sources[event.channel].read(event.raw or {}, event.sent_at or now())
        except Exception as error:  # noqa: BLE001 - raised where it is its turn
            return error

    async def _take_lane(
        self,
        events: list[InboxEvent],
        found: Mapping[str, Read],
        beside: asyncio.Semaphore,
    ) -> list[InboxEvent]:
        """Take one lane's events in order, up to the first that fails; return what is done."""
        async with beside:
            return await self._take_in_order(events, found)

    async def _take_in_order(
        self, events: list[InboxEvent], found: Mapping[str, Read]
    ) -> list[InboxEvent]:
        done: list[InboxEvent] = []
        for place, event in enumerate(events):
            await self._inbox.give_way(event)
            try:
                await self._take(event, found[event.id])
            except Unreadable as error:
                await self._inbox.park(event, str(error))
            except Exception as error:
                log.exception("event not taken in", channel=event.channel, id=event.id)
                rest = [later.id for later in events[place + 1 :]]
                await self._inbox.failed(event, type(error).__name__, rest)
                break
            else:
                done.append(event)
        return done

    async def _take(self, event: InboxEvent, happening: Read) -> None:
        source = self._sources[event.channel]
        match happening:
            case Exception():
                raise happening
            case Inbound():
                await self._hear(source, happening)
            case Correction():
                await self._correct(source, happening, event.source_id)
            case OwnerMessage():
                await self._overhear(source, happening)
            case NumberChange():
                await source.contacts.move(happening)
            case Reachability():
                await self._reach(source, happening)
            case Uninvited() if source.decline:
                await source.decline(happening)
            case DeliveryReceipt():
                await self._receipts.note(event.channel, happening)
            case VendorFault():
                log.error("vendor reports a fault", channel=event.channel, reason=happening.reason)

    async def _hear(self, source: Source, inbound: Inbound) -> None:
        conversation_id = await source.contacts.hear(inbound)
        try:
            accepted = await self._transcript.accept(conversation_id, inbound)
        except ChoiceUnknown:  # tapped on a message of long ago: then its label is what they say
            words = replace(inbound, choice=None)
            accepted = await self._transcript.accept(conversation_id, words)
        await self._ask_for_file(accepted.id, inbound)
        self._greet(source.channel, inbound, answering=accepted.owed)

    async def _correct(self, source: Source, correction: Correction, source_id: str) -> None:
        """Take other words for what was said; of what is not known here they are the first."""
        inbound = Inbound(
            channel=correction.channel,
            source_id=source_id,
            address=correction.address,
            text=correction.text,
            data=correction.data,
            sender=correction.sender,
            sent_at=correction.sent_at,
        )
        conversation_id = await source.contacts.hear(inbound)
        accepted = await self._corrections.accept(conversation_id, inbound, correction.of)
        if accepted is None:
            return
        await self._ask_for_file(accepted.id, inbound)
        self._greet(source.channel, inbound, answering=accepted.owed)

    async def _reach(self, source: Source, change: Reachability) -> None:
        conversation_id = await source.contacts.reach(change)
        if conversation_id is not None:
            self._transcript.announce(conversation_id, type="window")

    async def _ask_for_file(self, message_id: str, inbound: Inbound) -> None:
        """Leave the download to conversation/files.py: it may take long, and fail."""
        attachment = inbound.data.get("attachment", {})
        media_id = attachment.get("media_id")
        if media_id:
            raw = {"message_id": message_id, "media_id": media_id, "mime": attachment["mime"]}
            # By message: one file may be sent twice, and some vendors then give it the same id.
            key = f"{message_id}:{media_id}"
            event = RawEvent(key, f"file:{message_id}", inbound.sent_at or now(), raw)
            await self._inbox.put(files_of(inbound.channel), [event])

    def _greet(self, channel: Channel, inbound: Inbound, *, answering: bool) -> None:
        """Show that the message came and an answer is on its way; never worth waiting for."""
        task = asyncio.create_task(channel.heard(inbound, answering=answering))
        self.greetings.add(task)
        task.add_done_callback(self.greetings.discard)

    async def _overhear(self, source: Source, said: OwnerMessage) -> None:
        conversation_id = await source.contacts.find(said.address, said.sender)
        await self._transcript.overhear(conversation_id, said, source.quiet)
