"""Conversations as a website visitor has them: what channels/website.py asks for."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog
from sqlalchemy import bindparam, select

from channels.file import Saved
from channels.message import Inbound, Lang
from channels.problem import Problem
from channels.website import CHANNEL
from conversation.bus import Bus, Subscription
from conversation.kept_files import KeptFiles
from conversation.reading import Reading
from conversation.rows import ConversationUnknown
from conversation.tables import Conversation, ReadMark
from conversation.thread import locked
from conversation.transcript import Transcript
from conversation.view import as_json
from conversation.words import ChoiceUnknown
from crm.tables import Customer
from db.base import Base, new_id
from db.engine import Database
from db.statement import Statement

log = structlog.get_logger()

_MOST_LISTENERS = 20  # sockets and long polls of one visitor: some tabs, and what they left open
_COME_BACK_S = 5


@cache
def _presence() -> Statement:
    agents = Base.metadata.tables["agents"]  # the desk's, which this layer must not import
    of_csr = (ReadMark.conversation_id == Conversation.id) & (ReadMark.side == "csr")
    return Statement(
        select(Conversation.state, Conversation.site, agents.c.name, ReadMark.seq)
        .outerjoin(agents, agents.c.id == Conversation.agent_id)
        .outerjoin(ReadMark, of_csr)
        .where(Conversation.id == bindparam("conversation"))
    )


class Visits:
    """Implements channels.website.Conversations over the transcript."""

    def __init__(
        self,
        database: Database,
        transcript: Transcript,
        bus: Bus,
        bot_name: str,
        kept: KeptFiles,
        assistants: Mapping[str, str] | None = None,
        place: Callable[[str], Awaitable[Mapping[str, Any]]] | None = None,
    ) -> None:
        """Name the bot `bot_name`, or as `assistants` say on sites with a name of their own.

        `place` gives position and wait of somebody in line, as the hand-over's card has them.
        """
        self._database = database
        self._transcript = transcript
        self._bus = bus
        self._bot_name = bot_name
        self._kept = kept
        self._assistants = assistants or {}
        self._place = place
        self._reading = Reading(database, transcript)

    async def begin(self, site: str, lang: Lang, customer_id: str | None, network: str = "") -> str:
        """Begin a conversation; a vouched-for customer the shop does not know stays anonymous."""
        thread = await self._transcript.open(CHANNEL, new_id(), lang, site, network)
        if customer_id is not None:
            async with self._database.read() as session:
                known = await session.get(Customer, customer_id)
            if known is None:
                log.warning("identity of an unknown customer", site=site)
            else:
                await self._transcript.identify(thread.id, customer_id)
        return thread.id

    async def site(self, conversation_id: str) -> str:
        """Give the key of the site a conversation began on. Raises Problem 401."""
        try:
            return (await self._transcript.thread(conversation_id)).site
        except ConversationUnknown as error:
            raise Problem("session-invalid", 401) from error

    async def identify(self, conversation_id: str, customer_id: str) -> bool:
        """Note who the visitor is. Raises Problem 409 if they were somebody else before."""
        async with self._database.write() as session:
            conversation = await locked(session, conversation_id)
            if conversation.verified and conversation.customer_id != customer_id:
                raise Problem("identity-other", 409)
            if await session.get(Customer, customer_id) is None:
                log.warning("identity of an unknown customer", site=conversation.site)
                return False
            conversation.customer_id, conversation.verified = customer_id, True
        return True

    async def accept(self, conversation_id: str, inbound: Inbound) -> tuple[str, int]:
        """Store a message once. Raises Problem."""
        try:
            accepted = await self._transcript.accept(conversation_id, inbound)
        except ConversationUnknown as error:
            raise Problem("session-invalid", 401) from error
        except ChoiceUnknown as error:
            raise Problem("choice-unknown", 422) from error
        return accepted.id, accepted.seq

    async def after(self, conversation_id: str, seq: int) -> list[dict[str, Any]]:
        """Give the messages numbered above `seq`."""
        return [as_json(message) for message in await self._transcript.after(conversation_id, seq)]

    async def file(self, conversation_id: str, seq: int) -> Saved | None:
        """Give the file of message `seq`, a CSR's or the visitor's own, if there is one."""
        found = await self._transcript.after(conversation_id, seq - 1, limit=1)
        if not found or found[0].seq != seq:
            return None
        return self._kept.saved(found[0])

    async def presence(self, conversation_id: str) -> Mapping[str, Any]:
        """Say who answers now. Raises Problem 401 for a conversation that is no more."""
        given = {"conversation": conversation_id}
        row = await self._database.ask(lambda connection: _presence().first(connection, given))
        if row is None:
            raise Problem("session-invalid", 401)
        state, site, agent, read = row
        told: dict[str, Any] = {
            "state": state,
            "name": agent or self._assistants.get(site, self._bot_name),
        }
        if read:  # by the CSR, up to that message
            told["read"] = read
        if state == "waiting" and self._place is not None:
            told.update(await self._place(conversation_id))
        return told

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[Subscription]:
        """Hear what happens in a conversation inside the block. Raises Problem 429."""
        topic = f"conversation:{conversation_id}"
        if self._bus.listeners(topic) >= _MOST_LISTENERS:
            raise Problem(
                "too-fast", 429, headers={"Retry-After": str(_COME_BACK_S)}, seconds=_COME_BACK_S
            )
        with self._bus.subscribe(topic, guest=True) as subscription:
            yield subscription

    def typing(self, conversation_id: str, *, on: bool) -> None:
        """Tell whoever answers that the customer is typing."""
        self._transcript.announce(conversation_id, type="typing", author="customer", on=on)

    async def read(self, conversation_id: str, seq: int) -> None:
        """Note how far the customer has read, and tell whoever answers."""
        await self._reading.saw(conversation_id, "customer", seq)
