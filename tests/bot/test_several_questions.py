from collections.abc import Callable
from typing import Any

from bot.actions.services import Services
from channels.message import Lang
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER


def part(text: str, intent: str, confidence: float = 0.95) -> dict[str, Any]:
    return {"text": text, "intent": intent, "confidence": confidence}


async def test_two_questions_get_two_answers_each_with_its_source(talk: Rehearsal) -> None:
    await talk.say("ongkir ke Medan berapa ya, terus sampainya berapa hari?", "faq")

    assert talk.sources == ["shipping-cost", "shipping-duration"]
    assert {reply["source"]["type"] for reply in talk.replies} == {"article"}


async def test_whether_it_helped_is_asked_once_after_several_answers(talk: Rehearsal) -> None:
    await talk.say("bisa cod ga? toko buka jam berapa?", "faq")

    assert talk.sources == ["payment-cod", "stores-hours"]
    assert talk.choices.count("helpful:yes") == 1
    assert "helpful:yes" in [choice["id"] for choice in talk.replies[-1]["choices"]]


async def test_more_than_three_questions_are_answered_up_to_three(talk: Rehearsal) -> None:
    text = "bisa cod ga? toko buka jam berapa? cara daftar akun gimana? bisa bayar pakai qris ga?"
    await talk.say(text, "faq")

    assert talk.sources == ["payment-cod", "stores-hours", "account-register", "answer-more"]


async def test_a_part_without_an_answer_is_said_to_have_none(talk: Rehearsal) -> None:
    await talk.say("bisa cod ga? kalian jual pesawat tempur ga?", "faq")

    assert talk.sources == ["payment-cod", "answer-part-missed"]
    assert "pesawat tempur" in talk.texts[1]


async def test_one_question_with_a_comma_stays_one(talk: Rehearsal) -> None:
    await talk.say("kalau barang yang datang rusak, gimana cara returnya?", "faq")

    assert len(talk.replies) == 1


async def test_thanks_with_a_question_inside_is_a_question(talk: Rehearsal) -> None:
    talk.parts = [part("makasih kak,", "thanks"), part("bisa cod ga?", "faq")]
    await talk.say("makasih kak, bisa cod ga?", "thanks", 0.99)

    assert talk.sources == ["thanks-short", "payment-cod"]


async def test_a_greeting_with_a_question_is_answered_with_both(talk: Rehearsal) -> None:
    talk.parts = [part("halo kak.", "greet"), part("Toko buka jam berapa?", "faq")]
    await talk.say("halo kak. Toko buka jam berapa?", "faq")

    assert talk.sources == ["greet-short", "stores-hours"]


async def test_plain_thanks_stay_thanks(talk: Rehearsal) -> None:
    await talk.say("bisa cod ga", "faq")
    await talk.say("makasih banyak kak", "thanks", 0.6)

    assert talk.sources == ["thanks"]


async def test_a_question_beside_a_task_is_answered_and_the_task_begins(talk: Rehearsal) -> None:
    text = f"lacak {SARI_ORDER} dong, terus bisa bayar pakai qris ga?"
    talk.parts = [
        part(f"lacak {SARI_ORDER} dong,", "track_order"),
        part("bisa bayar pakai qris ga?", "faq"),
    ]
    await talk.say(text, "track_order")
    assert talk.sources == ["payment-qris", "ask-proof"]
    talk.parts = []
    await talk.say("1111", "inform")

    assert talk.replies[0]["kind"] == "order"


async def test_a_task_beside_a_question_begins_after_the_answer(talk: Rehearsal) -> None:
    talk.parts = [part("bisa cod ga?", "faq"), part("pesanan saya sampai mana", "track_order")]
    await talk.say("bisa cod ga? pesanan saya sampai mana", "faq")

    assert talk.sources == ["payment-cod", "ask-order_number"]
    assert talk.loop == "track_order_form"


async def test_a_wish_for_a_person_in_one_part_is_obeyed(talk: Rehearsal) -> None:
    talk.parts = [part("kecewa.", "complaint"), part("mau yang manusia", "request_human")]
    await talk.say("kecewa. mau yang manusia", "chitchat", 0.5)

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "complaint"
    assert talk.handoff["brief"]["mood"] == "angry"
    assert talk.handoff["brief"]["offer_allowed"] is False


async def test_a_short_follow_up_leans_on_the_question_before_it(talk: Rehearsal) -> None:
    await talk.say("berapa lama pengiriman ke Jakarta?", "faq")
    await talk.say("kalau luar Jawa?", "faq")
    assert talk.sources == ["shipping-duration"]

    await talk.say("refund ke rekening berapa hari", "faq")
    await talk.say("klo ke gopay", "inform", 0.5)
    assert talk.sources == ["returns-refund-time"]


async def test_a_new_question_is_never_taken_for_a_follow_up(talk: Rehearsal) -> None:
    await talk.say("berapa lama pengiriman ke Jakarta?", "faq")
    await talk.say("bisa cod ga?", "faq")

    assert talk.sources == ["payment-cod"]


async def test_a_follow_up_about_something_else_is_offered_that_first(
    talk_in: Callable[[Lang], Rehearsal],
) -> None:
    talk = talk_in("en")
    await talk.say("how long is the blender warranty?", "faq")
    await talk.say("what about phones?", "faq")

    assert talk.sources == ["answer-clarify"]  # both warranties fit what was said
    assert talk.choices[0] == "faq:warranty-phones"


async def test_a_strange_follow_up_is_not_answered_with_the_same_again(talk: Rehearsal) -> None:
    await talk.say("berapa lama pengiriman ke Jakarta?", "faq")
    await talk.say("kalau kucing?", "faq")

    assert "shipping-duration" not in talk.sources


async def test_without_a_question_before_a_follow_up_is_not_understood(talk: Rehearsal) -> None:
    await talk.say("kalau gitu gimana?", "faq")

    assert talk.sources == ["answer-missed"]


async def test_a_request_for_a_person_that_is_denied_is_none(
    talk: Rehearsal, services: Services
) -> None:
    assert not services.wishes.stands("ga usah panggil cs dulu", "person")
    assert not services.wishes.stands("no need to talk to a person", "person")
    assert services.wishes.stands("ga paham, panggil cs dong", "person")
    await talk.say("ga usah panggil cs dulu", "request_human", 0.7)

    assert talk.handoff is None
    assert talk.sources == ["deny-nothing"]


async def test_an_unanswered_question_that_may_be_a_task_begins_it(talk: Rehearsal) -> None:
    talk.ranking = {"track_order": 0.4}
    await talk.say("kiriman gw nyangkut woy", "faq", 0.5)

    assert talk.loop == "track_order_form"
