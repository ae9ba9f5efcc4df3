"""The time within which a customer may be written to freely, and the reminder before it ends."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import select

from conversation.tables import ChannelContact, Conversation
from conversation.transcript import Transcript
from db.base import now
from db.engine import Database

log = structlog.get_logger()

REMIND_BEFORE = timedelta(hours=1)


class Windows:
    """Reminds people of conversations whose window is about to close."""

    def __init__(self, database: Database, transcript: Transcript) -> None:
        self._database = database
        self._transcript = transcript

    async def run(self, every_s: float = 60.0) -> None:
        """Remind until cancelled."""
        while True:
            try:
                await self.remind()
            except Exception:
                log.exception("cannot look for windows that close")
            await asyncio.sleep(every_s)

    async def remind(self) -> list[str]:
        """Wake the consoles, once a window, for conversations that a person has or should take.

        Return their ids. The consoles then show until when the customer can be answered.
        """
        moment = now()
        async with self._database.write() as session:
            contacts = await session.scalars(
                select(ChannelContact)
                .join(Conversation, Conversation.id == ChannelContact.conversation_id)
                .where(
                    Conversation.state.in_(("waiting", "csr")),
                    ChannelContact.window_until.between(moment, moment + REMIND_BEFORE),
                    ChannelContact.reminded_for.is_distinct_from(ChannelContact.window_until),
                )
                # Another process is just telling of those it has locked.
                .with_for_update(of=ChannelContact, skip_locked=True)
            )
            found = []
            for contact in contacts:
                contact.reminded_for = contact.window_until
                found.append(contact.conversation_id)
        for conversation_id in found:
            log.info("window closes soon", conversation=conversation_id)
            self._transcript.announce(conversation_id, type="window")
        return found
