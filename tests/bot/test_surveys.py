import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions.services import Services
from bot.answerer import BotAnswerer
from bot.client import RasaClient
from bot.speech import Templates
from bot.surveys import check_words
from bot.typed import TypedChoices
from bot.waiting import WaitWords
from conversation.answering import Question
from conversation.tables import Conversation, Handoff
from conversation.words import ChoiceUnknown
from crm.proofs import Lockout
from crm.surveys.following import FollowUps
from crm.surveys.questionnaires import BrokenQuestionnaires, Questionnaires
from crm.tables import Customer, Ticket, TicketNote
from crm.tickets import Tickets
from db.base import new_id, now
from db.engine import Database
from tests.bot.surveyed import DAY, Surveyed

SOON = timedelta(minutes=11)


@pytest.fixture
def care(database: Database, templates: Templates) -> Surveyed:
    return Surveyed(database, templates)


@pytest.fixture
def lite(sqlite_database: Database, templates: Templates) -> Surveyed:
    return Surveyed(sqlite_database, templates)


async def _asked_by_sari(care: Surveyed) -> str:
    conversation = await care.conversation()
    await care.csr()
    await care.solved_by_sari(conversation)
    await care.surveying.once()
    return conversation


async def test_a_case_that_a_person_solved_is_asked_about_once_and_answered_with_one_tap(
    care: Surveyed,
) -> None:
    conversation = await _asked_by_sari(care)
    assert await care.surveying.once() == []

    [question] = await care.asked(conversation)
    assert (question.author, question.name, question.data["scale"]) == ("bot", "Nara", "csat")
    assert "bantuan Sari" in question.text
    assert [choice["label"][0] for choice in question.choices] == ["1", "2", "3", "4", "5"]
    assert max(len(choice["id"]) for choice in question.choices) <= 64
    await care.tap(conversation, 5)

    thanks = await care.last(conversation)
    assert (thanks.author, thanks.source["id"] if thanks.source else "") == ("bot", "survey-thanks")
    [kept] = await care.surveys_kept()
    assert (kept.score, kept.solver, kept.agent_id, kept.channel) == (
        5,
        "person",
        "sari",
        "website",
    )
    assert await care.state(conversation) == "closed"


async def test_a_second_answer_is_told_so_and_changes_nothing(care: Surveyed) -> None:
    conversation = await _asked_by_sari(care)
    await care.tap(conversation, 4)
    await care.tap(conversation, 1)

    assert "sudah kami terima" in (await care.last(conversation)).text
    assert [survey.score for survey in await care.surveys_kept()] == [4]


async def test_two_taps_at_once_are_one_answer(care: Surveyed) -> None:
    conversation = await _asked_by_sari(care)

    await asyncio.gather(*(care.tap(conversation, mark) for mark in (1, 2, 3, 4, 5)))

    said = [row.source["id"] for row in await care.transcript.after(conversation, 0) if row.source]
    assert said.count("survey-repeated") == 4
    assert sum(one.startswith("survey-thanks") for one in said) == 1


async def test_a_late_answer_is_told_so_and_changes_nothing(lite: Surveyed) -> None:
    conversation = await _asked_by_sari(lite)
    lite.clock.ahead = 4 * DAY
    await lite.tap(conversation, 5)

    assert "sudah lewat" in (await lite.last(conversation)).text
    assert [survey.score for survey in await lite.surveys_kept()] == [None]


async def test_nobody_answers_for_another_conversation(lite: Surveyed) -> None:
    conversation = await _asked_by_sari(lite)
    survey_id = (await lite.asked(conversation))[0].data["survey_id"]
    stranger = await lite.conversation()

    with pytest.raises(ChoiceUnknown):  # the website answers 422 with a sentence
        await lite.tap(stranger, 1, of=survey_id)
    taken = await lite.talk.answer(
        Question(stranger, "t", "", f"survey:{survey_id}:1", "en", {}), {}
    )

    assert taken is not None
    assert "does not belong to this conversation" in taken.replies[0].text
    assert [survey.score for survey in await lite.surveys_kept()] == [None]


@pytest.mark.parametrize("value", ["0", "6", "11", "-1", "³", "x", "", "comment"])
async def test_what_is_no_mark_of_the_survey_changes_nothing(lite: Surveyed, value: str) -> None:
    conversation = await _asked_by_sari(lite)
    survey_id = (await lite.asked(conversation))[0].data["survey_id"]
    question = Question(conversation, "t", "", f"survey:{survey_id}:{value}", "id", {})

    taken = await lite.talk.answer(question, {})

    assert taken is not None
    assert taken.replies[0].source.id == "survey-foreign"
    assert [survey.score for survey in await lite.surveys_kept()] == [None]


