"""A process with the whole Telegram channel and an echo for an assistant, for tests that kill it.

Run: python -m tests.channels.telegram.echo_shop DATABASE_URL API_URL
"""

import asyncio
import sys
from importlib import import_module

from channels.telegram.bot_api import BotApi
from channels.telegram.channel import Telegram, telegram_rates
from channels.telegram.polling import Poller
from channels.telegram.reading import read
from conversation.bus import Bus
from conversation.contacts import Contacts
from conversation.inbox import Inbox
from conversation.intake import Intake, Source
from conversation.leases import Turnstile, forget_leases
from conversation.outbox import Outbox
from conversation.receipts import Receipts
from conversation.transcript import Transcript
from conversation.turn import Turns
from conversation.worker import TurnWorker
from db.engine import Database
from tests.channels.telegram.double import TOKEN
from tests.conversation.conftest import Echo


async def serve(database_url: str, api_url: str) -> None:
    """Work until killed."""
    database, bus = Database(database_url), Bus()
    inbox = Inbox(database, bus)
    channel = Telegram(api := BotApi(api_url, TOKEN), telegram_rates(30))
    transcript = Transcript(database, bus, frozenset({"telegram"}))
    turns = Turns(database, transcript, Echo(), "Nara", lease_s=30, tries=3)
    outbox = Outbox(database, {"telegram": channel})
    source = Source(read, Contacts(database, "telegram"), channel)
    intake = Intake(inbox, transcript, Receipts(database), {"telegram": source}, bus)
    await turns.forget_dead_workers()
    await inbox.forget_dead_workers()
    await outbox.forget_dead_workers()
    await forget_leases(database)
    await asyncio.gather(
        Poller(api, inbox, Turnstile(database, "telegram")).run(),
        intake.run(),
        TurnWorker(turns, bus).run(),
        outbox.run(bus),
    )


if __name__ == "__main__":
    for noun in ("crm", "desk"):  # what conversations point to
        import_module(f"{noun}.tables")
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
