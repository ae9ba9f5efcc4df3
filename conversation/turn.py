"""One turn at a time: ask who answers, then store the replies and the new state together.

A turn is claimed by a lease, which is renewed while the turn runs, so that it also holds across
processes; a turn whose process died is taken over when the lease ends, and is given the same
messages and the same dialogue state again.
No transaction is open while the answer is awaited: Rasa calls back into the app meanwhile.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import cast
from uuid import uuid4

import structlog
from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from channels.message import Lang
from conversation.answering import Answer, Answerer, Question
from conversation.lease import kept
from conversation.line import leave_the_line
from conversation.owed import open_turn
from conversation.rows import end_turn, held, is_unanswered, status_of
from conversation.tables import Conversation, Handoff, Message, Turn
from conversation.thread import locked
from conversation.transcript import Transcript
from conversation.words import attachment_of, words_of
from db.base import new_id, now
from db.engine import Database

log = structlog.get_logger()

# What lies further ahead than this was written before the machine's clock was set back.
# Wide enough for the differences between the clocks of several machines.
_CLOCK_SET_BACK = timedelta(seconds=60)
_CLOCKS_DIFFER_S = 0.01  # the event loop's and the calendar's
_ANSWERED = ("bot", "waiting")  # states in which the bot may owe something
_STORE_TRIES = 3
_STORE_PAUSE_S = 0.5


class TurnPoisoned(RuntimeError):
    """A turn was begun as often as allowed, and never ended."""


class Turns:
    """Finds conversations that are owed an answer, and answers them."""

    def __init__(
        self,
        database: Database,
        transcript: Transcript,
        answerer: Answerer,
        bot_name: str,
        *,
        lease_s: float,
        tries: int,
        settle_s: Mapping[str, float] | None = None,
        worker: str | None = None,
        assistants: Mapping[str, str] | None = None,
    ) -> None:
        """`settle_s` per channel: messages that arrive within it join one turn.

        `assistants` are the bot's names on sites that have their own.
        `worker` names who runs them; without it each object is one of its own.
        """
        self._database = database
        self._transcript = transcript
        self._answerer = answerer
        self._bot_name = bot_name
        self._assistants = assistants or {}
        self._lease = timedelta(seconds=lease_s)
        self._longest_lease = self._lease + _CLOCK_SET_BACK
        self._tries = tries
        self._settle = {
            channel: timedelta(seconds=seconds) for channel, seconds in (settle_s or {}).items()
        }
        self._worker = worker or uuid4().hex

    async def due(self, limit: int = 100) -> list[str]:
        """Name the conversations that are owed a turn nobody is running, longest waiting first."""
        moment = now()
        pending, lease = Conversation.pending_since, Conversation.lease_until
        async with self._database.read() as session:
            rows = await session.scalars(
                select(Conversation.id)
                .where(
                    or_(pending <= moment, pending > moment + _CLOCK_SET_BACK),
                    or_(
                        lease.is_(None),
                        lease < moment,
                        lease > moment + self._lease + _CLOCK_SET_BACK,
                    ),
                )
                .order_by(Conversation.pending_since)
                .limit(limit)
            )
            return list(rows)

    async def take(self, conversation_id: str) -> None:
        """Answer all that this conversation is owed; returns at once if another worker does."""
        owed = True
        while owed and (question := await self._claim(conversation_id)):
            self._transcript.announce(conversation_id, type="typing", author="bot", on=True)
            async with kept(self._database, conversation_id, self._worker, self._lease):
                answer = await self._answer(question)
                if answer is None:
                    return
                owed = await self._store(question, answer)
            waits = {"waits": True} if answer.handoff else {}
            self._transcript.announce(conversation_id, type="message", **waits)

    async def forget_dead_workers(self) -> None:
        """Free all leases at once; right only where this is the one process on the database."""
        async with self._database.write() as session:
            await session.execute(update(Conversation).values(lease_owner=None, lease_until=None))

    async def _claim(self, conversation_id: str) -> Question | None:
        # A lease that a power cut undoes costs nothing: who had it is gone too.
        return await self._database.change(
            lambda connection: self._begun(connection, conversation_id), lasting=False
        )

    def _begun(self, connection: Connection, conversation_id: str) -> Question | None:
        """Take the lease and gather the messages of the turn, in one transaction."""
        with held(connection, conversation_id) as conversation:
            moment = now()
            lease_until, pending = conversation.lease_until, conversation.pending_since
            if (
                lease_until is not None
                and moment <= lease_until <= moment + self._lease + _CLOCK_SET_BACK
            ):
                return None
            if pending is None or moment < pending <= moment + _CLOCK_SET_BACK:
                return None
            if conversation.state not in _ANSWERED:  # a person answers; the bot is silent
                conversation.pending_since = None
                return None
            if not self._settled(connection, conversation):
                return None
            turn, messages = open_turn(connection, conversation_id)
            if turn is None or not messages:
                conversation.pending_since = None
                return None
            conversation.lease_owner = self._worker
            conversation.lease_until = moment + self._lease
            return Question(
                conversation_id=conversation_id,
                turn_id=turn.id,
                text="\n".join(filter(None, map(words_of, messages))),
                attachment=attachment_of(messages),
                choice=messages[-1].choice if len(messages) == 1 else None,
                lang=cast("Lang", conversation.lang),
                dialogue=conversation.dialogue or {},
                tries=turn.tries,
                site=conversation.site,
                waiting=conversation.state == "waiting",
            )

    def _settled(self, connection: Connection, conversation: Conversation) -> bool:
        """Whether the customer has paused long enough; a channel without settle time always has."""
        pause = self._settle.get(conversation.channel)
        if pause is None:
            return True
        last = connection.scalar(
            select(Message.at)
            .where(Message.conversation_id == conversation.id, Message.author == "customer")
            .order_by(Message.seq.desc())
            .limit(1)
        )
        moment = now()
        if last is None or not moment < last + pause <= moment + pause + _CLOCK_SET_BACK:
            return True
        conversation.pending_since = last + pause
        wait_s = (conversation.pending_since - now()).total_seconds() + _CLOCKS_DIFFER_S
        asyncio.get_running_loop().call_later(wait_s, self._transcript.wake, conversation.id)
        return False

    async def _answer(self, question: Question) -> Answer | None:
        """Ask the bot; None when it failed and will be tried again."""
        try:
            if question.tries > self._tries:  # it killed its worker each time
                raise TurnPoisoned(question.turn_id)
            return await self._answerer.answer(question)
        except Exception as error:
            error_id = new_id()[:8]
            log.exception("turn failed", turn=question.turn_id, error_id=error_id)
            if await self._try_again(question):
                return None
            log.error("turn given up", turn=question.turn_id, error=type(error).__name__)
            return self._answerer.apologise(question, error_id)

    async def _try_again(self, question: Question) -> bool:
        """Put the turn back with a pause that doubles; False when it was tried often enough."""
        async with self._database.write() as session:
            conversation = await locked(session, question.conversation_id)
            turn = await session.get_one(Turn, question.turn_id)
            if turn.tries >= self._tries:
                return False
            if conversation.lease_owner == self._worker:
                conversation.lease_owner = conversation.lease_until = None
                conversation.pending_since = now() + min(
                    timedelta(seconds=2**turn.tries / 4), _CLOCK_SET_BACK
                )
            return True

    async def _store(self, question: Question, answer: Answer) -> bool:
        """Finish the turn; a database that is away for a moment does not cost the answer."""
        for _ in range(_STORE_TRIES - 1):
            try:
                return await self._finish(question, answer)
            except DBAPIError as error:
                cause = type(error.orig).__name__
                log.warning("answer not stored yet", turn=question.turn_id, error=cause)
                await asyncio.sleep(_STORE_PAUSE_S)
        return await self._finish(question, answer)

    async def _finish(self, question: Question, answer: Answer) -> bool:
        return await self._database.change(
            lambda connection: self._ended(connection, question, answer)
        )

    def _ended(self, connection: Connection, question: Question, answer: Answer) -> bool:
        """Store the replies, the dialogue state and who answers next, in one transaction.

        Return whether the bot owes an answer to what was said meanwhile.
        """
        with held(connection, question.conversation_id) as conversation:
            running = status_of(connection, question.turn_id) == "running"
            if conversation.lease_owner != self._worker or not running:
                return False  # we were too slow, and another worker has taken over
            conversation.lease_owner = conversation.lease_until = None
            # A person took over meanwhile, or who waited tapped something else.
            dropped = conversation.state != ("waiting" if question.waiting else "bot")
            status = "dropped" if dropped else "answered"
            result = {"status": status, "intent": answer.intent, "confidence": answer.confidence}
            end_turn(connection, question.turn_id, result)
            hands_over = conversation.state != "bot" if dropped else answer.handoff is not None
            owed = not hands_over and is_unanswered(connection, conversation.id)
            conversation.pending_since = now() if owed else None
            if not dropped:
                self._apply(connection, conversation, question.turn_id, answer)
            return owed

    def _apply(
        self, connection: Connection, conversation: Conversation, turn_id: str, answer: Answer
    ) -> None:
        conversation.dialogue = dict(answer.dialogue)
        conversation.lang = answer.lang or conversation.lang
        conversation.missed_turns = conversation.missed_turns + 1 if answer.missed else 0
        conversation.context = {**(conversation.context or {}), **answer.context}
        if answer.unlinked:
            conversation.customer_id, conversation.verified = None, False
            conversation.context = {}
        elif answer.verified:
            conversation.customer_id, conversation.verified = answer.verified, True
        for reply in answer.replies:
            name = self._assistants.get(conversation.site, self._bot_name)
            self._transcript.add_reply(connection, conversation, reply, "bot", name, turn_id)
        if answer.leaves_line:
            leave_the_line(connection, conversation)
        if answer.handoff:
            conversation.state, conversation.dialogue = "waiting", {}
            wish = {
                "id": turn_id,
                "conversation_id": conversation.id,
                "reason": answer.handoff.reason,
                "brief": dict(answer.handoff.brief),
                "expected": dict(answer.handoff.expected),
            }
            connection.execute(insert(Handoff), wish)