@pytest.mark.parametrize("result", ["unsolved", None])
async def test_what_was_not_solved_is_not_asked_about(lite: Surveyed, result: str | None) -> None:
    conversation = await lite.conversation()
    await lite.csr()
    await lite.solved_by_sari(conversation, result)

    assert await lite.surveying.once() == []


async def test_who_left_the_line_is_not_asked(lite: Surveyed) -> None:
    conversation = await lite.conversation()
    await lite.bot_answers(conversation, "thanks")
    async with lite.database.write() as session:
        session.add(
            Handoff(conversation_id=conversation, reason="request", ended_at=now(), outcome="left")
        )
    lite.clock.ahead = SOON

    assert await lite.surveying.once() == []


@pytest.mark.parametrize(
    ("intent", "helped", "asked"),
    [("thanks", False, 1), ("goodbye", False, 1), ("helpful", True, 1), ("faq", False, 0),
     ("nlu_fallback", False, 0), ("complaint", False, 0)],
)  # fmt: skip
async def test_the_bot_asks_who_said_that_it_helped_and_is_quiet(
    care: Surveyed, intent: str, helped: bool, asked: int
) -> None:
    conversation = await care.conversation()
    await care.bot_answers(conversation, intent, helped=helped)
    assert await care.surveying.once() == []  # not in the middle of it
    care.clock.ahead = SOON

    assert len(await care.surveying.once()) == asked
    assert [(one.topic, one.solver) for one in await care.surveys_kept()] == (
        [("returns", "bot")] * asked
    )


async def test_thanks_for_nothing_is_no_solution(lite: Surveyed) -> None:
    conversation = await lite.conversation()
    await lite.bot_answers(conversation, "thanks", kind="text")
    lite.clock.ahead = SOON

    assert await lite.surveying.once() == []


async def test_a_customer_is_asked_once_in_a_while_on_all_channels_together(
    care: Surveyed,
) -> None:
    async with care.database.write() as session:
        session.add(Customer(id="C1", name="Ani", lang="id", segment="big"))
    await care.csr()
    first = await care.conversation()
    second = await care.conversation("telegram")
    for conversation in (first, second):
        await care.prove(conversation, "C1")
        await care.solved_by_sari(conversation)

    rounds = await asyncio.gather(*(care.surveying.once() for _ in range(3)))

    assert sum(map(len, rounds)) == 1
    [kept] = await care.surveys_kept()
    assert (kept.customer_id, kept.questionnaire, kept.segment) == ("C1", "nps", "big")
    [question] = await care.asked(kept.conversation_id)
    assert [choice["label"] for choice in question.choices] == [str(mark) for mark in range(11)]
    care.clock.ahead = 31 * DAY
    third = await care.conversation()
    await care.prove(third, "C1")
    await care.solved_by_sari(third)
    care.clock.ahead = timedelta(0)  # a clock that was set back asks nobody twice either
    assert await care.surveying.once() == []


@pytest.mark.parametrize(
    ("channel", "contact", "reached"),
    [
        ("whatsapp", {"window_until": DAY}, True),
        ("whatsapp", {"window_until": timedelta(minutes=5)}, False),
        ("whatsapp", {"window_until": -DAY}, False),
        ("telegram", {}, True),
        ("telegram", {"blocked_at": -DAY}, False),
    ],
)
async def test_only_who_can_be_reached_is_asked(
    lite: Surveyed, channel: str, contact: dict[str, timedelta], reached: bool
) -> None:
    moments = {name: now() + ahead for name, ahead in contact.items()}
    conversation = await lite.conversation(channel, **moments)
    await lite.csr()
    await lite.solved_by_sari(conversation)

    assert bool(await lite.surveying.once()) is reached


async def test_a_visitor_who_left_the_page_long_ago_is_not_asked(lite: Surveyed) -> None:
    conversation = await lite.conversation()
    await lite.csr()
    await lite.solved_by_sari(conversation)
    lite.clock.ahead = timedelta(minutes=40)
    assert await lite.surveying.once() == []

    with lite.bus.subscribe(f"conversation:{conversation}"):  # the page is still open
        assert await lite.surveying.once() == [conversation]


async def test_a_mark_takes_nobody_out_of_the_line_and_leaves_a_colleague_alone(
    lite: Surveyed,
) -> None:
    conversation = await _asked_by_sari(lite)
    async with lite.database.write() as session:
        row = await session.get_one(Conversation, conversation)
        row.state = "waiting"
        session.add(Handoff(conversation_id=conversation, reason="request"))

    await lite.tap(conversation, 3)

    assert await lite.state(conversation) == "waiting"
    assert (await lite.last(conversation)).author == "system"
    assert [survey.score for survey in await lite.surveys_kept()] == [3]


