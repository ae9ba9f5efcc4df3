"""One run: start everything, let customers write while things break, wait, and count."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Protocol

import httpx
import uvicorn
from starlette.routing import Route

from bench.faults.damage import Damage
from bench.faults.findings import Findings
from bench.faults.ledger import audit, owed
from bench.faults.meta import Meta, vendor_app
from bench.faults.options import Options
from bench.faults.record import Record
from bench.faults.telegram import Telegram
from bench.faults.website import Website
from bench.faults.world import World
from db.engine import Database

_MESSAGES = 20  # of one customer
_PAUSES = 0.35  # share of messages that come after a pause; the rest come in bursts
_STUCK_S = 120.0  # nothing got less for so long
# Of what people write; none leads to a person, who would not answer here.
_WORDS = (
    "halo", "bisa bayar pakai qris?", "how long do I have to return an item?", "ongkir ke bandung",
    "stok sepatu ada?", "do you ship to bali?", "terima kasih", "kapan dikirim?",
)  # fmt: skip


class Channel(Protocol):
    """How customers of one channel write, and where its vendor stands; a new one is one more."""

    name: str
    calm: bool

    def settings(self, url: str) -> dict[str, str]:
        """Give what the app must be told; its vendors answer at `url`."""

    def routes(self) -> list[Route]:
        """Give the vendor's own addresses."""

    async def customer(self, name: str, words: Sequence[str], pauses: Sequence[float]) -> None:
        """Write `words` one after the other, with `pauses` before them."""

    async def settle(self) -> None:
        """Wait until the vendor has told all it has to tell."""


async def run(options: Options, folder: Path) -> tuple[Record, Findings]:
    """Run once in `folder`."""
    record = Record()
    url = f"http://127.0.0.1:{options.port}"
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=url, timeout=15, limits=limits) as http:
        known: dict[str, Channel] = {
            channel.name: channel
            for channel in (
                Website(options, record, http),
                Meta(options, record, http),
                Telegram(options, record, http),
            )
        }
        channels = [known[name] for name in options.channels]
        vendor_url = f"http://127.0.0.1:{options.port + 1}"
        settings = {k: v for one in channels for k, v in one.settings(vendor_url).items()}
        world = World(options, folder, settings)
        database = Database(world.database_url)
        try:
            async with vendors(channels, options.port + 1):
                await world.begin()
                await _break_things(options, world, record, channels)
                await _drain(database)
                for channel in channels:
                    await channel.settle()
                return record, await audit(database, record, options)
        finally:
            await database.close()
            await world.end()


async def _break_things(
    options: Options, world: World, record: Record, channels: Sequence[Channel]
) -> None:
    """Let customers write and break things meanwhile; then repair what is broken."""
    damage = Damage(options, world, record)
    breaking = asyncio.create_task(damage.run())
    writing = asyncio.create_task(_write(options, channels))
    await asyncio.wait({breaking, writing}, return_when=asyncio.FIRST_COMPLETED)
    if breaking.done():
        writing.cancel()
        breaking.result()
    breaking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await breaking
    await damage.repair()
    for channel in channels:
        channel.calm = True
    await writing


async def _write(options: Options, channels: Sequence[Channel]) -> None:
    chance = random.Random(f"{options.seed} stream")
    customers = max(1, options.events // _MESSAGES)
    # A customer stays for a part of the run, so that a long one does not have all at once.
    stay_s = min(options.lasts_s, 60.0)
    tasks = []
    for number in range(customers):
        count = _MESSAGES if number < customers - 1 else options.events - _MESSAGES * number
        # Bursts, which become one turn where a channel has a settle time, and pauses.
        waits = [chance.uniform(0.5, 1) if chance.random() < _PAUSES else 0 for _ in range(count)]
        whole = sum(waits) or 1.0
        pauses = [one / whole * stay_s * 0.9 or chance.uniform(0, 0.3) for one in waits]
        pauses[0] += chance.uniform(0, options.lasts_s - stay_s)
        words = [f"{chance.choice(_WORDS)} #{number}-{n}" for n in range(count)]
        channel = channels[number % len(channels)]
        tasks.append(asyncio.create_task(_come(channel, f"c{number}", words, pauses)))
    await asyncio.gather(*tasks)


async def _come(channel: Channel, name: str, words: Sequence[str], pauses: Sequence[float]) -> None:
    """Let a customer come to the door only when they first write, not all at once."""
    first, *others = pauses
    await asyncio.sleep(first)
    await channel.customer(name, words, [0, *others])


async def _drain(database: Database) -> None:
    """Wait until nothing is owed any more, as long as it gets less."""
    least, until = None, monotonic() + _STUCK_S
    while monotonic() < until:
        with contextlib.suppress(Exception):
            left = await owed(database)
            if left == 0:
                return
            if least is None or left < least:
                least, until = left, monotonic() + _STUCK_S
        await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def vendors(channels: Sequence[Channel], port: int) -> AsyncIterator[None]:
    """Serve all vendors from this process, which is never killed."""
    routes = [route for channel in channels for route in channel.routes()]
    server = uvicorn.Server(
        uvicorn.Config(vendor_app(routes), port=port, log_level="error", access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
