import time
from collections.abc import Callable
from typing import Any

import pytest

from bench.serving import Serving
from tests.channels.telegram.double import TelegramDouble
from tests.channels.telegram.payloads import tap
from tests.channels.telegram.payloads import text as written
from tests.journeys.clerk import Clerk

PATIENCE_S = 30


class Chat:
    """One customer at Telegram."""

    def __init__(self, double: TelegramDouble, user: int) -> None:
        self.double, self.user, self.number = double, user, 0

    def _sent(self) -> list[dict[str, Any]]:
        return [message for message in self.double.sent if message["chat_id"] == self.user]

    def _answer_to(self, happening: dict[str, Any]) -> dict[str, Any]:
        before = len(self._sent())
        self.double.update(**happening)
        return self.next(before)

    def next(self, before: int) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while len(self._sent()) == before:
            assert time.monotonic() < until
            time.sleep(0.05)
        return self._sent()[before]

    def says(self, words: str) -> dict[str, Any]:
        self.number += 1
        return self._answer_to(written(words, self.number, user=self.user))

    def taps(self, data: str) -> dict[str, Any]:
        self.number += 1
        who = {"id": self.user, "is_bot": False, "first_name": "Budi"}
        tapped = tap(data, f"tap{self.user}-{self.number}")["callback_query"]
        return self._answer_to({"callback_query": {**tapped, "from": who}})


def _choices(message: dict[str, Any]) -> list[str]:
    rows = message["reply_markup"]["inline_keyboard"]
    return [button["callback_data"] for row in rows for button in row]


@pytest.fixture
def chat(sapa: Serving, telegram: TelegramDouble) -> Callable[[int], Chat]:
    return lambda user: Chat(telegram, user)


def test_an_order_is_found_by_taps_and_words(chat: Callable[[int], Chat]) -> None:
    budi = chat(8_000_000_001)

    greeting = budi.says("/start demo")
    assert "track_order" in _choices(greeting)
    budi.taps("track_order")
    budi.says("TL-261118-0042")
    order = budi.says("4321")

    assert "TL-261118-0042" in order["text"]


def test_a_person_takes_over_and_answers(chat: Callable[[int], Chat], sapa: Serving) -> None:
    siti = chat(8_000_000_002)
    siti.says("/human")

    with Clerk(sapa) as clerk:
        queue = clerk.http.get("/api/console/queue").raise_for_status().json()["waiting"]
        (conversation,) = [one["id"] for one in queue if one["channel"] == "telegram"]
        clerk.does("take", conversation).raise_for_status()
        hello = siti.next(1)
        clerk.says(conversation, "Pesanan Kakak sudah kami kirim.").raise_for_status()
        said = siti.next(2)

    assert clerk.name in hello["text"]
    assert said["text"] == "Pesanan Kakak sudah kami kirim."