async def test_a_bad_mark_opens_one_ticket_and_its_comment_goes_along(
    care: Surveyed, services: Services
) -> None:
    conversation = await _asked_by_sari(care)
    lockout = Lockout(care.database)
    tickets = Tickets(care.database, services.hours, services.tickets.kinds, lockout)
    follow_ups = FollowUps(care.database, tickets, Questionnaires.load())
    await care.tap(conversation, 2)
    assert (await care.last(conversation)).mood == "sorry"
    [ticket_id] = await follow_ups.once()
    assert await follow_ups.once() == []
    await care.tap(conversation, "comment")
    context = await _context(care, conversation)
    comment = '=HYPERLINK("x") <b>lama</b>'
    asked = Question(conversation, "t1", comment, None, "id", {})
    taken = await care.talk.answer(asked, context)
    again = await care.talk.answer(asked, context)  # the turn is run once more after a crash
    await follow_ups.once()
    await follow_ups.once()

    assert taken is not None
    assert again == taken
    assert taken.replies[0].source.id == "survey-commented-bad"
    async with care.database.read() as session:
        ticket = await session.get_one(Ticket, ticket_id)
        notes = list(await session.scalars(select(TicketNote.text)))
    assert (ticket.description, ticket.conversation_id) == (
        "Tindak lanjut survei: nilai 2 dari 5.", conversation,
    )  # fmt: skip
    assert notes == [f"Komentar pelanggan: {comment}"]
    assert (await care.surveys_kept())[0].comment == comment


async def test_a_good_mark_opens_no_ticket(lite: Surveyed, services: Services) -> None:
    conversation = await _asked_by_sari(lite)
    await lite.tap(conversation, 3)

    follow_ups = FollowUps(lite.database, services.tickets, Questionnaires.load())
    assert await follow_ups.once() == []


async def test_words_are_a_comment_only_right_after_it_was_asked_for(lite: Surveyed) -> None:
    conversation = await _asked_by_sari(lite)
    await lite.tap(conversation, 4)
    said = Question(conversation, "t", "cepat dan ramah", None, "id", {})
    assert await lite.talk.answer(said, await _context(lite, conversation)) is None
    await lite.tap(conversation, "comment")
    await lite.tap(conversation, "skip")
    assert await lite.talk.answer(said, await _context(lite, conversation)) is None
    await lite.tap(conversation, "comment")
    awaited = await _context(lite, conversation)
    old = {"survey_comment": {**awaited["survey_comment"], "until": str(now() - DAY)}}
    assert await lite.talk.answer(said, old) is None
    set_back = {"survey_comment": {**awaited["survey_comment"], "until": str(now() + DAY)}}
    assert await lite.talk.answer(said, set_back) is None

    assert await lite.talk.answer(said, awaited) is not None
    assert (await lite.surveys_kept())[0].comment == "cepat dan ramah"


async def test_a_comment_that_calls_for_a_person_is_heard_and_kept(
    lite: Surveyed, services: Services
) -> None:
    conversation = await _asked_by_sari(lite)
    await lite.tap(conversation, 1)
    await lite.tap(conversation, "comment")
    nobody = RasaClient("http://127.0.0.1:9", "", 1)
    answerer = BotAnswerer(nobody, services, TypedChoices.load(), WaitWords.load(), lite.talk)
    words = "lama, dan barangnya meledak"

    answer = await answerer.answer(Question(conversation, new_id(), words, None, "id", {}))

    assert answer.handoff is not None
    assert answer.context == {"survey_comment": None}
    assert (await lite.surveys_kept())[0].comment == words


async def test_a_typed_mark_is_the_mark_that_was_typed(lite: Surveyed, services: Services) -> None:
    conversation = await _asked_by_sari(lite)
    nobody = RasaClient("http://127.0.0.1:9", "", 1)
    answerer = BotAnswerer(nobody, services, TypedChoices.load(), WaitWords.load(), lite.talk)

    answer = await answerer.answer(Question(conversation, new_id(), "5", None, "id", {}))

    assert answer.replies[0].source.id == "survey-thanks"
    assert [survey.score for survey in await lite.surveys_kept()] == [5]


def test_a_questionnaire_without_words_is_refused(templates: Templates) -> None:
    found = Questionnaires.load()
    extra = replace(found, by_name={**found.by_name, "ces": found.by_name["csat"]})

    with pytest.raises(BrokenQuestionnaires, match="survey-ces-bot, survey-ces-person"):
        check_words(extra, templates, ["other"])
    with pytest.raises(BrokenQuestionnaires, match="'other'"):
        check_words(found, templates, ["damaged"])


async def _context(care: Surveyed, conversation_id: str) -> dict[str, object]:
    async with care.database.read() as session:
        return (await session.get_one(Conversation, conversation_id)).context
