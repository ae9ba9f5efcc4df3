from collections.abc import Callable

from bot.actions.services import Services
from bot.cues import Cues
from channels.message import Lang
from tests.bot.rehearsal import Rehearsal


async def test_it_introduces_itself_only_once(talk: Rehearsal) -> None:
    await talk.say("halo", "greet")
    assert talk.sources == ["greet"]
    await talk.say("halo", "greet")
    assert talk.sources == ["greet-again"]


async def test_it_never_claims_to_be_a_person(talk_in: Callable[[Lang], Rehearsal]) -> None:
    talk = talk_in("en")
    await talk.say("are you a bot?", "bot_challenge")

    assert "not a person" in talk.texts[0]


async def test_every_intent_gets_an_answer(services: Services) -> None:
    for intent in ("greet", "goodbye", "thanks", "bot_challenge", "ask_capabilities", "affirm",
                   "deny", "chitchat", "out_of_scope", "stop", "inform", "correct_slot",
                   "accept_offer", "decline_offer", "nlu_fallback", "change_language"):  # fmt: skip
        talk = Rehearsal(services)
        await talk.say("xyz", intent)
        assert talk.replies, intent


async def test_small_talk_in_a_form_is_short_and_the_question_follows(talk: Rehearsal) -> None:
    for intent, said in (
        ("greet", "greet-short"),
        ("thanks", "thanks-short"),
        ("bot_challenge", "bot-challenge-short"),
    ):
        await talk.say("lacak pesanan", "track_order")
        await talk.say("hai", intent)
        assert talk.sources == [said, "ask-order_number"]


async def test_goodbye_leaves_the_form(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("dadah", "goodbye")

    assert talk.loop is None


async def test_a_fact_nobody_asked_for_offers_what_it_is_good_for(talk: Rehearsal) -> None:
    await talk.say("TL-261115-0001", "inform")

    assert talk.choices == ["track_order:TL-261115-0001", "open_ticket"]
    await talk.tap("track_order:TL-261115-0001")
    assert talk.sources == ["ask-proof"]


async def test_the_language_asked_for_by_name_is_spoken(talk: Rehearsal) -> None:
    await talk.say("bahasa indonesia aja", "change_language")
    assert talk.replies[0]["lang"] == "id"
    await talk.say("speak english please", "change_language")
    assert talk.replies[0]["lang"] == "en"


def test_words_of_danger_are_found_with_endings_and_not_inside_words() -> None:
    cues = Cues.load("escalation")

    assert cues.found("hpnya meledak kak") == "safety"
    assert cues.found("saya akan lapor polisi") == "complaint"
    assert cues.found("warna promo diskonnya?") is None


async def test_a_correction_of_nothing_is_a_question(talk: Rehearsal) -> None:
    await talk.say("4 angka itu yang mana ya", "correct_slot")

    assert "correct-nothing" not in talk.sources


async def test_who_leaves_a_form_hears_that_nothing_was_sent(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket", 0.99)
    await talk.say("sudah itu saja", "goodbye")

    assert talk.sources == ["goodbye-unfinished"]
    assert talk.loop is None


async def test_a_yes_with_more_in_it_brings_no_person(talk: Rehearsal) -> None:
    await talk.say("blorp zxcv", "nlu_fallback", 0.1)
    await talk.say("oke so ga bisa ya", "affirm")

    assert talk.handoff is None
