from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.supervision.contacts import Contact, contacts
from desk.supervision.figures import figures
from desk.supervision.history import Case, Handed, Rated, Said, Talk
from desk.supervision.intervals import mean, share

NINE = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # 09.00 in Jakarta
LATER = NINE + timedelta(days=9)
TOPICS = {"returns-window": "returns", "couriers": "shipping"}
ANSWER = ("bot", "answer", "returns-window", "faq")


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def said(*rows: tuple[object, ...]) -> list[Said]:
    """Rows of (minute, author, kind, source, intent)."""
    return [Said(at(float(str(row[0]))), *map(str, row[1:])) for row in rows]


def what(*talks: Talk, moment: datetime = LATER) -> list[tuple[str, str, str]]:
    found = contacts(talks, TOPICS.get, moment)
    return [(one.by, one.topic, one.resolution) for one in found]


ASKED = said((0, "customer"), (0.1, *ANSWER))


@pytest.mark.parametrize(
    ("more", "resolution"),
    [
        ([], "assumed"),
        ([(1, "customer"), (1.1, "bot", "text", "thanks", "thanks")], "confirmed"),
        ([(1, "customer"), (1.1, "bot", "text", "bye", "goodbye")], "confirmed"),
        ([(1, "customer"), (1.1, "bot", "text", "answer-missed", "faq")], "abandoned"),
        ([(1, "customer")], "abandoned"),  # nobody answered
        ([(1, "customer"), (1.1, "bot", "error", "failure", "faq")], "abandoned"),
    ],
)
def test_what_came_of_a_contact_with_the_bot(
    more: list[tuple[object, ...]], resolution: str
) -> None:
    assert what(Talk("c", "website", said=[*ASKED, *said(*more)])) == [
        ("bot", "returns", resolution)
    ]


@pytest.mark.parametrize(("helped", "resolution"), [(True, "confirmed"), (False, "abandoned")])
def test_the_customers_own_tap_decides(helped: bool, resolution: str) -> None:
    words = said((1, "customer"), (1.1, "bot", "text", "thank-you", "helpful"))
    talk = Talk("c", "website", said=[*ASKED, *words], rated=[Rated(at(1), helped)])

    assert what(talk) == [("bot", "returns", resolution)]


def test_thanks_for_small_talk_solves_nothing() -> None:
    words = said((0, "customer"), (0.1, "bot", "text", "thanks", "thanks"))

    assert what(Talk("c", "website", said=words)) == [("bot", "", "abandoned")]


@pytest.mark.parametrize(
    ("handed", "satisfied", "resolution"),
    [
        ({"outcome": "closed", "result": "solved"}, False, "assumed"),
        ({"outcome": "closed", "result": None}, False, "assumed"),
        ({"outcome": "closed", "result": "solved"}, True, "confirmed"),
        ({"outcome": "closed", "result": "unsolved"}, True, "abandoned"),
        ({"outcome": "returned"}, False, "assumed"),
    ],
)
def test_what_came_of_a_contact_with_a_person(
    handed: dict[str, str], satisfied: bool, resolution: str
) -> None:
    one = Handed("h", "request", at(1), at(2), at(8), **handed)
    talk = Talk("c", "telegram", said=ASKED, handed=[one])
    if satisfied:
        talk = Talk("c", "telegram", said=ASKED, handed=[one], satisfied=frozenset({"h"}))

    assert what(talk) == [("people", "returns", resolution)]


def test_who_left_the_line_without_more_is_abandoned_and_who_waits_is_open() -> None:
    left = Handed("h", "request", at(1), None, at(9), "left")
    waits = Handed("h", "request", at(1))

    assert what(Talk("c", "website", said=ASKED, handed=[left])) == [
        ("bot", "returns", "abandoned")
    ]
    assert what(Talk("c", "website", said=ASKED, handed=[waits])) == [("bot", "returns", "open")]


