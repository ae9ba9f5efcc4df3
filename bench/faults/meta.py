"""Meta's side: customers who write by webhook, and a Cloud API that fails as it likes."""

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import Sequence
from time import monotonic, time
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.faults.options import Options
from bench.faults.record import Record, Said, Taken

SECRET = "a" * 32
NUMBER = "106540352242922"
_AHEAD_S = 6 * 3600  # customers' clocks begin that long ago, so that jumps stay in the past
_REPEATS = 0.1  # share of receipts that come twice
_AGAIN_WITHIN_S = 3.0
_SWAPPED_S = 0.15  # within it messages overtake each other
_LATE = 0.03  # share of messages that come seconds late
_OWNERS = 0.2  # share of customers whom the shop's owner answers by phone, so that the bot is quiet
_STATUSES_AT_ONCE = 50


class Meta:
    """WhatsApp as one customer after the other uses it."""

    name = "whatsapp"

    def __init__(self, options: Options, record: Record, http: httpx.AsyncClient) -> None:
        """`http` talks to the app."""
        self._options, self._record, self._http = options, record, http
        self._chance = random.Random(f"{options.seed} meta")
        self._begun = int(time()) - _AHEAD_S
        self._sent = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._statuses: list[dict[str, Any]] = []  # to be told with the next body
        self.calm = False  # from the end of the faults on the vendor works

    def settings(self, url: str) -> dict[str, str]:
        """Give what the app must be told to talk to this vendor at `url`."""
        return {
            "SAPA_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
            "SAPA_WHATSAPP_APP_SECRET": SECRET,
            "SAPA_WHATSAPP_TOKEN": "token",
            "SAPA_WHATSAPP_API_URL": f"{url}/v25.0",
            "SAPA_WHATSAPP_QUIET_MINUTES": str(7 * 24 * 60),
        }

    def routes(self) -> list[Route]:
        """Give the vendor's own address."""
        return [Route("/v25.0/{number}/messages", self._take, methods=["POST"])]

    async def customer(self, name: str, words: Sequence[str], pauses: Sequence[float]) -> None:
        """Write `words` one after the other, with `pauses` before them; some come swapped."""
        chance = random.Random(f"{self._options.seed} {name}")
        posts = []
        silent = chance.random() < _OWNERS
        if silent:
            await self._take_over(name)
        for number, text in enumerate(words):
            await asyncio.sleep(pauses[number])
            said = Said(self.name, name, number, f"wamid.{name}.{number}", monotonic())
            said.silent = silent
            self._record.said.append(said)
            wait_s = chance.uniform(0, _SWAPPED_S)
            if chance.random() < _LATE:
                wait_s = chance.uniform(1, 4)
            posts.append(asyncio.create_task(self._write(said, text, wait_s, chance.random())))
        await asyncio.gather(*posts)

    async def _write(self, said: Said, text: str, wait_s: float, luck: float) -> None:
        await asyncio.sleep(wait_s)
        phone = _phone(said.customer)
        item = {
            "id": said.source_id,
            "from": phone,
            "timestamp": str(self._begun + said.number),
            "type": "text",
            "text": {"body": text},
        }
        contact = {"profile": {"name": "Budi"}, "wa_id": phone}
        value = {"contacts": [contact], "messages": [item]}
        said.began_at = monotonic()
        await self._insist(value, said)
        for _ in range(self._options.times_again(luck)):
            await asyncio.sleep(self._chance.uniform(0, _AGAIN_WITHIN_S))
            await self._insist(value, said)

    async def _take_over(self, name: str) -> None:
        """Let the owner write to a customer from the phone app on the same number."""
        echo = {
            "id": f"wamid.{name}.owner",
            "to": _phone(name),
            "timestamp": str(self._begun - 1),
            "type": "text",
            "text": {"body": "saya bantu ya kak"},
        }
        await self._insist({"message_echoes": [echo]}, field="smb_message_echoes")

    async def _insist(
        self, value: dict[str, Any], said: Said | None = None, field: str = "messages"
    ) -> None:
        """Post until it is answered with 200, as Meta does, only sooner."""
        metadata = {"display_phone_number": "1", "phone_number_id": NUMBER}
        change = {"field": field, "value": {"metadata": metadata, **value}}
        events = sum(len(found) for name, found in value.items() if name != "contacts")
        raw = json.dumps({"entry": [{"id": "1", "changes": [change]}]}).encode()
        digest = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
        while True:
            self._record.posts += 1
            if said is not None:
                said.tries += 1
            try:
                answer = await self._http.post(
                    "/channels/whatsapp/webhook", content=raw, headers=headers
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.OK:
                if said is not None and said.accepted_at is None:
                    said.accepted_at = monotonic()
                self._record.events += events
                return
            self._record.refused += 1
            await asyncio.sleep(self._chance.uniform(0.3, 1.5))

    async def _take(self, request: Request) -> Response:
        began_at = monotonic()
        payload = await request.json()
        if payload.get("status") == "read":
            return JSONResponse({"success": True})
        await asyncio.sleep(self._chance.uniform(*self._options.vendor_s))
        luck = 1.0 if self.calm else self._chance.random() / self._options.vendor_faults
        if luck < 1.0:
            self._record.spoiled += 1
        if luck < 0.3:
            return _fault(130429)
        if luck < 0.5:
            return Response("bad gateway", 502)
        if luck < 0.7:
            await asyncio.sleep(3)  # slow
        self._sent += 1
        wamid = f"wamid.out{self._sent}"
        self._record.taken.append(
            Taken(
                self.name,
                payload.get("to") or payload["recipient"],
                payload["biz_opaque_callback_data"],
                began_at,
                monotonic(),
                unanswered=0.7 <= luck < 1.0,
            )
        )
        if self._options.receipts:
            self._begin(self._tell(wamid, payload["biz_opaque_callback_data"]))
        if 0.7 <= luck < 0.9:
            return Response("taken all the same", 502)
        if 0.9 <= luck < 1.0:
            await asyncio.sleep(12)  # longer than anybody waits
        return JSONResponse({"messages": [{"id": wamid}]})

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, wamid: str, tag: str) -> None:
        for state in ("sent", "delivered", "read"):
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))
            status = {"id": wamid, "status": state, "biz_opaque_callback_data": tag}
            times = 2 if self._chance.random() < _REPEATS else 1
            self._statuses += [{**status, "timestamp": str(int(time()))}] * times
            await self._tell_all()

    async def _tell_all(self) -> None:
        """Post what waits; statuses of many messages come in one body, as Meta sends them."""
        await asyncio.sleep(0.2)
        told, self._statuses = (
            self._statuses[:_STATUSES_AT_ONCE],
            self._statuses[_STATUSES_AT_ONCE:],
        )
        if told:
            await self._insist({"statuses": told})

    async def settle(self) -> None:
        """Wait until all receipts are told."""
        while self._tasks or self._statuses:
            await asyncio.wait(self._tasks or {asyncio.create_task(self._tell_all())}, timeout=5)


def vendor_app(routes: Sequence[Route]) -> Starlette:
    """Build the one server all vendors share."""
    return Starlette(routes=list(routes))


def _phone(customer: str) -> str:
    return f"62811{int(customer[1:]):08}"


def _fault(code: int) -> Response:
    return JSONResponse({"error": {"code": code, "message": f"(#{code})"}}, 400)
