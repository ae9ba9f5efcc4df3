from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER

UNSURE = 0.7


async def test_a_question_that_sounds_like_a_task_is_answered(talk: Rehearsal) -> None:
    await talk.say("teknisi nya kapan datang ya ke rumah", "open_ticket", UNSURE)
    assert talk.sources == ["internet-technician"]
    await talk.say("internet putus nyambung terus nih", "complaint", UNSURE)
    assert talk.sources == ["sorry-first", "internet-slow"]
    await talk.say("bisa dibungkus kado ga", "ask_offer", UNSURE)

    assert talk.sources == ["ordering-gift-wrap"]
    assert talk.handoff is None
    assert talk.loop is None


async def test_a_task_said_plainly_is_not_a_question(talk: Rehearsal) -> None:
    await talk.say("lacak paket dong", "track_order", 0.99)

    assert talk.loop == "track_order_form"


async def test_a_case_asked_for_by_name_is_logged_though_an_article_fits(talk: Rehearsal) -> None:
    await talk.say("mau lapor, saya bayar dua kali", "open_ticket", UNSURE)

    assert talk.loop == "open_ticket_form"


async def test_a_form_goes_on_after_a_question_that_sounded_like_another_task(
    talk: Rehearsal,
) -> None:
    await talk.say("minta ditelepon", "callback_request")
    await talk.say("teknisi nya kapan datang ya ke rumah", "open_ticket", UNSURE)
    assert talk.sources == ["internet-technician", "ask-phone"]
    await talk.say("081234567890", "inform")

    assert talk.sources == ["ask-callback_time"]


async def test_a_number_is_a_task_however_unsure_the_words(talk: Rehearsal) -> None:
    await talk.say(f"paket {SARI_ORDER} ga gerak sudah 4 hari", "track_order", UNSURE)

    assert talk.loop == "track_order_form"
