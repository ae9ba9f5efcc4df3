"""A customer on the website, over the same web API as the widget."""

import ssl
from typing import Any, Self
from uuid import uuid4

import httpx

_ANSWER_S = 20
_QUIET_S = 1
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nobody here needs the certificates read anew


class Visitor:
    """One visitor with one conversation."""

    def __init__(self, url: str, lang: str = "id", identity_token: str | None = None) -> None:
        self.lang = lang
        self.http = httpx.Client(
            base_url=url,
            verify=_NO_TLS,
            timeout=30,
            headers={"Accept-Language": lang, "Origin": url},
        )
        wish = {"site_key": "demo", "lang": lang, "identity_token": identity_token}
        session = self.http.post("/api/web/sessions", json=wish).raise_for_status().json()
        self.http.headers["Authorization"] = f"Bearer {session['token']}"
        self.conversation_id: str = session["conversation_id"]
        self.token: str = session["token"]
        self.cursor = 0
        self.offered: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def says(self, text: str) -> list[dict[str, Any]]:
        """Send a text and give the replies."""
        return self._send(text=text)

    def taps(self, choice: str) -> list[dict[str, Any]]:
        """Tap a choice by its id, or by how its id begins, and give the replies."""
        found = next((one["id"] for one in self.offered if one["id"].startswith(choice)), choice)
        return self._send(choice=found)

    def _send(self, **what: str) -> list[dict[str, Any]]:
        sent = self.http.post("/api/web/messages", json={"client_id": uuid4().hex, **what})
        seq = sent.raise_for_status().json()["seq"]
        return self.hears(after=seq)

    def hears(self, after: int | None = None, wait_s: int = _ANSWER_S) -> list[dict[str, Any]]:
        """Wait for what comes after `after` (default: the last one seen), until it is quiet."""
        least = self.cursor if after is None else after
        heard: list[dict[str, Any]] = []
        while True:
            wait = _QUIET_S if any(message["seq"] > least for message in heard) else wait_s
            read = self.http.get("/api/web/messages", params={"after": self.cursor, "wait": wait})
            messages = read.raise_for_status().json()["messages"]
            if not messages:
                break
            self.cursor = messages[-1]["seq"]
            heard += messages
        replies = [message for message in heard if message["author"] != "customer"]
        for reply in replies:
            self.offered = reply["choices"] or self.offered
        return replies

    def transcript(self) -> list[dict[str, Any]]:
        """Give the whole conversation."""
        read = self.http.get("/api/web/messages", params={"after": 0})
        messages: list[dict[str, Any]] = read.raise_for_status().json()["messages"]
        return messages
