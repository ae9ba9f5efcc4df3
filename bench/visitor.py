"""A visitor of the website who times the answers, over the socket that the widget uses."""

import json
import time
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

_SITE = {"site_key": "demo", "lang": "id"}
_LONGEST_S = 30


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one message took."""

    accepted_ms: float  # from sending it to the 202
    answered_ms: float  # from the 202 to the first reply in the socket; 0 if none was awaited


class TimingVisitor:
    """One conversation, whose socket is open."""

    def __init__(
        self, http: httpx.AsyncClient, socket: ClientConnection, token: str, conversation_id: str
    ) -> None:
        """Use `begin`."""
        self._http, self._socket = http, socket
        self._headers = {"Authorization": f"Bearer {token}"}
        self.conversation_id = conversation_id

    @classmethod
    async def begin(cls, http: httpx.AsyncClient) -> Self:
        """Open a session and its socket."""
        opened = (await http.post("/api/web/sessions", json=_SITE)).raise_for_status().json()
        address = str(http.base_url).replace("http", "ws", 1)
        socket = await connect(f"{address}/api/web/socket?after=0", proxy=None)
        await socket.send(json.dumps({"token": opened["token"]}))
        return cls(http, socket, opened["token"], opened["conversation_id"])

    async def end(self) -> None:
        """Close the socket."""
        await self._socket.close()

    async def says(self, text: str, *, answered: bool = True) -> Timing:
        """Send `text` and wait for the reply, if there will be one."""
        sent = time.perf_counter()
        message = {"client_id": uuid4().hex, "text": text}
        response = await self._http.post("/api/web/messages", json=message, headers=self._headers)
        accepted = time.perf_counter()
        seq = response.raise_for_status().json()["seq"]
        if not answered:
            return Timing((accepted - sent) * 1_000, 0)
        while True:
            event = json.loads(await self._socket.recv())
            said = event.get("message", {})
            if said.get("seq", 0) > seq and said["author"] != "customer":
                heard = time.perf_counter()
                return Timing((accepted - sent) * 1_000, (heard - accepted) * 1_000)
