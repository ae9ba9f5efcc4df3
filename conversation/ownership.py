"""Who answers: the bot, nobody yet, or one CSR. Every change is a compare-and-set on one row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Author, Reply, State
from conversation.owed import owe_nothing
from conversation.tables import Handoff, InboxEvent, Message
from conversation.thread import locked
from conversation.transcript import Transcript
from db.base import new_id, now
from db.engine import Database

_CONSOLE = "console"  # the inbox channel of what CSRs say


class NotYours(RuntimeError):
    """Somebody else owns the conversation now; `state` says how it stands."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True, slots=True)
class Passing:
    """Who passes a conversation on, and to whom: a person, a team, or anybody."""

    agent_id: str
    name: str
    supervises: bool = False
    to_agent: str | None = None
    to_team: str | None = None


class Ownership:
    """Moves conversations between the bot and people."""

    def __init__(self, database: Database, transcript: Transcript) -> None:
        self._database = database
        self._transcript = transcript

    async def take(
        self,
        conversation_id: str,
        agent_id: str,
        hello: Reply,
        name: str,
        shown: State | None = None,
    ) -> None:
        """Give a conversation of the bot or of the queue to a CSR, who is announced by `hello`.

        Taking one's own again changes nothing. Raises NotYours if a CSR has it, or it is closed,
        or it was `shown` in another state: who left the line meanwhile did not ask for a person.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            if conversation.state == "csr" and conversation.agent_id == agent_id:
                return
            if conversation.state not in ("bot", "waiting") or conversation.state != (
                shown or conversation.state
            ):
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
            conversation.state, conversation.agent_id, conversation.team_id = to, None, None
            connection = await session.connection()
            await connection.run_sync(
                self._transcript.add_reply, conversation, goodbye, "system", name
            )
        self._transcript.announce(conversation_id, type="presence", state=to, name=name)
        self._transcript.announce(conversation_id)

    async def pass_on(self, conversation_id: str, passing: Passing, told: Reply) -> None:
        """Put a CSR's conversation back in line, for a colleague or a team.

        Raises NotYours unless `passing.agent_id` owns it, or it is owned at all and they supervise.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            theirs = conversation.agent_id == passing.agent_id or passing.supervises
            if conversation.state != "csr" or not theirs:
                raise NotYours(cast("State", conversation.state))
            before = await _open_handoff(session, conversation_id)
            if before is not None:
                before.ended_at, before.outcome = now(), "passed"
            session.add(
                Handoff(
                    id=new_id(),
                    conversation_id=conversation_id,
                    reason="transfer",
                    brief=before.brief if before else {},
                    for_agent=passing.to_agent,
                )
            )
            conversation.state, conversation.agent_id = "waiting", None
            conversation.team_id = passing.to_team
            connection = await session.connection()
            await connection.run_sync(
                self._transcript.add_reply, conversation, told, "system", passing.name
            )
        self._transcript.announce(conversation_id, type="presence", state="waiting", name="")
        self._transcript.announce(conversation_id)

    async def seize(self, conversation_id: str, agent_id: str, hello: Reply, name: str) -> None:
        """Take a conversation over from the CSR who has it; for supervisors.

        Raises NotYours if nobody has it, or `agent_id` does.
        """
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            if conversation.state != "csr" or conversation.agent_id == agent_id:
                raise NotYours(cast("State", conversation.state))
            before = await _open_handoff(session, conversation_id)
            if before is not None:
                before.ended_at, before.outcome = now(), "passed"
            session.add(
                Handoff(
                    id=new_id(),
                    conversation_id=conversation_id,
                    reason="takeover",
                    brief=before.brief if before else {},
                    agent_id=agent_id,
                    taken_at=now(),
                )
            )
            conversation.agent_id = agent_id
            connection = await session.connection()
            await connection.run_sync(
                self._transcript.add_reply, conversation, hello, "system", name
            )
        self._transcript.announce(conversation_id, type="presence", state="csr", name=name)
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
