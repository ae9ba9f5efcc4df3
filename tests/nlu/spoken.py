"""Say sentences to a running Sapa, each in a conversation of its own, and look at the answers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

_ANSWER_S = 25
_AT_ONCE = 3  # conversations; more only wait for each other
_NOT_UNDERSTOOD = ("answer-missed", "answer-part-missed", "form-unclear")  # templates


class Answer:
    """All that was answered to one message."""

    def __init__(self, replies: list[dict[str, Any]]) -> None:
        self.kinds = [reply["kind"] for reply in replies]
        self.sources = [reply["source"]["id"] for reply in replies]
        self._replies = replies

    @property
    def hands_over(self) -> bool:
        """Whether the conversation goes to a person, or outside hours how to reach one is said."""
        return "handoff" in self.kinds

    @property
    def offers_a_person(self) -> bool:
        """Whether it hands over, or says sorry and offers a person, having understood."""
        return self.hands_over or any(
            reply["mood"] == "sorry"
            and "request_human" in [choice["id"] for choice in reply["choices"]]
            and not reply["source"]["id"].startswith(_NOT_UNDERSTOOD)
            for reply in self._replies
        )

    @property
    def explains(self) -> bool:
        """Whether it is an article, or asks which of some articles is meant."""
        return bool({"answer", "clarify"} & set(self.kinds))


def say(url: str, lang: str, *messages: str) -> Answer:
    """Say `messages` one after the other in a new conversation and return the last one's answer.

    Raises AssertionError if one of them is not answered.
    """
    http = _client(url)
    headers = {"Accept-Language": lang, "Origin": url}
    wish = {"site_key": "demo", "lang": lang}
    session = http.post("/api/web/sessions", json=wish, headers=headers).raise_for_status().json()
    headers["Authorization"] = f"Bearer {session['token']}"
    replies: list[dict[str, Any]] = []
    for text in messages:
        message = {"client_id": uuid4().hex, "text": text}
        sent = http.post("/api/web/messages", json=message, headers=headers).raise_for_status()
        after = {"after": sent.json()["seq"], "wait": _ANSWER_S}
        read = http.get("/api/web/messages", params=after, headers=headers).raise_for_status()
        replies = [one for one in read.json()["messages"] if one["author"] != "customer"]
        assert replies, f"no answer to {text!r}"
    return Answer(replies)


def say_each(url: str, lang: str, openings: Sequence[tuple[str, ...]]) -> list[Answer]:
    """Say the messages of each tuple in a conversation of its own; as `say`, in their order."""
    with ThreadPoolExecutor(_AT_ONCE) as people:
        return list(people.map(lambda messages: say(url, lang, *messages), openings))


@cache
def _client(url: str) -> httpx.Client:
    """One for all: making one takes as long as half a turn."""
    return httpx.Client(base_url=url, timeout=_ANSWER_S + 15)
