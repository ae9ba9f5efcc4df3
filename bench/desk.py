"""How long a CSR waits for the screen pop of a customer who asks for a person, on a busy desk.

    python -m bench.desk [--csrs 50] [--open 500] [--handoffs 60] [--per-second 5]

One app process on SQLite, without Rasa: the visitor's words are of those that call for a person
whatever Rasa says, so understanding (bench.turns measures it) is not in the times. A time runs from
the visitor's message being sent to the whole page of the conversation being there at one CSR, who
does what the console's page does: hears a hint on the event stream, reads the list, opens the
conversation. It is measured twice in one run: on an idle desk with one CSR (the baseline), and with
all CSRs online, all their conversations open and customers and CSRs writing in them.
"""

import asyncio
import hashlib
import random
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import aiohttp
import numpy as np
import psutil

import crm.tables  # noqa: F401 - which the tables below point to
from bench.desk_people import ASKS, Console, Visitor
from bench.serving import Serving
from conversation.tables import Conversation, Handoff
from db.base import new_id, now
from db.engine import Database
from db.migrate import migrate
from desk.tables import Agent, AgentSession
from faq.engine import FaqEngine
from faq.profiles import LIGHT
from settings import PROJECT_DIR

_LONGEST_S = 30.0
_ALWAYS_OPEN = 'daily: {open: "00:00", close: "23:59"}\nweekdays: {}\nclosed: []\n'
_QUICK = {
    "SAPA_SESSIONS_PER_MINUTE": "1000000",
    "SAPA_MESSAGES_PER_10S": "1000000",
    "SAPA_FAQ_MODEL": LIGHT,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One side of the comparison."""

    name: str
    times_ms: Sequence[float]
    cpu: float  # of one core, the app's

    def quantile(self, share: float) -> float:
        """Return the time that `share` of the handoffs do not exceed."""
        return float(np.quantile(self.times_ms, share))


async def _handoffs(
    http: aiohttp.ClientSession, consoles: Sequence[Console], count: int
) -> list[float]:
    """Hand over one visitor after the other, about one a second."""
    times = []
    for number in range(count):
        visitor = await Visitor.begin(http)
        console = consoles[number % len(consoles)]
        done = asyncio.get_running_loop().create_future()
        console.wanted = {visitor.conversation_id: done}
        sent = time.perf_counter()
        await visitor.says(ASKS)
        async with asyncio.timeout(_LONGEST_S):
            times.append((await done - sent) * 1_000)
        console.wanted = {}
        await console.act(visitor.conversation_id, "take")
        await console.act(visitor.conversation_id, "close")
        await asyncio.sleep(random.uniform(0.2, 0.8))
    return times


async def _chatter(visitors: Sequence[Visitor], consoles: Sequence[Console], rate: float) -> None:
    """Let customers and CSRs write in the open conversations, `rate` messages a second."""
    while True:
        place = random.randrange(len(visitors))
        visitor, console = visitors[place], consoles[place % len(consoles)]
        if random.random() < 0.5:
            await visitor.says("bagaimana dengan pesanan saya ya kak?")
        else:
            message = {"text": "Baik Kak, saya cek dulu ya.", "client_id": uuid4().hex}
            await console.act(visitor.conversation_id, "messages", **message)
        await asyncio.sleep(random.expovariate(rate))


async def open_consoles(
    database: Database, http: aiohttp.ClientSession, count: int
) -> list[Console]:
    """Open accounts and log each in."""
    consoles = [Console(http, new_id(), secrets.token_urlsafe(24)) for _ in range(count)]
    async with database.write() as session:
        for number, one in enumerate(consoles):
            session.add(
                Agent(
                    id=one.agent_id,
                    login=f"bench{new_id()}",
                    name=f"Sari{number}",
                    password_hash="",
                    role="csr",
                    capacity=20,
                )
            )
        await session.flush()
        for one in consoles:
            digest = hashlib.sha256(one.cookie.encode()).hexdigest()
            session.add(
                AgentSession(
                    token_hash=digest, agent_id=one.agent_id, expires_at=now().replace(year=2100)
                )
            )
    return consoles


async def _open_conversations(
    database: Database, http: aiohttp.ClientSession, consoles: Sequence[Console], count: int
) -> list[Visitor]:
    """Begin conversations and give each to a CSR."""
    visitors = [await Visitor.begin(http) for _ in range(count)]
    async with database.write() as session:
        for place, visitor in enumerate(visitors):
            row = await session.get_one(Conversation, visitor.conversation_id)
            row.state, row.agent_id = "csr", consoles[place % len(consoles)].agent_id
            session.add(
                Handoff(
                    conversation_id=row.id,
                    reason="request",
                    agent_id=row.agent_id,
                    taken_at=now(),
                )
            )
    for visitor in visitors:
        await visitor.says("halo kak, mau tanya pesanan")
    for place, console in enumerate(consoles):
        console.opened = visitors[place].conversation_id if place < len(visitors) else None
    return visitors


@asynccontextmanager
async def watching(consoles: Sequence[Console]) -> AsyncIterator[None]:
    """Let the consoles follow what happens, inside the block."""
    tasks = [asyncio.create_task(one.watch()) for one in consoles]
    await asyncio.sleep(2)
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, aiohttp.ClientError):
                await task


async def _measure(serving: Serving, said: Namespace) -> list[Measured]:
    database = Database(f"sqlite+aiosqlite:///{serving.data_dir / 'sapa.db'}")
    connector = aiohttp.TCPConnector(limit=0)
    assert serving.process is not None
    app = psutil.Process(serving.process.pid)
    found = []
    try:
        async with aiohttp.ClientSession(serving.url, connector=connector) as http:
            for name, csrs, opened in (
                ("idle desk", 1, 0),
                (f"{said.csrs} CSRs, {said.open} open", said.csrs, said.open),
            ):
                consoles = await open_consoles(database, http, csrs)
                visitors = await _open_conversations(database, http, consoles, opened)
                async with watching(consoles):
                    talk = _chatter(visitors, consoles, said.per_second) if visitors else None
                    talking = asyncio.create_task(talk) if talk else None
                    await _handoffs(http, consoles, 3)  # what is loaded at the first use
                    before, begun = sum(app.cpu_times()[:2]), time.perf_counter()
                    times = await _handoffs(http, consoles, said.handoffs)
                    cpu = (sum(app.cpu_times()[:2]) - before) / (time.perf_counter() - begun)
                    if talking:
                        assert not talking.done(), "the chatter ended"
                        talking.cancel()
                found.append(Measured(name, times, cpu))
    finally:
        await database.close()
    return found


def _print(found: Sequence[Measured]) -> None:
    print("| desk | handoffs | p50 | p95 | longest | app's CPU | p95 to idle |")
    print("|---|---|---|---|---|---|---|")
    for one in found:
        ratio = one.quantile(0.95) / found[0].quantile(0.95)
        print(
            f"| {one.name} | {len(one.times_ms)} | {one.quantile(0.5):.0f} ms "
            f"| {one.quantile(0.95):.0f} ms | {max(one.times_ms):.0f} ms "
            f"| {one.cpu:.0%} of a core | {ratio:.2f} |"
        )


def main() -> None:
    """Measure both desks and print the table."""
    parser = ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--csrs", type=int, default=50)
    parser.add_argument("--open", type=int, default=500)
    parser.add_argument("--handoffs", type=int, default=60)
    parser.add_argument("--per-second", type=float, default=5.0, help="messages at the busy desk")
    said = parser.parse_args()
    with TemporaryDirectory(prefix="sapa-desk-") as folder, _serving(Path(folder)) as app:
        _print(asyncio.run(_measure(app, said)))


@contextmanager
def _serving(folder: Path) -> Iterator[Serving]:
    """Serve the app alone, with hours that never end and a small answer index."""
    hours = folder / "hours.yml"
    hours.write_text(_ALWAYS_OPEN, encoding="utf-8")
    serving = Serving(folder / "var", {**_QUICK, "SAPA_HOURS_FILE": str(hours)})
    FaqEngine.load_or_build(serving.data_dir / "faq", PROJECT_DIR / "knowledge", LIGHT)
    migrate(f"sqlite+aiosqlite:///{serving.data_dir / 'sapa.db'}")
    command = ["-m", "uvicorn", "--factory", "app.main:create_app", "--port", str(serving.port)]
    with (serving.data_dir / "serve.log").open("wb") as log:
        serving.process = subprocess.Popen(
            [sys.executable, *command, "--log-level", "warning"],
            cwd=PROJECT_DIR,
            env=serving.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        serving.wait_for("answers")
        yield serving
    finally:
        serving.stop()


if __name__ == "__main__":
    main()