def test_a_ticket_keeps_a_contact_open_until_it_is_solved() -> None:
    for status, resolution in (("open", "open"), ("solved", "assumed")):
        talk = Talk("c", "website", said=ASKED, cases=[Case(at(0.2), status)])
        assert what(talk) == [("bot", "returns", resolution)]


def test_a_contact_is_open_while_the_customer_may_still_write() -> None:
    talk = Talk("c", "website", said=ASKED)

    assert what(talk, moment=at(29)) == [("bot", "returns", "open")]
    assert what(talk, moment=at(31)) == [("bot", "returns", "assumed")]


def test_silence_and_a_close_begin_another_contact_and_waiting_does_not() -> None:
    again = said((241, "customer"), (241.1, "bot", "answer", "couriers", "faq"))
    assert what(Talk("c", "website", said=[*ASKED, *again])) == [
        ("bot", "returns", "assumed"),
        ("bot", "shipping", "assumed"),
    ]
    soon = said((20, "customer"), (20.1, "bot", "answer", "couriers", "faq"))
    closed = Handed("h", "request", at(1), at(2), at(8), "closed", "solved")
    assert what(Talk("c", "website", said=[*ASKED, *soon], handed=[closed])) == [
        ("people", "returns", "assumed"),
        ("bot", "shipping", "assumed"),
    ]
    waited = Handed("h", "request", at(1), at(300), at(310), "closed", "solved")
    assert what(Talk("c", "website", said=[*ASKED, *said((290, "customer"))], handed=[waited])) == [
        ("people", "returns", "assumed")
    ]


@pytest.mark.parametrize(
    ("hours", "source", "first"),
    [
        (5, "returns-window", "reopened"),
        (71, "returns-window", "reopened"),
        (73, "returns-window", "assumed"),
        (5, "couriers", "assumed"),  # another matter
        (5, "", "reopened"),  # with nothing of its own: "still not there"
    ],
)
def test_what_comes_back_within_72_hours_is_reopened(hours: int, source: str, first: str) -> None:
    minute = 60 * hours
    kind = "answer" if source else "text"
    again = said((minute, "customer"), (minute + 0.1, "bot", kind, source or "greet", "faq"))

    assert what(Talk("c", "website", said=[*ASKED, *again]))[0] == ("bot", "returns", first)


def test_a_proven_customer_comes_back_on_another_channel() -> None:
    again = [Said(one.at + timedelta(hours=2), *_rest(one)) for one in ASKED]
    talks = [
        Talk("a", "website", "C1", said=ASKED),
        Talk("b", "telegram", "C1", said=again),
        Talk("c", "telegram", None, said=again),
    ]

    assert [one[2] for one in what(*talks)] == ["reopened", "assumed", "assumed"]


def _rest(one: Said) -> tuple[str, str, str | None, str | None]:
    return one.author, one.kind, one.source, one.intent


def test_a_survey_is_no_contact_and_no_return() -> None:
    survey = [
        Said(at(600), "bot", "survey", "survey-csat-bot"),
        Said(at(601), "customer", choice="survey:1:5"),
        Said(at(601), "bot", source="survey-thanks"),
        Said(at(602), "customer", intent="survey_comment"),
    ]

    assert what(Talk("c", "website", said=[*ASKED, *survey])) == [("bot", "returns", "assumed")]
    assert what(Talk("c", "website", said=survey)) == []


def test_what_only_a_csr_said_is_no_contact() -> None:
    assert what(Talk("c", "whatsapp", said=said((0, "csr"), (1, "bot")))) == []


