"""What was said: messages with gap-free numbers, each accepted once."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, cast

import structlog
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from channels.event import OwnerMessage
from channels.message import Author, Inbound, Lang, Reply
from conversation.beside import Beside, author_beside
from conversation.bus import Bus
from conversation.line import AboutTheWait, leave_the_line, leave_to_the_person
from conversation.owed import owe_nothing
from conversation.rows import (
    ConversationUnknown,
    conversation_at,
    event_of,
    held,
    messages_after,
    remember,
)
from conversation.tables import Conversation, Message, OutboxItem
from conversation.thread import Thread, append, is_quiet, known, locked, thread_of
from conversation.words import heard, owner_name, shown
from db.base import now
from db.engine import Database

log = structlog.get_logger()

Also = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Proof that a customer's message is stored; `owed`: the bot is going to answer it."""

    id: str
    seq: int
    owed: bool = field(default=False, compare=False)


class Transcript:
    """Reads and writes conversations; one per process."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        pushing: frozenset[str] = frozenset(),
        about_the_wait: AboutTheWait = lambda _: False,
        beside: Beside | None = None,
    ) -> None:
        """`pushing` names the channels whose messages go through the outbox."""
        self._about_the_wait = about_the_wait
        self._beside = beside
        self.database = database
        self._bus = bus
        self._pushing = pushing

    async def open(
        self, channel: str, address: str, lang: Lang, site: str = "", network: str = ""
    ) -> Thread:
        """Find the conversation of `address`, or begin one, of a visitor from `network`."""
        begun = {"lang": lang, "site": site, "network": network}

        def work(connection: Connection) -> Thread:
            return thread_of(conversation_at(connection, channel, address, **begun))

        return await self.database.change(work, urgent=True)

    async def identify(self, conversation_id: str, customer_id: str) -> None:
        """Note that the website proved who its visitor is."""
        async with self.database.write() as session:
            conversation = await locked(session, conversation_id)
            conversation.customer_id, conversation.verified = customer_id, True

    async def thread(self, conversation_id: str) -> Thread:
        """Give the conversation. Raises ConversationUnknown."""
        async with self.database.read() as session:
            found = await session.get(Conversation, conversation_id)
        if found is None:
            raise ConversationUnknown(conversation_id)
        return thread_of(found)

    async def accept(
        self, conversation_id: str, inbound: Inbound, message_id: str = "", also: Also | None = None
    ) -> Accepted:
        """Store a customer's message, once per source id; the turn it asks for is run later.

        `also` is done in the same transaction, and not for a repeat, which keeps its first id.
        Raises ConversationUnknown, ChoiceUnknown.
        """

        def store(connection: Connection) -> Accepted:
            accepted = self._store(connection, conversation_id, inbound, message_id)
            if also is not None and accepted.id == message_id:
                also(connection)
            return accepted

        try:
            # What came by webhook is stored already: nobody waits to be told, and what a power cut
            # undoes is taken in again.
            first = inbound.channel not in self._pushing
            accepted = await self.database.change(store, urgent=first, lasting=first)
        except IntegrityError:  # the same message came twice at once, and the other was first
            accepted = await self._stored(inbound)
        self.wake(conversation_id)
        self.announce(conversation_id)
        return accepted

    def wake(self, conversation_id: str) -> None:
        """Tell the worker that a turn may be due."""
        self._bus.publish("work", {"conversation": conversation_id})

    async def _stored(self, inbound: Inbound) -> Accepted:
        async with self.database.read() as session:
            message = await known(session, inbound.channel, inbound.source_id)
        if message is None:
            raise ConversationUnknown(inbound.address)
        return Accepted(message.id, message.seq, message.owed)

    def _store(
        self, connection: Connection, conversation_id: str, inbound: Inbound, message_id: str
    ) -> Accepted:
        with held(connection, conversation_id) as conversation:  # repeats come one by one
            event = event_of(connection, inbound.channel, inbound.source_id)
            if event is not None and event.message_id is not None:
                return Accepted(event.message_id, event.seq, event.owed)
            text = heard(connection, conversation, inbound)
            beside = self._beside and self._beside.beside(connection, conversation, inbound)
            owed = not beside and self._owed(connection, conversation, inbound)
            if owed and conversation.pending_since is None:
                conversation.pending_since = now()
            message = append(
                connection,
                conversation,
                author="customer",
                text=text,
                choice=inbound.choice,
                data=inbound.data,
                owed=owed,
                message_id=message_id,
            )
            event_id = event.event_id if event else None
            remember(connection, event_id, inbound.channel, inbound.source_id, message.id)
            if beside and self._beside:
                author = author_beside(conversation)
                self.add_reply(connection, conversation, beside, author, self._beside.name)
            return Accepted(message.id, message.seq, owed)

    def _owed(self, connection: Connection, conversation: Conversation, inbound: Inbound) -> bool:
        """Whether the bot has to answer; while a person is waited for, what asks for the wait.

        Who comes back opens a closed conversation again; who taps while waiting leaves the line.
        """
        if conversation.state == "closed":
            conversation.state, conversation.dialogue = "bot", {}
        elif conversation.state == "waiting" and _leaves_the_line(inbound):
            leave_the_line(connection, conversation)
        if not inbound.asks or is_quiet(conversation):
            return False
        if conversation.state == "waiting" and self._about_the_wait(inbound.text):
            leave_to_the_person(connection, conversation)
            return True
        return conversation.state == "bot"

    async def overhear(self, conversation_id: str, said: OwnerMessage, quiet: timedelta) -> None:
        """Note once what the owner wrote by phone; the bot is quiet for a while after it."""
        await self.database.change(
            lambda connection: self._overhear(connection, conversation_id, said, quiet)
        )
        self.announce(conversation_id)

    def _overhear(
        self, connection: Connection, conversation_id: str, said: OwnerMessage, quiet: timedelta
    ) -> None:
        with held(connection, conversation_id) as conversation:
            event = event_of(connection, said.channel, said.source_id)
            if event is not None and event.message_id is not None:
                return
            lang = cast("Lang", conversation.lang)
            message = append(
                connection,
                conversation,
                author="csr",
                name=owner_name(lang),
                text=shown(said.text, said.data, lang),
                data=said.data,
            )
            event_id = event.event_id if event else None
            remember(connection, event_id, said.channel, said.source_id, message.id)
            conversation.quiet_until = max(
                said.sent_at + quiet, conversation.quiet_until or said.sent_at
            )
            if is_quiet(conversation):
                owe_nothing(connection, conversation)

    async def say(self, conversation_id: str, reply: Reply, author: Author, name: str) -> Message:
        """Store one utterance of a CSR or of the system, and see to its delivery."""

        def work(connection: Connection) -> Message:
            with held(connection, conversation_id) as conversation:
                return self.add_reply(connection, conversation, reply, author, name)

        message = await self.database.change(work)
        self.announce(conversation_id)
        return message

    def add_reply(
        self,
        connection: Connection,
        conversation: Conversation,
        reply: Reply,
        author: Author,
        name: str,
        turn_id: str | None = None,
        message_id: str | None = None,
    ) -> Message:
        """Add `reply` to an open transaction, with its outbox row where the channel pushes.

        Call `announce` after the commit.
        """
        message = append(
            connection,
            conversation,
            author=author,
            name=name,
            turn_id=turn_id,
            text=reply.text,
            kind=reply.kind,
            data=reply.data,
            choices=[asdict(choice) for choice in reply.choices],
            source=asdict(reply.source),
            mood=reply.mood,
            lang=reply.lang,
            message_id=message_id,
        )
        if conversation.channel in self._pushing:
            item = {
                "message_id": message.id,
                "conversation_id": conversation.id,
                "channel": conversation.channel,
                "address": conversation.address,
                "seq": message.seq,
            }
            connection.execute(insert(OutboxItem), item)
        return message

    async def after(self, conversation_id: str, seq: int, limit: int = 200) -> list[Message]:
        """Read the messages numbered above `seq`, oldest first, at most `limit`."""
        return await self.database.ask(
            lambda connection: messages_after(connection, conversation_id, seq, limit)
        )

    def announce(self, conversation_id: str, **event: Any) -> None:
        """Wake everybody who looks at this conversation; `event` defaults to a new message."""
        told = event or {"type": "message"}
        self._bus.publish(f"conversation:{conversation_id}", told)
        self._bus.publish("desk", {**told, "conversation": conversation_id})


def _leaves_the_line(inbound: Inbound) -> bool:
    """While waiting only the bot's alternatives can be tapped; of commands one ends the wait."""
    return inbound.choice is not None and (not inbound.is_command or inbound.choice == "stop")
