"""Who writes on a channel that pushes: one conversation per customer, however they are reached.

A customer is known by the address the vendor gives for good (WhatsApp: the business-scoped user
id). A phone number is only a way to reach them: it may be hidden, change, or pass to another
person. So it finds nothing but a conversation that has no better address yet, and proof of who
somebody is ends with every change.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.event import NumberChange, Reachability
from channels.message import Inbound, Lang, Sender
from conversation.tables import ChannelContact, Conversation, OutboxItem
from conversation.thread import opened
from crm.locks import serialise
from db.base import now
from db.engine import Database

_FIRST_LANGUAGE: Lang = "id"


class Contacts:
    """Finds and begins the conversations of one pushing channel's customers."""

    def __init__(
        self,
        database: Database,
        channel: str,
        window: timedelta | None = None,
        sites: frozenset[str] = frozenset(),
    ) -> None:
        """`window`: how long after their latest message a customer may be written to freely.

        `sites` are the keys of the shop's own sites, from whose links customers come.
        """
        self._database = database
        self._channel = channel
        self._window = window
        self._sites = sites

    async def hear(self, inbound: Inbound) -> str:
        """Give the id of the sender's conversation; their message opens the window anew."""
        sender = inbound.sender or Sender()
        async with self._database.write() as session:
            contact = await self._find(session, inbound.address, sender)
            until = (inbound.sent_at or now()) + self._window if self._window else None
            if until is None or contact.window_until is None or contact.window_until <= until:
                contact.window_until = until
                contact.last_source_id = inbound.source_id
                contact.phone = sender.phone
                await _release_held(session, contact.conversation_id, until)
            contact.name = sender.name or contact.name
            contact.blocked_at = None
            if inbound.site in self._sites:
                conversation = await session.get_one(Conversation, contact.conversation_id)
                conversation.site = inbound.site
            return contact.conversation_id

    async def find(self, address: str, sender: Sender) -> str:
        """Give the id of the conversation the owner writes in by phone; begin one if there is none.

        The owner's phone may know a customer by number only.
        """
        async with self._database.write() as session:
            await self._alone(session, address, sender)
            found = await _named(session, self._channel, address)
            found = found or await _reached_at(session, self._channel, sender.phone)
            if found is not None:
                return found.id
            return (await self._find(session, address, sender)).conversation_id

    async def reach(self, change: Reachability) -> str | None:
        """Note that a customer blocked us, or did no longer; give their conversation, if any."""
        async with self._database.write() as session:
            found = await _named(session, self._channel, change.address)
            if found is None:
                return None
            contact = await _contact(session, found, Sender())
            contact.blocked_at = None if change.on else change.at
            return found.id

    async def move(self, change: NumberChange) -> None:
        """Reach a customer under their new number from now on; a stranger's change is nothing."""
        async with self._database.write() as session:
            for known in change.addresses:
                found = await _named(session, self._channel, known)
                found = found or await _reached_at(session, self._channel, known)
                if found is not None:
                    await _rename(session, found, change.address or known)
                    (await _contact(session, found, Sender())).phone = change.phone
                    return

    async def _find(self, session: AsyncSession, address: str, sender: Sender) -> ChannelContact:
        found = await _named(session, self._channel, address)
        if found is None:
            await self._alone(session, address, sender)
            found = await _named(session, self._channel, address)
        if found is None and sender.phone:
            found = await _named(session, self._channel, sender.phone)
            if found is not None:
                await _rename(session, found, address)
        if found is None:
            found = await opened(session, self._channel, address, sender.lang or _FIRST_LANGUAGE)
        return await _contact(session, found, sender)

    async def _alone(self, session: AsyncSession, address: str, sender: Sender) -> None:
        """Let nobody else begin a conversation with the same person meanwhile.

        The owner may write to the number of a customer whose first message comes at that moment.
        """
        names = filter(None, (address, sender.phone))
        await serialise(session, *(f"contact {self._channel} {name}" for name in names))


async def _rename(session: AsyncSession, conversation: Conversation, address: str) -> None:
    """Know a customer under a new address; where it has a conversation already, both stay."""
    taken = await _named(session, conversation.channel, address)
    if taken is not None:
        return
    conversation.address = address
    # It may be somebody else: what was proved and talked about before is not theirs.
    conversation.verified, conversation.customer_id = False, None
    conversation.dialogue, conversation.context = {}, {}
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.conversation_id == conversation.id, OutboxItem.status != "sent")
        .values(address=address)
    )


async def _contact(
    session: AsyncSession, conversation: Conversation, sender: Sender
) -> ChannelContact:
    found = await session.get(ChannelContact, conversation.id, with_for_update=True)
    if found is None:
        found = ChannelContact(
            conversation_id=conversation.id, phone=sender.phone, name=sender.name
        )
        session.add(found)
    return found


async def _named(session: AsyncSession, channel: str, address: str) -> Conversation | None:
    return await session.scalar(
        select(Conversation)
        .where(Conversation.channel == channel, Conversation.address == address)
        .with_for_update()
    )


async def _reached_at(
    session: AsyncSession, channel: str, phone: str | None
) -> Conversation | None:
    """Find who was reached at a number last.

    Only for what the vendor or the owner tells: a stranger may have the number now.
    """
    if phone is None:
        return None
    return await session.scalar(
        select(Conversation)
        .join(ChannelContact, ChannelContact.conversation_id == Conversation.id)
        .where(Conversation.channel == channel, ChannelContact.phone == phone)
        .order_by(ChannelContact.window_until.desc().nulls_last())
        .limit(1)
    )


async def _release_held(
    session: AsyncSession, conversation_id: str, until: datetime | None
) -> None:
    """Send what waited for the window to open."""
    if until is not None and until <= now():
        return
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.conversation_id == conversation_id, OutboxItem.status == "held")
        .values(status="pending", next_at=now(), error=None)
    )
