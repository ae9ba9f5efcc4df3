"""One conversation: found, begun, held against other writers, and added to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Author, Lang, State
from conversation.rows import ConversationUnknown, add_message
from conversation.tables import Conversation, InboxEvent, Message
from db.base import new_id, now


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation as its clients see it."""

    id: str
    lang: Lang
    state: State
    last_seq: int
    site: str


async def opened(
    session: AsyncSession,
    channel: str,
    address: str,
    lang: Lang,
    site: str = "",
    network: str = "",
) -> Conversation:
    """Begin a conversation in an open transaction."""
    found = Conversation(
        id=new_id(), channel=channel, address=address, lang=lang, site=site, network=network
    )
    session.add(found)
    await session.flush()
    return found


def is_quiet(conversation: Conversation) -> bool:
    """Whether the bot holds back because the owner answers by phone."""
    return conversation.quiet_until is not None and conversation.quiet_until > now()


async def locked(session: AsyncSession, conversation_id: str) -> Conversation:
    """Give the conversation, held against other writers until the commit.

    Raises ConversationUnknown.
    """
    found = await session.get(
        Conversation, conversation_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise ConversationUnknown(conversation_id)
    return found


def append(
    connection: Connection,
    conversation: Conversation,
    *,
    author: Author,
    text: str,
    data: Mapping[str, Any],
    choices: Sequence[Any] = (),
    lang: str | None = None,
    message_id: str | None = None,
    **fields: Any,
) -> Message:
    """Add one message with the next number; `conversation` must be locked by this session."""
    conversation.last_seq += 1
    conversation.updated_at = now()
    return add_message(
        connection,
        id=message_id or new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        author=author,
        text=text,
        data=dict(data),
        choices=list(choices),
        lang=lang or conversation.lang,
        **fields,
    )


async def known(session: AsyncSession, channel: str, source_id: str) -> Message | None:
    """Find the message that a channel's event became."""
    return await session.scalar(
        select(Message)
        .join(InboxEvent, InboxEvent.message_id == Message.id)
        .where(InboxEvent.channel == channel, InboxEvent.source_id == source_id)
    )


def thread_of(row: Conversation) -> Thread:
    """Give the conversation as its clients see it."""
    return Thread(row.id, cast("Lang", row.lang), cast("State", row.state), row.last_seq, row.site)
