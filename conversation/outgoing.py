"""What a channel is handed to send: the messages of one turn as one, where to, and a file."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import (
    Author,
    Choice,
    DeliveryFailed,
    Kind,
    Lang,
    Mood,
    Outbound,
    Reply,
    Source,
)
from conversation.kept_files import KeptFiles
from conversation.receipts import INVITE, tag_of
from conversation.tables import ChannelContact, Message, OutboxItem


async def outbound_of(session: AsyncSession, items: Sequence[OutboxItem]) -> Outbound:
    """Give the messages of `items` as the one that is sent for them."""
    first = items[0]
    messages = [await session.get_one(Message, item.message_id) for item in items]
    contact = await session.get(ChannelContact, first.conversation_id)
    held = select(OutboxItem.id).where(
        OutboxItem.conversation_id == first.conversation_id, OutboxItem.status == "held"
    )
    said = messages[-1]
    return Outbound(
        id=said.id,
        seq=said.seq,
        author=cast("Author", said.author),
        name=said.name,
        at=said.at,
        reply=_joined([_reply(message) for message in messages]),
        phone=contact.phone if contact else None,
        window_until=contact.window_until if contact else None,
        answers=contact.last_source_id if contact else None,
        invited=await session.scalar(held.limit(1)) is not None,
        part=first.part,
        tag=tag_of(first.id, first.part),
        invite_tag=tag_of(first.id, INVITE),
    )


async def with_file(outbound: Outbound, kept: KeptFiles | None) -> Outbound:
    """Add the file that goes along. Raises DeliveryFailed if it is kept no longer."""
    if kept is None:
        return outbound
    try:
        return replace(outbound, enclosed=await kept.enclosed(outbound.id, outbound.reply))
    except FileNotFoundError:
        raise DeliveryFailed("file not kept any more", permanent=True) from None


def _joined(replies: Sequence[Reply]) -> Reply:
    """Say several replies as one; what can be chosen in any of them can be chosen."""
    choices = {choice.id: choice for reply in replies for choice in reply.choices}
    text = "\n\n".join(reply.text for reply in replies)
    return replace(replies[-1], text=text, choices=tuple(choices.values()))


def _reply(row: Message) -> Reply:
    source = row.source or {"type": "csr", "id": "", "version": ""}
    return Reply(
        text=row.text,
        lang=cast("Lang", row.lang),
        source=Source(**source),
        kind=cast("Kind", row.kind),
        data=row.data,
        choices=tuple(Choice(**choice) for choice in row.choices),
        mood=cast("Mood", row.mood),
    )
