from sqlalchemy import select, text

from bot.actions.services import Services
from conversation.tables import AnswerRating, UnansweredQuestion
from tests.bot.rehearsal import Rehearsal


async def test_a_known_question_is_answered_by_its_article(talk: Rehearsal) -> None:
    await talk.say("berapa lama batas retur", "faq")

    assert talk.replies[0]["kind"] == "answer"
    assert talk.replies[0]["source"]["type"] == "article"
    assert talk.sources == ["returns-window"]


async def test_the_first_unknown_question_offers_a_person_and_is_kept(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say("apakah kalian jual bitcoin", "faq", turn_id="t1")

    assert talk.sources == ["answer-missed"]
    assert "request_human" in talk.choices
    async with services.database.read() as session:
        kept = (await session.scalars(select(UnansweredQuestion))).all()
    assert [(row.turn_id, row.text) for row in kept] == [("t1", "apakah kalian jual bitcoin")]


async def test_the_second_miss_in_a_row_says_that_a_person_is_better(talk: Rehearsal) -> None:
    await talk.say("apakah kalian jual bitcoin", "faq")
    await talk.say("asdf qwer", "nlu_fallback")

    assert talk.sources == ["answer-missed-again"]
    await talk.say("iya", "affirm")
    assert talk.handoff is not None
    assert talk.handoff["reason"] == "not_understood"


async def test_a_yes_to_was_it_helpful_is_kept(talk: Rehearsal, services: Services) -> None:
    await talk.say("berapa lama batas retur", "faq")
    await talk.tap("helpful:yes")

    async with services.database.read() as session:
        ratings = (await session.scalars(select(AnswerRating))).all()
    assert [(row.article, row.helped) for row in ratings] == [("returns-window", True)]


async def test_a_no_to_was_it_helpful_offers_a_person(talk: Rehearsal) -> None:
    await talk.say("berapa lama batas retur", "faq")
    await talk.tap("helpful:no")

    assert "request_human" in talk.choices


async def test_whether_it_helped_is_asked_only_now_and_then(talk: Rehearsal) -> None:
    asked = []
    for _ in range(4):
        await talk.say("berapa lama batas retur", "faq")
        asked.append("helpful:yes" in talk.choices)

    assert asked == [True, False, False, True]


async def test_a_chosen_article_is_answered_and_none_of_these_offers_a_person(
    talk: Rehearsal,
) -> None:
    await talk.say("ada ongkirnya?", "faq")
    if talk.replies[0]["kind"] == "clarify":
        await talk.tap("faq:none")
        assert "request_human" in talk.choices


async def test_danger_goes_to_a_person_whatever_the_intent(talk: Rehearsal) -> None:
    await talk.say("chargernya meledak kak, bisa retur?", "faq")

    assert talk.handoff is not None
    assert talk.handoff["reason"] == "safety"


async def test_a_broken_part_becomes_an_apology_with_a_code(
    talk: Rehearsal, services: Services
) -> None:
    async with services.database.write() as session:
        await session.execute(text("ALTER TABLE unanswered_questions RENAME TO gone"))
    await talk.say("apakah kalian jual bitcoin", "faq")

    assert talk.sources == ["failure"]
    assert talk.choices == ["request_human"]
    assert talk.replies[0]["data"]["error_id"] in talk.texts[0]
