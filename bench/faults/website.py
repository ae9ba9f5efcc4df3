"""The website's side: widgets that send each message until it is taken, some of them twice."""

import asyncio
import random
from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
from starlette.routing import Route

from bench.faults.options import Options
from bench.faults.record import Record, Said


class Website:
    """Visitors over the web API."""

    name = "website"

    def __init__(self, options: Options, record: Record, http: httpx.AsyncClient) -> None:
        """`http` talks to the app."""
        self._options, self._record, self._http = options, record, http
        self.calm = False

    def settings(self, url: str) -> dict[str, str]:
        """Lift the limits that one address would meet."""
        del url
        return {"SAPA_MESSAGES_PER_10S": "100000", "SAPA_SESSIONS_PER_MINUTE": "1000000"}

    def routes(self) -> list[Route]:
        """Have no vendor."""
        return []

    async def customer(self, name: str, words: Sequence[str], pauses: Sequence[float]) -> None:
        """Write `words` one after the other, with `pauses` before them."""
        chance = random.Random(f"{self._options.seed} {name}")
        session = await self._insist("/api/web/sessions", {"site_key": "demo"}, {})
        headers = {"Authorization": f"Bearer {session['token']}"}
        for number, text in enumerate(words):
            await asyncio.sleep(pauses[number])
            said = Said(self.name, name, number, "", monotonic())
            self._record.said.append(said)
            message = {"client_id": UUID(int=chance.getrandbits(128)).hex, "text": text}
            for _ in range(1 + self._options.times_again(chance.random())):
                taken = await self._insist("/api/web/messages", message, headers, said)
                self._record.events += 1
                said.acknowledged_as.add(taken["id"])
                said.source_id = said.source_id or taken["id"]
                said.accepted_at = said.accepted_at or monotonic()

    async def _insist(
        self, path: str, body: dict[str, str], headers: dict[str, str], said: Said | None = None
    ) -> Any:
        while True:
            self._record.posts += 1
            if said is not None:
                said.tries += 1
            try:
                answer = await self._http.post(path, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return answer.json()
            if answer is not None and answer.is_client_error:
                raise AssertionError(f"refused: {answer.status_code} {answer.text}")
            self._record.refused += 1
            await asyncio.sleep(0.2)

    async def settle(self) -> None:
        """Have nothing to wait for."""
