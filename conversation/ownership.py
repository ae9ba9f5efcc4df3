"""Who answers: the bot, nobody yet, or one CSR. Every change is a compare-and-set on one row."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Author, Reply, State
from conversation.owed import owe_nothing
from conversation.tables import Handoff, InboxEvent, Message
from conversation.transcript import Transcript, locked
from db.base import new_id, now
from db.engine import Database

_CONSOLE = "console"  # the inbox channel of what CSRs say


class NotYours(RuntimeError):
    """Somebody else owns the conversation now; `state` says how it stands."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


class Ownership:
    """Moves conversations between the bot and people."""

    def __init__(self, database: Database, transcript: Transcript) -> None:
        self._database = database
        self._transcript = transcript

    async def take(self, conversation_id: str, agent_id: str, hello: Reply, name: str) -> None:
        """Give a conversation of the bot or of the queue to a CSR, who is announced by `hello`.

        Taking one's own again changes nothing. Raises NotYours if a CSR has it, or it is closed.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            if conversation.state == "csr" and conversation.agent_id == agent_id:
                return
            if conversation.state not in ("bot", "waiting"):
                raise NotYours(cast("State", conversation.state))
            handoff = await _open_handoff(session, conversation_id)
            if handoff is None:  # taken over from the bot without having been asked
                handoff = Handoff(id=new_id(), conversation_id=conversation_id, reason="takeover")
                session.add(handoff)
            handoff.agent_id, handoff.taken_at = agent_id, now()
            conversation.state, conversation.agent_id = "csr", agent_id
            conversation.dialogue, conversation.missed_turns = {}, 0
            connection = await session.connection()
            await connection.run_sync(owe_nothing, conversation)
            await connection.run_sync(
                self._transcript.add_reply, conversation, hello, "system", name
            )
        self._transcript.announce(conversation_id, type="presence", state="csr", name=name)
        self._transcript.announce(conversation_id)

    async def release(
        self,
        conversation_id: str,
        agent_id: str,
        to: State,
        goodbye: Reply,
        name: str,
        result: str | None = None,
    ) -> None:
        """End the CSR's part: `to` is "bot" or "closed". Raises NotYours if it is not theirs.

        `result` is "solved" or "unsolved", where the CSR says so.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            if conversation.state != "csr" or conversation.agent_id != agent_id:
                raise NotYours(cast("State", conversation.state))
            handoff = await _open_handoff(session, conversation_id)
            if handoff is not None:
                handoff.ended_at = now()
                handoff.outcome = "returned" if to == "bot" else "closed"
                handoff.result = result
            conversation.state, conversation.agent_id = to, None
            connection = await session.connection()
            await connection.run_sync(
                self._transcript.add_reply, conversation, goodbye, "system", name
            )
        self._transcript.announce(conversation_id, type="presence", state=to, name=name)
        self._transcript.announce(conversation_id)

    async def say(
        self,
        conversation_id: str,
        agent_id: str,
        reply: Reply,
        name: str,
        client_id: str | None = None,
        message_id: str | None = None,
    ) -> Message:
        """Say something as the CSR who owns the conversation. Raises NotYours for anybody else.

        The same `client_id` again gives the message stored the first time. `message_id` names
        a file that is kept already.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            source_id = f"{conversation_id}:{agent_id}:{client_id}"
            said = await _said(session, source_id) if client_id else None
            if said is not None:  # the lock above makes this safe: repeats come one by one
                return said
            if conversation.state != "csr" or conversation.agent_id != agent_id:
                raise NotYours(cast("State", conversation.state))
            connection = await session.connection()
            message = await connection.run_sync(
                self._transcript.add_reply, conversation, reply, "csr", name, message_id=message_id
            )
            if client_id:
                session.add(
                    InboxEvent(channel=_CONSOLE, source_id=source_id, message_id=message.id)
                )
        self._transcript.announce(conversation_id)
        return message

    async def tell(
        self,
        conversation_id: str,
        agent_id: str,
        reply: Reply,
        author: Author,
        name: str,
        client_id: str,
        context: Mapping[str, Any],
    ) -> Message:
        """Tell the customer something about a case, whoever answers, as long as no colleague does.

        The owner stays who it is; `context` is what the bot knows of it from now on. The same
        `client_id` again gives the message stored the first time. Raises NotYours.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            source_id = f"{conversation_id}:{agent_id}:{client_id}"
            said = await _said(session, source_id)
            if said is not None:
                return said
            if conversation.state == "csr" and conversation.agent_id != agent_id:
                raise NotYours("csr")
            conversation.context = {**conversation.context, **context}
            connection = await session.connection()
            message = await connection.run_sync(
                self._transcript.add_reply, conversation, reply, author, name
            )
            session.add(InboxEvent(channel=_CONSOLE, source_id=source_id, message_id=message.id))
        self._transcript.announce(conversation_id)
        return message


async def _said(session: AsyncSession, source_id: str) -> Message | None:
    return await session.scalar(
        select(Message)
        .join(InboxEvent, InboxEvent.message_id == Message.id)
        .where(InboxEvent.channel == _CONSOLE, InboxEvent.source_id == source_id)
    )


async def _open_handoff(session: AsyncSession, conversation_id: str) -> Handoff | None:
    return await session.scalar(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    )
