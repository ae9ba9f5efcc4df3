"""Telegram's side: customers who write to a bot, and a Bot API that fails as it likes.

Updates are fetched by long polling or pushed to the webhook, as `--telegram` says. Telegram gives
no receipts and knows no tag of ours, so the harness lets the app say which row it sends (app.py).
"""

import asyncio
import random
from collections.abc import Sequence
from time import monotonic, time
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.faults.options import Options
from bench.faults.record import Record, Said, Taken

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - of nobody's bot
SECRET = "b" * 32
TAG = "sapa_tag"  # a field that the Bot API would ignore
_AHEAD_S = 6 * 3600  # customers' clocks begin that long ago, so that jumps stay in the past
_LATE = 0.03  # share of messages that come seconds late
_MOST_UPDATES = 100
_FIRST_UPDATE = 900_000_000


class Telegram:
    """One bot, and all who write to it."""

    name = "telegram"

    def __init__(self, options: Options, record: Record, http: httpx.AsyncClient) -> None:
        """`http` talks to the app."""
        self._options, self._record, self._http = options, record, http
        self._chance = random.Random(f"{options.seed} telegram")
        self._begun = int(time()) - _AHEAD_S
        self._waiting: dict[int, tuple[dict[str, Any], Said]] = {}  # by number, not yet confirmed
        self._again: set[int] = set()  # whose first confirmation is lost
        self._happened = asyncio.Event()
        self._numbered, self._sent, self._polls = _FIRST_UPDATE, 0, 0
        self.calm = False

    def settings(self, url: str) -> dict[str, str]:
        """Give what the app must be told to talk to this vendor at `url`."""
        told = {
            "SAPA_TELEGRAM_TOKEN": TOKEN,
            "SAPA_TELEGRAM_API_URL": url,
            "SAPA_TELEGRAM_MESSAGES_PER_SECOND": "1000",
        }
        if self._options.telegram == "webhook":
            told["SAPA_TELEGRAM_WEBHOOK_URL"] = "https://shop.example.com/channels/telegram/webhook"
            told["SAPA_TELEGRAM_WEBHOOK_SECRET"] = SECRET
        return told

    def routes(self) -> list[Route]:
        """Give the vendor's own addresses."""
        bot = f"/bot{TOKEN}"
        return [
            Route(f"{bot}/getUpdates", self._give, methods=["POST"]),
            Route(f"{bot}/sendMessage", self._take, methods=["POST"]),
            Route(f"{bot}/{{method}}", _agree, methods=["POST"]),
        ]

    async def customer(self, name: str, words: Sequence[str], pauses: Sequence[float]) -> None:
        """Write `words` one after the other, with `pauses` before them."""
        chance = random.Random(f"{self._options.seed} {name}")
        posts = []
        pushed: asyncio.Lock = asyncio.Lock()  # Telegram pushes those of one chat one by one
        for number, text in enumerate(words):
            await asyncio.sleep(pauses[number])
            if chance.random() < _LATE:
                await asyncio.sleep(chance.uniform(1, 4))
            update, said = self._write(name, number, text)
            self._record.said.append(said)
            posts.append(asyncio.create_task(self._tell(update, said, chance.random(), pushed)))
        await asyncio.gather(*posts)

    def _write(self, name: str, number: int, text: str) -> tuple[dict[str, Any], Said]:
        user = 7_000_000_000 + int(name[1:])
        self._numbered += 1
        message = {
            "message_id": number + 1,
            "from": {"id": user, "is_bot": False, "first_name": "Budi"},
            "chat": {"id": user, "type": "private", "first_name": "Budi"},
            "date": self._begun + number,
            "text": text,
        }
        said = Said(self.name, name, number, f"{user}:{number + 1}", monotonic())
        return {"update_id": self._numbered, "message": message}, said

    async def _tell(
        self, update: dict[str, Any], said: Said, luck: float, pushed: asyncio.Lock
    ) -> None:
        if self._options.telegram == "polling":
            self._waiting[update["update_id"]] = (update, said)
            if self._options.times_again(luck):
                self._again.add(update["update_id"])  # as one whose confirmation was lost
            self._happened.set()
            while said.accepted_at is None:  # noqa: ASYNC110 - told by a request, if ever
                await asyncio.sleep(0.5)
            return
        async with pushed:
            for _ in range(1 + self._options.times_again(luck)):
                await self._push(update, said)

    async def _push(self, update: dict[str, Any], said: Said) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        while True:
            self._record.posts += 1
            said.tries += 1
            try:
                answer = await self._http.post(
                    "/channels/telegram/webhook", json=update, headers=headers
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                self._record.events += 1
                said.accepted_at = said.accepted_at or monotonic()
                return
            self._record.refused += 1
            await asyncio.sleep(self._chance.uniform(0.3, 1.5))

    async def _give(self, request: Request) -> Response:
        """Answer getUpdates: what is before the offset is forgotten, what is there is given."""
        asked = await request.json()
        self._polls += 1
        mine, until = self._polls, monotonic() + min(float(asked.get("timeout", 0)), 20.0)
        self._confirm(int(asked.get("offset") or 0))
        while not self._waiting and monotonic() < until and mine == self._polls:
            self._happened.clear()
            try:
                await asyncio.wait_for(self._happened.wait(), 0.2)
            except TimeoutError:
                if await request.is_disconnected():
                    break
        if mine != self._polls:
            return _fault(409, "Conflict: terminated by other getUpdates request")
        updates = [self._waiting[number][0] for number in sorted(self._waiting)[:_MOST_UPDATES]]
        self._record.posts += 1
        self._record.events += len(updates)
        return JSONResponse({"ok": True, "result": updates})

    def _confirm(self, offset: int) -> None:
        for number in [one for one in self._waiting if one < offset]:
            said = self._waiting[number][1]
            said.accepted_at = said.accepted_at or monotonic()
            if number in self._again:  # given once more, as if the confirmation had been lost
                self._again.discard(number)
            else:
                del self._waiting[number]

    async def _take(self, request: Request) -> Response:
        began_at = monotonic()
        payload = await request.json()
        await asyncio.sleep(self._chance.uniform(*self._options.vendor_s))
        luck = 1.0 if self.calm else self._chance.random() / self._options.vendor_faults
        if luck < 1.0:
            self._record.spoiled += 1
        if luck < 0.3:
            return _fault(429, "Too Many Requests: retry after 1", retry_after=1)
        if luck < 0.5:
            return Response("bad gateway", 502)
        if luck < 0.7:
            await asyncio.sleep(3)  # slow
        self._sent += 1
        taken = Taken(
            self.name,
            str(payload["chat_id"]),
            payload[TAG],
            began_at,
            monotonic(),
            unanswered=0.7 <= luck < 1.0,
        )
        self._record.taken.append(taken)
        if 0.7 <= luck < 0.9:
            return Response("taken all the same", 502)
        if 0.9 <= luck < 1.0:
            await asyncio.sleep(12)  # longer than anybody waits
        chat = {"id": payload["chat_id"], "type": "private"}
        said = {"message_id": 1_000_000 + self._sent, "date": int(time()), "chat": chat}
        return JSONResponse({"ok": True, "result": {**said, "text": payload["text"]}})

    async def settle(self) -> None:
        """Have nothing more to tell."""


async def _agree(request: Request) -> Response:
    del request
    return JSONResponse({"ok": True, "result": True})


def _fault(code: int, description: str, **parameters: int) -> Response:
    fault = {"ok": False, "error_code": code, "description": description}
    return JSONResponse({**fault, "parameters": parameters} if parameters else fault, code)
