"""How fast a webhook is answered at 300 events a second, against a bare FastAPI endpoint.

    python -m bench.acknowledgement --seconds 10 --rate 300 --database sqlite

Both run in a process of their own, one after the other on the same machine, and get the same signed
WhatsApp messages at the same moments. A time runs from the moment at which a request was due to its
answer, so that a server that falls behind cannot hide it. Sapa takes the messages in and answers
them (with an echo for an assistant) meanwhile; the bare endpoint reads the body and says 200.

CPU time is that of the server's process while the events come in; in Sapa's is taking in and
answering. What meets a kept connection that the server closed is repeated on another and counted,
as any client must: HTTP lets a server close an idle connection at any moment (RFC 9112, 9.5).
"""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, time

import httpx
import numpy as np
import psutil
from fastapi import FastAPI, Request, Response
from sqlalchemy import func, select

from bench.faults.ledger import owed
from bench.faults.meta import NUMBER, SECRET, Meta
from bench.faults.options import Options
from bench.faults.record import Record
from bench.faults.run import vendors
from bench.faults.world import World
from bench.wire import Wires
from conversation.tables import InboxEvent
from db.engine import Database
from settings import PROJECT_DIR

_PATH = "/channels/whatsapp/webhook"
_PER_CUSTOMER = 10
_DRAINED_WITHIN_S = 240


def bare() -> FastAPI:
    """Build what an endpoint costs that does nothing."""
    app = FastAPI()

    @app.post(_PATH)
    async def receive(request: Request) -> Response:
        await request.body()
        return Response()

    return app


def main() -> None:
    """Measure both and print the table."""
    parser = ArgumentParser(prog="python -m bench.acknowledgement", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--port", type=int, default=8680)
    said = parser.parse_args()
    options = Options(
        database=said.database, channels=("whatsapp",), port=said.port, vendor_faults=1e-9
    )
    with TemporaryDirectory(prefix="sapa-ack-") as folder:
        asyncio.run(_measure(options, Path(folder) / "run", said.rate, said.seconds))


@dataclass(slots=True)
class Acknowledged:
    """What a server did with the events."""

    times_ms: list[float]
    cpu_ms: float  # of one event
    closed: int  # kept connections


async def _measure(options: Options, folder: Path, rate: int, seconds: float) -> None:
    record = Record()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{options.port}") as http:
        meta = Meta(options, record, http)
        # Without the harness' points and clock, which cost more than what is measured here.
        settings = {**meta.settings(f"http://127.0.0.1:{options.port + 1}"), "FAULTS_DIR": ""}
        world = World(options, folder, settings)
        database = Database(world.database_url)
        try:
            async with vendors([meta], options.port + 1):
                await world.begin()
                bare = await _bare(options.port + 4, rate, seconds)
                sapa = await _load(world.url, world.app_pid, rate, seconds)
                async with database.read() as session:
                    kept = await session.scalar(select(func.count()).select_from(InboxEvent))
                _print(options, rate, bare, sapa)
                print(f"{kept} of {len(sapa.times_ms)} acknowledged events are stored")
                begun = monotonic()
                until = begun + _DRAINED_WITHIN_S
                while await owed(database) and monotonic() < until:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
                await meta.settle()
                print(f"all answered {monotonic() - begun:.0f} s later; {len(record.taken)} sent")
        finally:
            await database.close()
            await world.end()


async def _bare(port: int, rate: int, seconds: float) -> Acknowledged:
    command = [
        *(sys.executable, "-m", "uvicorn", "bench.acknowledgement:bare", "--factory"),
        *("--port", str(port), "--no-access-log", "--log-level", "warning"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT_DIR, env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            until = monotonic() + 60
            while monotonic() < until:
                try:
                    await http.post(_PATH)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        return await _load(f"http://127.0.0.1:{port}", process.pid, rate, seconds)
    finally:
        process.terminate()
        await process.wait()


async def _load(url: str, pid: int, rate: int, seconds: float) -> Acknowledged:
    """Post `rate` messages a second to the server that is process `pid`."""
    bodies = [_signed(n) for n in range(int(rate * seconds))]
    wires, server = Wires(url), psutil.Process(pid)

    async def post(due: float, raw: bytes, headers: dict[str, str]) -> float:
        await wires.send(_PATH, raw, headers)
        return (monotonic() - due) * 1000

    tasks = []
    spent_s, begun = _cpu_s(server), monotonic() + 0.2
    for n, (raw, headers) in enumerate(bodies):
        due = begun + n / rate
        await asyncio.sleep(max(0.0, due - monotonic()))
        tasks.append(asyncio.create_task(post(due, raw, headers)))
    times_ms = list(await asyncio.gather(*tasks))
    cpu_ms = (_cpu_s(server) - spent_s) / len(bodies) * 1000
    await wires.close()
    return Acknowledged(times_ms, cpu_ms, wires.closed)


def _cpu_s(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


def _signed(number: int) -> tuple[bytes, dict[str, str]]:
    phone = f"6281{number // _PER_CUSTOMER:08}"
    item = {
        "id": f"wamid.ack.{number}", "from": phone, "timestamp": str(int(time())),
        "type": "text", "text": {"body": f"halo {number}"},
    }  # fmt: skip
    contact = {"profile": {"name": "Budi"}, "wa_id": phone}
    metadata = {"display_phone_number": "1", "phone_number_id": NUMBER}
    value = {"metadata": metadata, "contacts": [contact], "messages": [item]}
    change = {"field": "messages", "value": value}
    raw = json.dumps({"entry": [{"id": "1", "changes": [change]}]}).encode()
    digest = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": f"sha256={digest}"}


def _print(options: Options, rate: int, bare: Acknowledged, sapa: Acknowledged) -> None:
    rows = {"bare FastAPI": bare, f"Sapa, {options.database}": sapa}
    print(f"{rate} events a second, {len(sapa.times_ms)} events; load {os.getloadavg()[0]:.1f}")
    print("| | p50 ms | p99 ms | max ms | CPU ms an event | closed connections |")
    print("|---|---|---|---|---|---|")
    for name, one in rows.items():
        p50, p99 = np.percentile(one.times_ms, [50, 99])
        print(
            f"| {name} | {p50:.1f} | {p99:.1f} | {max(one.times_ms):.1f} "
            f"| {one.cpu_ms:.2f} | {one.closed} |"
        )
    ratio = np.percentile(sapa.times_ms, [50, 99]) / np.percentile(bare.times_ms, [50, 99])
    print(f"| ratio | {ratio[0]:.1f} | {ratio[1]:.1f} | | {sapa.cpu_ms / bare.cpu_ms:.1f} | |")


if __name__ == "__main__":
    main()
