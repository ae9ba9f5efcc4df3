from dataclasses import replace

import pytest

from bot.actions.services import Services
from bot.answerer import BotAnswerer
from bot.client import RasaClient
from bot.typed import TypedChoices
from bot.waiting import WaitWords
from channels.message import Lang
from conversation.answering import Answer, Question
from desk.queue import Queue
from tests.bot.surveyed import Surveyed
from tests.bot.test_people import NIGHT


@pytest.fixture(scope="module")
def words() -> WaitWords:
    return WaitWords.load()


@pytest.fixture
def answerer(services: Services, words: WaitWords) -> BotAnswerer:
    return _answerer(services, words)


def _answerer(services: Services, words: WaitWords) -> BotAnswerer:
    nobody = RasaClient("http://127.0.0.1:9", "", 1)  # Rasa is not asked
    surveys = Surveyed(services.database, services.templates).talk
    return BotAnswerer(nobody, services, TypedChoices.load(), words, surveys)


async def _ask(answerer: BotAnswerer, text: str, lang: Lang = "id") -> Answer:
    return await answerer.answer(Question("c", "t", text, None, lang, {}, waiting=True))


@pytest.mark.parametrize(
    "text",
    [
        "masih lama?",
        "masih lama ya kak",
        "berapa lama lagi nih",
        "antrian ke berapa?",
        "halo?",
        "kok lama banget sih",
        "still long?",
        "how much longer?",
        "hello, is anyone there?",
        "what's my position in the queue",
        "I'm still waiting",
        "MASIH LAMA GA SIH",
    ],
)
def test_who_asks_for_the_wait_is_heard(words: WaitWords, text: str) -> None:
    assert words.concern(text)
    assert not words.leaves(text)


@pytest.mark.parametrize(
    "text",
    [
        "ga jadi",
        "gak jadi deh kak",
        "batal",
        "cancel",
        "ga usah deh, makasih",
        "never mind",
        "I don't want to wait",
        "please cancel it",
        "balik ke bot aja",
        "masih lama ya\nya udah batal aja",
    ],
)
def test_who_no_longer_wants_to_wait_is_let_go(words: WaitWords, text: str) -> None:
    assert words.concern(text)
    assert words.leaves(text)


@pytest.mark.parametrize(
    "text",
    [
        "batalin pesanan saya dong",
        "cancel my order please",
        "paket saya masih lama sampainya?",
        "how long is the warranty on this phone",
        "barangnya pecah, mau refund",
        "saya ga jadi beli yang merah, ganti biru",
        "TL-240815-0042",
        "!!!",
        "",
        "lama " * 900,
    ],
)
def test_what_is_meant_for_the_person_is_left_to_the_person(words: WaitWords, text: str) -> None:
    assert not words.concern(text)


@pytest.mark.parametrize(("lang", "text"), [("id", "masih lama?"), ("en", "still long?")])
async def test_the_place_in_the_queue_is_told(answerer: BotAnswerer, lang: Lang, text: str) -> None:
    answer = await _ask(answerer, text, lang)

    (reply,) = answer.replies
    assert reply.source.id == "wait-unknown"
    assert reply.data == {"state": "waiting", "position": 1, "wait_minutes": None}
    assert [choice.id for choice in reply.choices] == ["open_ticket", "callback_request"]
    assert not answer.leaves_line


async def test_at_night_who_waits_is_told_that_nobody_is_there(
    services: Services, words: WaitWords
) -> None:
    queue = Queue(services.database, services.hours, lambda: NIGHT)
    answer = await _ask(_answerer(replace(services, queue=queue), words), "masih lama?")

    assert [reply.source.id for reply in answer.replies] == ["wait-closed"]


async def test_who_cancels_leaves_the_line(answerer: BotAnswerer) -> None:
    answer = await _ask(answerer, "ga jadi deh")

    assert answer.leaves_line
    assert [reply.source.id for reply in answer.replies] == ["line-left"]
