from datetime import timedelta

from bot.actions.services import Services
from crm.tables import Order, Shipment
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import BUDI_ORDER, NOON, SARI_ORDER


async def test_number_and_proof_in_the_opening_sentence_need_no_question(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} hp 1111", "track_order")

    assert talk.replies[0]["kind"] == "order"
    assert talk.replies[0]["data"]["number"] == SARI_ORDER
    assert talk.loop is None


async def test_number_then_proof_shows_the_order(talk: Rehearsal) -> None:
    await talk.say("paket saya di mana", "track_order")
    assert talk.sources == ["ask-order_number"]
    await talk.say(SARI_ORDER, "inform")
    assert talk.sources == ["ask-proof"]
    await talk.say("1111", "inform")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER
    assert talk.slots["proof"] is None


async def test_a_wrong_proof_gets_the_same_words_as_an_unknown_number(talk: Rehearsal) -> None:
    wrong_proof = await talk.say(f"lacak {SARI_ORDER} 9999", "track_order", turn_id="same")
    await talk.say("stop", "stop")
    unknown = await talk.say("lacak TL-261115-9999 9999", "track_order", turn_id="same")

    assert [text.replace("TL-261115-9999", SARI_ORDER) for text in unknown] == wrong_proof


async def test_three_wrong_proofs_lock_and_offer_a_person(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER}", "track_order")
    for proof in ("0001", "0002", "0003"):
        await talk.say(proof, "inform")
        assert talk.sources == ["order-not-found"]
    await talk.say("1111", "inform")

    assert talk.sources == ["order-locked"]
    assert "request_human" in talk.choices
    assert talk.loop is None


async def test_after_a_strangers_guesses_the_owner_is_asked_for_a_whole_contact(
    services: Services, talk: Rehearsal
) -> None:
    for _ in range(4):
        stranger = Rehearsal(services)
        await stranger.say(f"lacak {SARI_ORDER}", "track_order")
        for proof in ("0001", "0002", "0003"):
            await stranger.say(proof, "inform")

    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")
    assert (talk.sources, talk.loop) == (["proof-digits-locked"], "track_order_form")
    await talk.say("081200001111", "inform")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER


async def test_a_whole_phone_number_verifies_and_the_next_order_needs_no_proof(
    talk: Rehearsal,
) -> None:
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    assert {"verified": "C0001"} in talk.commands
    await talk.say("lacak pesanan", "track_order")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER


