from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.actions.services import Services
from desk.queue import Queue
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER

NIGHT = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)  # 23.00 in Jakarta


@pytest.fixture
def talk_at_night(services: Services) -> Rehearsal:
    queue = Queue(services.database, services.hours, lambda: NIGHT)
    return Rehearsal(replace(services, queue=queue))


async def test_a_request_is_obeyed_at_once_with_position(talk: Rehearsal) -> None:
    await talk.say("mau bicara dengan orang", "request_human")

    assert talk.replies[0]["kind"] == "handoff"
    assert talk.replies[0]["data"] == {
        "state": "waiting",
        "position": 1,
        "wait_minutes": None,
        "reason": "request",
    }
    assert {"open_ticket", "callback_request"} <= set(talk.choices)


async def test_a_complaint_is_handed_off_with_an_angry_brief(talk: Rehearsal) -> None:
    await talk.say("pelayanan kalian parah banget", "complaint")

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "complaint"
    assert talk.handoff["brief"]["mood"] == "angry"
    assert talk.handoff["brief"]["offer_allowed"] is False


async def test_the_brief_has_eight_fields_and_the_whole_story(talk: Rehearsal) -> None:
    await talk.say("berapa lama batas retur", "faq")
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    await talk.say("mau ngomong sama CS", "request_human")

    assert talk.handoff is not None
    brief = talk.handoff["brief"]
    assert brief["who"] == "Sari, terverifikasi"
    assert brief["said"][-1] == "mau ngomong sama CS"
    assert brief["tried"] == [
        "dijawab dengan artikel: Batas waktu retur",
        f"pesanan {SARI_ORDER} ditunjukkan",
    ]
    assert brief["open"] == [f"{SARI_ORDER}: sedang dikirim"]
    assert sorted(brief) == [
        "entities",
        "mood",
        "offer_allowed",
        "open",
        "said",
        "tried",
        "wants",
        "who",
    ]


async def test_outside_hours_a_ticket_is_promised_instead(talk_at_night: Rehearsal) -> None:
    await talk_at_night.say("mau bicara dengan orang", "request_human")

    assert talk_at_night.handoff is None
    assert talk_at_night.sources == ["handoff-closed"]
    assert {"open_ticket", "callback_request"} <= set(talk_at_night.choices)


async def test_on_a_holiday_its_name_is_told(services: Services) -> None:
    christmas = datetime(2026, 12, 25, 3, 0, tzinfo=UTC)
    queue = Queue(services.database, services.hours, lambda: christmas)
    talk = Rehearsal(replace(services, queue=queue))

    await talk.say("mau bicara dengan orang", "request_human")

    assert talk.sources == ["handoff-holiday"]
    assert "(Hari Raya Natal)" in talk.replies[0]["text"]


async def test_danger_is_queued_at_night_too(talk_at_night: Rehearsal) -> None:
    await talk_at_night.say("saya kesetrum kipas dari toko kalian", "complaint")

    assert talk_at_night.handoff is not None
    assert talk_at_night.handoff["reason"] == "safety"


async def test_danger_in_the_sentence_that_opens_a_form_goes_to_a_person(talk: Rehearsal) -> None:
    await talk.say("hp nya meledak di tangan saya", "open_ticket")

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "safety"
    assert talk.loop is None


@pytest.mark.parametrize("intent", ["ask_capabilities", "faq", "greet", "open_ticket"])
async def test_the_plain_wish_for_a_person_is_obeyed_whatever_it_was_taken_for(
    talk: Rehearsal, intent: str
) -> None:
    await talk.say("ribet ah, cs aja deh tolong", intent)

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "request"


async def test_the_plain_wish_for_a_person_leaves_a_form(talk: Rehearsal) -> None:
    await talk.say("lacak pesanan", "track_order")
    await talk.say("males ah, mending ke admin aja deh", "nlu_fallback")

    assert talk.handoff is not None
    assert talk.loop is None


@pytest.mark.parametrize("intent", ["ask_offer", "greet", "chitchat", "thanks"])
async def test_danger_reaches_a_person_whatever_it_was_taken_for(
    talk: Rehearsal, intent: str
) -> None:
    await talk.say("hp yang saya beli meledak pas dicas", intent)

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "safety"


async def test_what_nobody_understands_and_may_be_a_wish_for_a_person_is_obeyed(
    talk: Rehearsal,
) -> None:
    talk.ranking = {"request_human": 0.25}
    await talk.say("hoyong nyarios jeung nu ngarti", "nlu_fallback", 0.35)

    assert talk.handoff is not None


async def test_an_unsure_wish_for_a_person_gives_way_to_an_article(talk: Rehearsal) -> None:
    await talk.say("jam berapa cs mulai online", "request_human", 0.7)

    assert talk.sources == ["stores-service-hours"]
    assert talk.handoff is None


async def test_what_may_be_a_complaint_is_met_with_an_apology_and_the_offer_of_a_person(
    talk: Rehearsal,
) -> None:
    await talk.say("kok gini ya", "complaint", 0.6)

    assert talk.sources == ["sorry-offer"]
    assert talk.replies[0]["mood"] == "sorry"
    assert talk.choices == ["request_human", "open_ticket"]
    assert talk.handoff is None
    await talk.say("iya", "affirm")
    assert talk.handoff is not None


async def test_who_goes_on_being_upset_is_not_asked_a_second_time(talk: Rehearsal) -> None:
    await talk.say("kok gini ya", "complaint", 0.6)
    await talk.say("gimana sih kalian", "complaint", 0.6)

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "complaint"


async def test_a_greeting_that_may_be_angry_is_answered_with_an_apology_first(
    talk: Rehearsal,
) -> None:
    talk.ranking = {"complaint": 0.3}
    await talk.say("HALO JAWAB", "greet", 0.5)

    assert talk.sources == ["sorry-first", "greet"]


async def test_anger_beside_a_wish_for_a_person_is_handed_over(talk: Rehearsal) -> None:
    talk.ranking = {"request_human": 0.25}
    await talk.say("percuma, yang lain mana", "complaint", 0.6)

    assert talk.handoff is not None


async def test_who_would_rather_wait_keeps_a_place_until_the_next_shift(
    talk_at_night: Rehearsal,
) -> None:
    await talk_at_night.say("mau bicara dengan orang", "request_human")

    await talk_at_night.tap("request_human:wait")

    assert talk_at_night.sources == ["handoff-until-open"]
    assert talk_at_night.handoff is not None
    assert talk_at_night.handoff["expected"]["shut"] == 1
    assert "urutan ke-1" in talk_at_night.replies[0]["text"]
