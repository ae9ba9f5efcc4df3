"""A CSR in the console, over its JSON API."""

import time
from typing import Any, Self
from uuid import uuid4

import httpx

from bench.serving import Serving


class Clerk:
    """The demo CSR, logged in."""

    def __init__(self, sapa: Serving) -> None:
        self.http = httpx.Client(base_url=sapa.url, timeout=20, headers={"Origin": sapa.url})
        password = (sapa.data_dir / "demo_csr_password").read_text().strip()
        login = {"login": "demo", "password": password}
        self.name: str = (
            self.http.post("/api/console/login", json=login).raise_for_status().json()["name"]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def waiting(self, conversation_id: str) -> dict[str, Any] | None:
        """Find a conversation in the queue."""
        lists = self.http.get("/api/console/queue").raise_for_status().json()
        found = [one for one in lists["waiting"] if one["id"] == conversation_id]
        return found[0] if found else None

    def waits_for(self, conversation_id: str, seconds: float = 5) -> dict[str, Any]:
        """Wait until a conversation is in the queue."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := self.waiting(conversation_id):
                return found
            time.sleep(0.05)
        raise AssertionError("the conversation is not in the queue")

    def does(self, what: str, conversation_id: str) -> httpx.Response:
        """Take, release or close."""
        return self.http.post(f"/api/console/conversations/{conversation_id}/{what}")

    def says(self, conversation_id: str, text: str) -> httpx.Response:
        """Say something to the customer."""
        return self.http.post(
            f"/api/console/conversations/{conversation_id}/messages",
            json={"text": text, "client_id": uuid4().hex},
        )