def test_figures_of_a_day_by_hand() -> None:
    talks = [
        # taken after 30 s, first word after 60 s, helped for 5 minutes
        Talk("1", "website", said=[*ASKED, *said((2, "csr"))],
             handed=[Handed("1", "request", at(1), at(1.5), at(6.5), "closed", "solved")]),
        # taken after 120 s, helped for 10 minutes, not solved
        Talk("2", "whatsapp", said=[*ASKED, *said((4, "csr"))],
             handed=[Handed("2", "complaint", at(1), at(3), at(13), "closed", "unsolved")]),
        # left after 20 s, and after 5 minutes
        Talk("3", "website", said=ASKED,
             handed=[Handed("3", "request", at(1), None, at(1) + timedelta(seconds=20), "left")]),
        Talk("4", "website", said=ASKED,
             handed=[Handed("4", "request", at(1), None, at(6), "left")]),
        # a takeover is no wait
        Talk("5", "telegram", said=ASKED,
             handed=[Handed("5", "takeover", at(1), at(1), at(2), "returned")]),
        Talk("6", "telegram", said=ASKED),
    ]  # fmt: skip
    found = figures(
        contacts(talks, TOPICS.get, LATER),
        target_s=60,
        zone=ZoneInfo("Asia/Jakarta"),
        moment=LATER,
    )

    assert (found.contacts, found.waited, found.left, found.waiting) == (6, 4, 2, 0)
    assert (found.wait.mean_s, found.wait.median_s, found.wait.p90_s) == (75, 75, 120)
    assert (found.service_level.value, found.service_level.count) == (pytest.approx(1 / 3), 3)
    assert found.abandonment.value == 0.5
    assert (found.first_bot.count, found.first_bot.mean_s) == (6, pytest.approx(6))
    assert (found.first_person.mean_s, found.first_person.count) == (120, 2)
    assert (found.handling.mean_s, found.handling.count) == (pytest.approx(960 / 3), 3)
    assert dict(found.resolved["people"].counts) == {
        "confirmed": 0, "assumed": 2, "abandoned": 1, "reopened": 0,
    }  # fmt: skip
    assert dict(found.resolved["bot"].counts) == {
        "confirmed": 0, "assumed": 1, "abandoned": 2, "reopened": 0,
    }  # fmt: skip
    assert found.first_contact["people"].value == pytest.approx(2 / 3)
    assert found.by_channel == {"website": 3, "telegram": 2, "whatsapp": 1}
    assert found.by_topic == {"returns": 6}
    assert found.by_reason == {"request": 3, "complaint": 1}
    assert (found.by_hour[9], sum(found.by_hour)) == (6, 6)
    assert found.by_day == {"2026-11-18": 6}


def test_first_contact_resolution_waits_until_nobody_can_come_back() -> None:
    found = contacts([Talk("1", "website", said=ASKED)], TOPICS.get, at(60))
    young = figures(found, target_s=60, zone=ZoneInfo("Asia/Jakarta"), moment=at(60))

    assert (young.first_contact["bot"].value, young.resolved["bot"].ended) == (None, 1)


def test_a_clock_that_was_set_back_gives_no_negative_time() -> None:
    back = Handed("1", "request", at(5), at(1), at(0), "closed", "solved")
    talk = Talk("1", "website", said=said((5, "customer")), handed=[back])
    found = contacts([talk], TOPICS.get, LATER)
    shown = figures(found, target_s=60, zone=ZoneInfo("UTC"), moment=LATER)

    assert (shown.handling.mean_s, shown.wait.mean_s) == (0, 0)


def test_nothing_happened() -> None:
    none: list[Contact] = []
    found = figures(none, target_s=60, zone=ZoneInfo("UTC"), moment=LATER)

    assert (found.contacts, found.service_level.value, found.wait.mean_s) == (0, None, None)


def test_intervals_are_those_of_the_books() -> None:
    # Wilson: Brown, Cai and DasGupta's formula for 8 of 10; t: 12.706 is the 97.5 % point of t(1).
    wilson = share(8, 10)
    student = mean([4.0, 6.0])

    assert (round(wilson.low or 0, 4), round(wilson.high or 0, 4)) == (0.4902, 0.9433)
    assert (student.value, round(student.low or 0, 3)) == (5.0, round(5 - 12.7062, 3))
    assert (share(0, 5).low, share(5, 5).high, share(0, 0).value) == (0.0, 1.0, None)
    assert (mean([3.0]).low, mean([]).value, mean([1, 5], 1, 5).high) == (None, None, 5)
