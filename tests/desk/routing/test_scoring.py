from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.routing.rules import DEFAULT, BadRules, Rules, parse_rules
from desk.routing.scoring import Colleague, Contact, Skills, TeamLook, choose, team_for, urgency

NOON = datetime(2026, 11, 30, 5, tzinfo=UTC)
RULES = Rules()


def contact(*, waited_s: float = 60, **facts: Any) -> Contact:
    asked = NOON - timedelta(seconds=waited_s)
    given = {"id": "c", "lang": "id", "channel": "website", "reason": "request", **facts}
    return Contact(requested_at=asked, **given)


def colleague(name: str, langs: tuple[str, ...] = (), **facts: Any) -> Colleague:
    given = {"on_shift": True, "capacity": 3, "held": 0, "skills": Skills(langs=langs), **facts}
    return Colleague(id=name, **given)


def chosen(one: Contact, *staff: Colleague, rules: Rules = RULES) -> str | None:
    choice = choose(one, staff, rules, NOON)
    return choice.agent_id if choice else None


def test_nobody_who_is_offline_or_full_or_of_another_team_is_chosen() -> None:
    one = contact(team_id="a")

    assert chosen(one, colleague("off", on_shift=False, teams={"a"})) is None
    assert chosen(one, colleague("full", held=3, teams={"a"})) is None
    assert chosen(one, colleague("other", teams={"b"})) is None
    assert chosen(one, colleague("may", teams={"b"}, sees_all=True)) == "may"


def test_a_speaker_who_is_full_is_waited_for_and_not_for_ever() -> None:
    full = colleague("speaker", ("en",), held=3)
    other = colleague("other", ("id",))

    assert chosen(contact(lang="en"), full, other) is None
    assert chosen(contact(lang="en", waited_s=3601), full, other) == "other"
    assert chosen(contact(lang="en"), colleague("off", ("en",), on_shift=False), other) == "other"


def test_skills_outweigh_the_load_and_the_load_decides_between_equals() -> None:
    expert = colleague("expert", held=2, skills=Skills(topics=("delivery",)))
    idle, busy = colleague("idle"), colleague("busy", held=1)

    assert chosen(contact(topic="delivery"), expert, idle) == "expert"
    assert chosen(contact(topic="delivery"), idle, busy) == "idle"
    assert chosen(contact(), colleague("b", today=1), colleague("c", today=0)) == "c"


def test_who_let_it_go_by_gets_it_again_only_later() -> None:
    lately = contact(passed={"a": NOON - timedelta(seconds=100)})
    before = contact(passed={"a": NOON - timedelta(seconds=301)})

    assert chosen(lately, colleague("a")) is None
    assert chosen(lately, colleague("a"), colleague("b", held=2)) == "b"
    assert chosen(before, colleague("a")) == "a"


def test_a_transfer_to_somebody_who_went_offline_goes_to_the_others() -> None:
    passed_on = contact(for_agent="budi")

    assert chosen(passed_on, colleague("sari"), colleague("budi", held=2)) == "budi"
    assert chosen(passed_on, colleague("sari"), colleague("budi", held=3)) is None
    assert chosen(passed_on, colleague("sari"), colleague("budi", on_shift=False)) == "sari"


def test_urgent_reasons_and_valued_customers_come_before_who_waits_longer() -> None:
    rules = parse_rules(DEFAULT.read_text(encoding="utf-8"))
    waits = {
        "danger": urgency(contact(reason="safety"), rules, NOON),
        "long": urgency(contact(waited_s=1200), rules, NOON),
        "valued": urgency(contact(waited_s=300, value="high"), rules, NOON),
        "new": urgency(contact(), rules, NOON),
    }

    assert sorted(waits, key=lambda name: -waits[name]) == ["danger", "long", "valued", "new"]


def test_a_clock_that_was_set_back_makes_nobody_negative() -> None:
    ahead = contact(waited_s=-3600)
    staff = [colleague("a", last_at=NOON + timedelta(hours=1))]

    assert urgency(ahead, RULES, NOON) == 0
    assert choose(ahead, staff, RULES, NOON) is not None


def test_a_team_gets_what_fits_all_that_it_asks_for() -> None:
    teams = [
        TeamLook("d", "Delivery", Skills(topics=("delivery",))),
        TeamLook("e", "English delivery", Skills(topics=("delivery",), langs=("en",))),
        TeamLook("j", "Jogja", Skills(cities=("Yogyakarta",))),
    ]

    def team(**facts: Any) -> str | None:
        return team_for(contact(**facts), teams, RULES)

    assert team(topic="delivery") == "d"
    assert team(topic="delivery", lang="en") == "e"
    assert team(places=["yogyakarta"]) == "j"
    assert team(lang="en") is None
    assert team() is None


def test_an_exception_names_the_team_and_adds_urgency() -> None:
    text = (
        "exceptions:\n"
        "- when: {reasons: [complaint], values: [high]}\n"
        "  team: Keluhan\n"
        "  urgency: 30\n"
    )
    rules = parse_rules(text, teams=["Keluhan"])
    teams = [TeamLook("k", "Keluhan", Skills(langs=("en",)))]
    one = contact(reason="complaint", value="high")

    assert team_for(one, teams, rules) == "k"
    assert team_for(contact(reason="complaint", value="low"), teams, rules) is None
    assert urgency(one, rules, NOON) == 31


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("accept_s: 30\npoints:\n  language: viel\n", "routing.yml:3: points.language: "),
        ("accept_s: 30\npoints: {language: -1}\n", "routing.yml:2: points.language: "),
        ("accept_s: 1\n", "routing.yml:1: accept_s: "),
        ("accept_s: 30\nacept_s: 30\n", "routing.yml:2: acept_s: "),
        ("a: [1,\n", "routing.yml:2: "),
        ("- 1\n", "routing.yml:1: a mapping"),
        ("exceptions:\n- when: {}\n  team: Nobody\n", "routing.yml:3: no team is called 'Nobody'"),
        ("exceptions:\n- when: {}\n- wen: {}\n", "routing.yml:3: exceptions.1.when: "),
        ("a: &a [*a]\n", "routing.yml:1: "),
        ("", "routing.yml:1: "),
        ("x" * 50_001, "routing.yml: longer"),
        ("a: !!python/object:os.system x\n", "routing.yml:1: "),
    ],
)
def test_wrong_rules_are_refused_with_file_and_line(text: str, told: str) -> None:
    with pytest.raises(BadRules) as refused:
        parse_rules(text, teams=["Keluhan"])

    assert str(refused.value).startswith(told)
