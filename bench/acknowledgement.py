"""How fast a webhook is answered at 300 events a second, against a bare FastAPI endpoint.

    python -m bench.acknowledgement --seconds 10 --rate 300 --database sqlite

Both run in a process of their own, one after the other on the same machine, and get the same signed
WhatsApp messages at the same moments. A time runs from the moment at which a request was due to its
answer, so that a server that falls behind cannot hide it. Sapa takes the messages in and answers
them (with an echo for an assistant) meanwhile; the bare endpoint reads the body and says 200.
"""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, time

import httpx
import numpy as np
from fastapi import FastAPI, Request, Response

from bench.faults.ledger import owed
from bench.faults.meta import NUMBER, SECRET, Meta
from bench.faults.options import Options
from bench.faults.record import Record
from bench.faults.run import vendors
from bench.faults.world import World
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


async def _measure(options: Options, folder: Path, rate: int, seconds: float) -> None:
    record = Record()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{options.port}") as http:
        meta = Meta(options, record, http)
        world = World(options, folder, meta.settings(f"http://127.0.0.1:{options.port + 1}"))
        database = Database(world.database_url)
        try:
            async with vendors([meta], options.port + 1):
                await world.begin()
                bare_ms = await _bare(options.port + 4, rate, seconds)
                sapa_ms = await _load(f"http://127.0.0.1:{options.port}", rate, seconds)
                _print(options, rate, bare_ms, sapa_ms)
                begun = monotonic()
                until = begun + _DRAINED_WITHIN_S
                while await owed(database) and monotonic() < until:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
                await meta.settle()
                print(f"all answered {monotonic() - begun:.0f} s later; {len(record.taken)} sent")
        finally:
            await database.close()
            await world.end()


async def _bare(port: int, rate: int, seconds: float) -> list[float]:
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
        return await _load(f"http://127.0.0.1:{port}", rate, seconds)
    finally:
        process.terminate()
        await process.wait()


async def _load(url: str, rate: int, seconds: float) -> list[float]:
    """Post `rate` messages a second; give the milliseconds to each answer."""
    bodies = [_signed(n) for n in range(int(rate * seconds))]
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:

        async def post(due: float, raw: bytes, headers: dict[str, str]) -> float:
            answer = await http.post(_PATH, content=raw, headers=headers)
            answer.raise_for_status()
            return (monotonic() - due) * 1000

        tasks = []
        begun = monotonic() + 0.2
        for n, (raw, headers) in enumerate(bodies):
            due = begun + n / rate
            await asyncio.sleep(max(0.0, due - monotonic()))
            tasks.append(asyncio.create_task(post(due, raw, headers)))
        return list(await asyncio.gather(*tasks))


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


def _print(options: Options, rate: int, bare_ms: list[float], sapa_ms: list[float]) -> None:
    rows = {"bare FastAPI": bare_ms, f"Sapa, {options.database}": sapa_ms}
    print(f"{rate} events a second, {len(sapa_ms)} events; load {os.getloadavg()[0]:.1f}")
    print("| | p50 ms | p99 ms | max ms |\n|---|---|---|---|")
    for name, times in rows.items():
        p50, p99 = np.percentile(times, [50, 99])
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {max(times):.1f} |")
    ratio = np.percentile(sapa_ms, [50, 99]) / np.percentile(bare_ms, [50, 99])
    print(f"| ratio | {ratio[0]:.1f} | {ratio[1]:.1f} | |")


if __name__ == "__main__":
    main()