async def test_four_digits_open_only_their_order(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")

    assert not any("verified" in command for command in talk.commands)


async def test_somebody_elses_order_still_needs_its_proof_when_verified(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    await talk.say(f"lacak {BUDI_ORDER}", "track_order")

    assert talk.sources == ["ask-proof"]


async def test_a_question_inside_the_form_is_answered_and_then_asked_on(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("berapa lama batas retur", "faq")

    assert talk.sources == ["returns-window", "ask-order_number"]
    assert talk.loop == "track_order_form"


async def test_the_forms_own_intent_asks_again_instead_of_silence(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("lacak pesanan", "track_order")

    assert talk.sources == ["ask-order_number"]


async def test_stop_leaves_the_form(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("batal", "stop")

    assert talk.sources == ["stop"]
    assert talk.loop is None


async def test_a_person_is_reached_from_inside_the_form(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER}", "track_order")
    await talk.say("mau ngomong sama orang", "request_human")

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "request"
    assert talk.handoff["brief"]["entities"] == {"order_number": SARI_ORDER}
    assert talk.loop is None


async def test_another_language_repeats_the_question_in_it(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("pakai bahasa inggris", "change_language")

    assert [reply["lang"] for reply in talk.replies] == ["en", "en"]
    assert talk.sources == ["language-changed", "ask-order_number"]
    assert talk.lang == "en"


async def test_an_angry_sentence_with_the_number_fills_the_form(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say(f"lama banget sih {SARI_ORDER}!!", "complaint")

    assert talk.sources == ["sorry-first", "ask-proof"]


async def test_two_unusable_answers_offer_a_person_and_a_way_out(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("hmm", "inform")
    assert talk.sources == ["ask-order_number-again"]
    await talk.say("hmm", "inform")

    assert talk.sources[0] == "form-unclear-again"
    assert {"request_human", "stop"} <= set(talk.choices)


async def test_a_correction_replaces_the_number_in_the_form(talk: Rehearsal) -> None:
    await talk.say(f"lacak {BUDI_ORDER}", "track_order")
    await talk.say(f"eh salah, nomornya {SARI_ORDER}", "correct_slot")
    assert talk.sources == ["ask-proof"]
    await talk.say("1111", "inform")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER


async def test_a_correction_after_the_form_tracks_the_right_order(talk: Rehearsal) -> None:
    await talk.say(f"lacak {BUDI_ORDER} 2222", "track_order")
    await talk.say(f"eh salah, maksudnya {SARI_ORDER}", "correct_slot")

    assert talk.sources == ["ask-proof"]
    assert talk.slots["order_number"] == SARI_ORDER


async def test_several_numbers_are_each_looked_up(talk: Rehearsal) -> None:
    await talk.say(f"cek {SARI_ORDER} sama {BUDI_ORDER} hp 1111", "track_order")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER
    assert "order-others-not-found" in talk.sources


async def test_a_number_says_more_than_words_that_nobody_understands(talk: Rehearsal) -> None:
    await talk.say(f"lck {SARI_ORDER}", "nlu_fallback")

    assert talk.sources == ["ask-proof"]


async def test_a_late_order_offers_a_ticket_about_it_and_nothing_to_buy(
    talk: Rehearsal, services: Services
) -> None:
    async with services.database.write() as session:
        shipment = await session.get_one(Shipment, "S1")
        shipment.eta = NOON - timedelta(days=1)
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")
    assert talk.sources == ["order-shown-shipped-no-date", "order-late"]
    await talk.tap(f"open_ticket:{SARI_ORDER}")

    assert talk.sources == ["ask-ticket_contact"]
    assert talk.slots["ticket_category"] == "delivery"
    assert talk.slots["ticket_order"] == SARI_ORDER


async def test_a_number_with_its_proof_is_tracked_whatever_the_words(talk: Rehearsal) -> None:
    await talk.say(f"{SARI_ORDER}, 1111", "inform")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER


async def test_a_proof_or_a_yes_after_a_bare_number_tracks_it(talk: Rehearsal) -> None:
    await talk.say(SARI_ORDER, "inform")
    await talk.say("ya", "affirm")
    assert talk.sources == ["ask-proof"]
    await talk.say("batal", "stop")

    await talk.say(SARI_ORDER, "inform")
    await talk.say("1111", "inform")

    assert talk.replies[0]["data"]["number"] == SARI_ORDER


async def test_who_does_not_know_the_number_or_the_proof_hears_what_else_helps(
    talk: Rehearsal,
) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("gatau nomornya", "deny")
    assert talk.sources == ["order_number-unknown"]
    await talk.say(SARI_ORDER, "inform")
    await talk.say("email boleh?", "faq")
    assert talk.sources == ["proof-unknown"]
    await talk.say("lupa dua-duanya", "deny")

    assert talk.sources == ["proof-unknown"]
    assert "request_human" in talk.choices


async def test_not_this_but_that_leaves_the_form_with_the_answer(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("eh ga jadi, mau tanya garansi hp aja", "faq")

    assert "ask-order_number" not in talk.sources
    assert talk.loop is None


async def test_who_is_verified_picks_among_their_own_orders(
    talk: Rehearsal, services: Services
) -> None:
    async with services.database.write() as session:
        order = await session.get_one(Order, BUDI_ORDER)
        order.customer_id, order.status = "C0001", "paid"
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    await talk.say("cek pesanan", "track_order")
    assert talk.sources == ["ask-order_number-own"]
    await talk.tap(f"inform:{BUDI_ORDER}")

    assert talk.replies[0]["data"]["number"] == BUDI_ORDER


async def test_a_phone_number_for_the_order_number_is_kept_and_not_asked_for_ever(
    talk: Rehearsal,
) -> None:
    await talk.say("lacak pesanan", "track_order", 0.99)
    await talk.say("081234567890", "inform")
    assert talk.sources == ["order_number-missing"]
    assert {"request_human", "open_ticket"} <= set(talk.choices)
    await talk.say("081234567890", "inform")
    assert talk.sources == ["ask-order_number-again"]
    await talk.say("081234567890", "inform")

    assert talk.sources == ["form-unclear-again", "order_number-missing"]


async def test_digits_some_messages_after_a_bare_number_are_its_proof(talk: Rehearsal) -> None:
    await talk.say(SARI_ORDER, "inform")
    await talk.say("4 angka itu yang mana ya", "correct_slot")
    await talk.say("1111", "inform")

    assert talk.replies[0]["kind"] == "order"


async def test_digits_that_are_taken_back_are_not_tried(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER}", "track_order", 0.99)
    await talk.say("bukan 4321, maksud saya 1111", "inform")

    assert talk.replies[0]["kind"] == "order"
