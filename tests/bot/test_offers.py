from sqlalchemy import select

from bot.actions.services import Services
from crm.eligibility import in_control_group
from crm.tables import Lead, Offer
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER


async def test_an_offer_asked_for_is_shown_and_a_yes_makes_a_lead(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say("ada rekomendasi kalung?", "ask_offer")
    assert talk.replies[0]["kind"] == "offer"
    await talk.say("boleh", "affirm")

    assert talk.sources == ["offer-accepted"]
    async with services.database.read() as session:
        assert len((await session.scalars(select(Lead))).all()) == 1


async def test_a_no_is_kept(talk: Rehearsal, services: Services) -> None:
    await talk.say("ada promo apa?", "ask_offer")
    offer_id = talk.replies[0]["data"]["offer_id"]
    await talk.tap(f"decline_offer:{offer_id}")

    assert talk.sources == ["offer-declined"]
    async with services.database.read() as session:
        assert (await session.get_one(Offer, offer_id)).outcome == "declined"


async def test_after_a_tracked_order_one_fitting_offer_follows(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")

    kinds = [reply["kind"] for reply in talk.replies]
    assert kinds == (["order"] if in_control_group("C0001") else ["order", "offer"])
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")
    assert [reply["kind"] for reply in talk.replies] == ["order"]


async def test_somebody_elses_offer_cannot_be_accepted(talk: Rehearsal, services: Services) -> None:
    await talk.say("ada promo apa?", "ask_offer")
    offer_id = talk.replies[0]["data"]["offer_id"]
    stranger = Rehearsal(services)
    await stranger.say("halo", "greet")
    stranger.replies[-1]["choices"].append({"id": f"accept_offer:{offer_id}", "label": "x"})
    await stranger.tap(f"accept_offer:{offer_id}")

    assert stranger.sources == ["offer-gone"]


async def test_offers_end_when_asked_to_in_words(talk: Rehearsal) -> None:
    await talk.say("ada rekomendasi kalung?", "ask_offer")
    await talk.say("ga usah nawarin terus deh", "decline_offer")

    assert talk.sources == ["offer-never"]


async def test_a_no_to_nothing_declines_no_offer(talk: Rehearsal) -> None:
    talk.ranking = {"track_order": 0.3}
    await talk.say("kalung saya belum sampai sampai", "decline_offer", 0.5)

    assert talk.sources == ["ask-order_number"]


async def test_a_yes_to_nothing_brings_no_offer(talk: Rehearsal) -> None:
    await talk.say("udah terlanjur saya kasih", "accept_offer", 0.9)

    assert talk.sources == ["answer-missed"]
