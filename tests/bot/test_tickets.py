from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.actions.services import Services
from crm.proofs import Lockout
from crm.tables import Ticket, TicketNote
from crm.tickets import Tickets
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER


def at_night() -> datetime:
    return datetime(2026, 11, 18, 16, 0, tzinfo=UTC)  # 23.00 in Jakarta


async def open_one(talk: Rehearsal) -> str:
    await talk.say(f"gelas yang saya terima pecah, pesanan {SARI_ORDER}", "open_ticket")
    await talk.tap("affirm")
    await talk.say("0812-0000-1111", "inform")
    return str(talk.replies[0]["data"]["number"])


async def test_an_opening_sentence_that_says_it_all_leaves_category_and_contact(
    talk: Rehearsal,
) -> None:
    await talk.say(f"gelas yang saya terima pecah, pesanan {SARI_ORDER}", "open_ticket")
    assert talk.sources == ["ask-ticket_category"]
    assert "Barang rusak" in talk.texts[0]
    await talk.tap("affirm")
    assert talk.sources == ["ask-ticket_contact"]
    await talk.say("0812-0000-1111", "inform")

    assert talk.sources == ["ticket-opened"]
    assert talk.replies[0]["data"]["category"] == "damaged"
    assert talk.loop is None


async def test_a_short_opening_is_asked_for_the_description(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket")

    assert talk.sources == ["ask-ticket_description"]


async def test_an_angry_question_is_the_description_too(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket")
    await talk.say("barang saya pecah!! kok bisa sih? kecewa", "complaint")

    assert talk.sources == ["sorry-first", "ask-ticket_category"]
    assert "request_human" in talk.choices
    assert talk.slots["ticket_description"] == "barang saya pecah!! kok bisa sih? kecewa"


async def test_a_person_is_reached_while_the_description_is_asked(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket")
    await talk.say("sambungin ke orang aja", "request_human")

    assert talk.handoff is not None


async def test_a_no_to_the_guess_shows_all_categories(talk: Rehearsal) -> None:
    await talk.say("gelas yang saya terima pecah kak", "open_ticket")
    await talk.tap("deny")

    assert talk.sources == ["ask-ticket_category-open"]
    await talk.tap("inform:payment")
    assert talk.slots["ticket_category"] == "payment"


async def test_who_has_no_order_number_goes_on(talk: Rehearsal) -> None:
    await talk.say("gelas yang saya terima pecah kak", "open_ticket")
    await talk.tap("affirm")
    assert talk.sources == ["ask-ticket_order"]
    await talk.say("gak ada nomornya", "deny")

    assert talk.sources == ["ask-ticket_contact"]


async def test_a_question_at_the_contact_is_answered_and_then_asked_on(talk: Rehearsal) -> None:
    await talk.say(f"gelas yang saya terima pecah, pesanan {SARI_ORDER}", "open_ticket")
    await talk.tap("affirm")
    await talk.say("berapa lama batas retur", "faq")

    assert talk.sources == ["returns-window", "ask-ticket_contact"]


async def test_a_repeated_turn_opens_no_second_ticket(talk: Rehearsal, services: Services) -> None:
    await talk.say(f"gelas yang saya terima pecah, pesanan {SARI_ORDER}", "open_ticket")
    await talk.tap("affirm")
    before = talk.loop, dict(talk.slots)
    first = await talk.say("081200001111", "inform", turn_id="same")
    talk.loop, talk.slots = before
    again = await talk.say("081200001111", "inform", turn_id="same")

    assert first == again
    async with services.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Ticket)) == 1


async def test_the_same_conversation_sees_its_ticket_without_a_proof(talk: Rehearsal) -> None:
    number = await open_one(talk)
    await talk.say("tiket saya gimana", "ticket_status")

    assert talk.replies[0]["data"]["number"] == number


async def test_another_conversation_needs_a_proof_and_learns_nothing_without(
    talk: Rehearsal, services: Services
) -> None:
    number = await open_one(talk)
    stranger = Rehearsal(services)
    await stranger.say(f"cek {number}", "ticket_status")
    assert stranger.sources == ["ask-ticket_proof"]
    wrong = await stranger.say("9999", "inform")
    other = Rehearsal(services)
    await other.say("cek TK-000999", "ticket_status")
    unknown = await other.say("9999", "inform")

    assert [text.replace("TK-000999", number) for text in unknown] == wrong
    await stranger.say("1111", "inform")
    assert stranger.replies[0]["data"]["number"] == number


async def test_a_note_is_added_to_the_ticket_that_was_shown(
    talk: Rehearsal, services: Services
) -> None:
    await open_one(talk)
    await talk.say("tiket saya gimana", "ticket_status")
    await talk.tap("inform:note")
    assert talk.sources == ["ask-ticket_note"]
    await talk.say("gelasnya dua yang pecah", "inform")

    assert talk.sources == ["ticket-noted"]
    async with services.database.read() as session:
        notes = (await session.scalars(select(TicketNote.text))).all()
    assert notes == ["gelasnya dua yang pecah"]


async def test_tracking_inside_the_ticket_comes_back_to_it(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket")
    await talk.say("gelas saya pecah", "inform")
    await talk.say("lacak pesanan dulu", "track_order")
    assert talk.sources == ["ask-order_number"]
    await talk.say(f"{SARI_ORDER} 1111", "inform")

    assert talk.replies[0]["kind"] == "order"
    assert talk.sources[-2:] == ["resume", "ask-ticket_category"]
    assert talk.loop == "open_ticket_form"


async def test_who_is_verified_is_not_asked_for_a_contact(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    await talk.say(f"barang pecah di pesanan {SARI_ORDER}", "open_ticket")
    await talk.tap("affirm")

    assert talk.sources == ["ticket-opened"]


async def test_a_parcel_that_never_came_is_a_case_of_delivery(talk: Rehearsal) -> None:
    await talk.say("I want to open a ticket, it never arrived", "open_ticket")
    assert talk.slots["ticket_guess"] == "delivery"
    await talk.say("batal", "stop")
    await talk.say("tolong buat tiket, paket saya belum sampai", "open_ticket")

    assert talk.slots["ticket_guess"] == "delivery"


async def test_a_yes_or_digits_alone_describe_nothing(talk: Rehearsal) -> None:
    await talk.say("mau lapor", "open_ticket")
    await talk.say("iya", "affirm")
    assert talk.sources == ["ask-ticket_description-again"]
    await talk.say("0000", "inform")

    assert talk.slots.get("ticket_description") is None


async def test_a_note_is_asked_for_in_words(talk: Rehearsal) -> None:
    await open_one(talk)
    await talk.say("tambahin catatan dong", "nlu_fallback")
    assert talk.sources == ["ask-ticket_note"]
    await talk.say("dipakai jualan, tolong cepat", "inform")

    assert talk.sources == ["ticket-noted"]


async def test_a_case_told_in_the_opening_sentence_is_not_asked_again(talk: Rehearsal) -> None:
    text = "mau lapor tas yang saya beli bulan lalu talinya putus"
    await talk.say(text, "open_ticket")

    assert talk.slots["ticket_description"] == text
    assert "ask-ticket_description" not in talk.sources


async def test_an_announcement_however_long_is_no_description(talk: Rehearsal) -> None:
    await talk.say("halo kak, saya mau bikin laporan dong soal pesanan saya", "open_ticket")

    assert talk.sources == ["ask-ticket_description"]


async def test_a_ticket_at_night_says_when_the_team_is_back(services: Services) -> None:
    lockout = Lockout(services.database, clock=at_night)
    kinds = services.tickets.kinds
    tickets = Tickets(services.database, services.hours, kinds, lockout, at_night)
    talk = Rehearsal(replace(services, tickets=tickets))
    await open_one(talk)

    assert talk.sources == ["ticket-opened-closed"]
    assert "08.00 WIB" in talk.texts[0]


async def test_a_contact_given_at_the_category_is_taken_and_the_guess_kept(talk: Rehearsal) -> None:
    await talk.say("gelas yang saya terima pecah", "open_ticket", 0.99)
    assert talk.sources == ["ask-ticket_category"]
    await talk.say("0812-0000-1111", "inform")

    assert talk.slots["ticket_category"] == "damaged"
    assert talk.slots["ticket_contact"] == "+6281200001111"


async def test_the_category_is_not_asked_for_ever(talk: Rehearsal) -> None:
    await talk.say("gelas yang saya terima pecah", "open_ticket", 0.99)
    await talk.say("zxcv", "nlu_fallback", 0.1)
    await talk.say("qwrt", "nlu_fallback", 0.1)

    assert talk.slots["ticket_category"] == "other"


async def test_the_category_may_be_named(talk: Rehearsal) -> None:
    await talk.say("gelas yang saya terima pecah", "open_ticket", 0.99)
    await talk.say("barang rusak", "open_ticket", 0.99)

    assert talk.slots["ticket_category"] == "damaged"


async def test_who_has_no_ticket_yet_opens_one_and_is_not_asked_its_number_again(
    talk: Rehearsal,
) -> None:
    await talk.say("refund saya mana", "ticket_status", 0.99)
    await talk.tap("open_ticket")
    await talk.say("refund saya belum masuk sudah sebulan", "open_ticket")

    assert talk.slots.get("paused_form") is None
    assert talk.loop == "open_ticket_form"
