"""Other words for what a customer wrote before, on channels where messages can be changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Inbound
from conversation.rows import event_of, remember
from conversation.tables import Conversation, Message
from conversation.thread import known, locked
from conversation.transcript import Accepted, Transcript
from conversation.words import heard, words_of

CORRECTS = "corrects"  # in a message's data: the id of the message that it says in other words


class Corrections:
    """Takes corrections in.

    What no turn has taken yet is changed in place, and answered once. What was answered, or is
    being answered, is said anew, and answered again; older things than the customer's last are
    only noted.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    async def accept(self, conversation_id: str, inbound: Inbound, of: str) -> Accepted | None:
        """Store the correction of the message with source id `of`, once.

        Return the message that it became; None where nothing of the words was changed.
        """
        async with self._transcript.database.write() as session:
            conversation = await locked(session, conversation_id)
            original = await known(session, inbound.channel, of)
            if original is None or original.conversation_id != conversation_id:
                new = inbound
            else:
                done = await known(session, inbound.channel, inbound.source_id)
                if done is not None:
                    return Accepted(done.id, done.seq, done.owed)
                last = await _last(session, conversation_id)
                latest = last if last and last.data.get(CORRECTS) == original.id else original
                if words_of(latest) == inbound.text:
                    return None
                is_last = last is not None and last.id == latest.id
                if is_last and latest.owed and latest.turn_id is None:
                    await _change(session, conversation, latest, inbound)
                    return Accepted(latest.id, latest.seq, owed=True)
                data = {**inbound.data, CORRECTS: original.id}
                new = replace(inbound, data=data, asks=is_last)
        return await self._transcript.accept(conversation_id, new)


async def _last(session: AsyncSession, conversation_id: str) -> Message | None:
    """Give what the customer said last."""
    return await session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.author == "customer")
        .order_by(Message.seq.desc())
        .limit(1)
    )


async def _change(
    session: AsyncSession, conversation: Conversation, message: Message, inbound: Inbound
) -> None:
    before = message.data.get("attachment", {})
    connection = await session.connection()
    message.text = await connection.run_sync(heard, conversation, inbound)
    after = dict(inbound.data)
    if "attachment" in after:
        after["attachment"] = _same_file(before, after["attachment"])
    message.data = {**message.data, **after}
    event = await connection.run_sync(event_of, inbound.channel, inbound.source_id)
    event_id = event.event_id if event else None
    await connection.run_sync(remember, event_id, inbound.channel, inbound.source_id, message.id)


def _same_file(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what is known of a file whose words were changed."""
    same = before.get("media_id") == after.get("media_id")
    return {**before, **after} if same else dict(after)
