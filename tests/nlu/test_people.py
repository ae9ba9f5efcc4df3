"""Whether who wants a person, complains or is angry comes to one, and nobody else does.

Each sentence of people_LANG.yml is said to a whole Sapa in a conversation of its own; the `asked`
ones to a form that waits for a slot. Recognised is
- a request for a person: the bot hands over (outside service hours: says when people are back);
- a complaint or anger: it hands over, or says sorry and offers a person; an answer that was not
  understood offers one too and does not count.
A near miss goes wrong if it is handed over. What is printed has no sentences, so that they stay
unread by who tunes the understanding.
"""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bench.serving import Serving
from tests.nlu.spoken import Answer, say, say_each

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(550)]

# Two or three sentences below what is held today; wanted are 0.99, 0.97 and 0.03.
MIN_PERSON = 0.96
MIN_UPSET = 0.955
MAX_NEAR = 0.06
# What makes the bot wait for a slot, and the question it waits with.
ASKED = {
    "id": {
        "order_number": "lacak paket saya",
        "proof": "lacak pesanan TL-261118-0042",
        "ticket_description": "mau bikin tiket",
        "callback_time": "telepon saya di 081234567890",
    },
    "en": {
        "order_number": "track my order",
        "proof": "track order TL-261118-0042",
        "ticket_description": "open a ticket",
        "callback_time": "call me back on 081234567890",
    },
}


class Said(NamedTuple):
    """One sentence: what it is, and the slot that a form waits for, if any."""

    kind: str  # person, complaint, anger, or the name of a group of near misses
    text: str
    asked: str | None = None


@pytest.mark.parametrize("lang", ["id", "en"])
def test_who_asks_for_a_person_is_handed_over(
    lang: str, sapa: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [one for one in _sentences(lang) if one.kind == "person"]
    missed = [(one, answer) for one, answer in _heard(sapa, lang, said) if not answer.hands_over]

    share = 1 - len(missed) / len(said)
    _tell(capsys, f"requests for a person, {lang}: {share:.3f} of {len(said)}", missed)
    assert share >= MIN_PERSON


@pytest.mark.parametrize("lang", ["id", "en"])
def test_who_complains_or_is_angry_is_offered_a_person(
    lang: str, sapa: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [one for one in _sentences(lang) if one.kind in ("complaint", "anger")]
    heard = _heard(sapa, lang, said)
    missed = [(one, answer) for one, answer in heard if not answer.offers_a_person]

    share = 1 - len(missed) / len(said)
    _tell(capsys, f"complaints and anger, {lang}: {share:.3f} of {len(said)}", missed)
    assert share >= MIN_UPSET


@pytest.mark.parametrize("lang", ["id", "en"])
def test_who_wants_no_person_is_not_sent_to_one(
    lang: str, sapa: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _near_misses(lang)
    sent = [(one, answer) for one, answer in _heard(sapa, lang, said) if answer.hands_over]

    share = len(sent) / len(said)
    _tell(capsys, f"near misses sent to a person, {lang}: {share:.3f} of {len(said)}", sent)
    assert share <= MAX_NEAR


def _heard(sapa: Serving, lang: str, said: list[Said]) -> list[tuple[Said, Answer]]:
    for slot in {one.asked for one in said if one.asked}:
        assert f"ask-{slot}" in say(sapa.url, lang, ASKED[lang][slot]).sources
    messages = [(ASKED[lang][one.asked], one.text) if one.asked else (one.text,) for one in said]
    return list(zip(said, say_each(sapa.url, lang, messages), strict=True))


def _tell(
    capsys: pytest.CaptureFixture[str], headline: str, wrong: list[tuple[Said, Answer]]
) -> None:
    types = Counter(
        f"{one.kind}{f' while {one.asked} was asked' if one.asked else ''}: "
        f"answered with {', '.join(answer.sources)}"
        for one, answer in wrong
    )
    with capsys.disabled():
        print(
            f"\n{headline}", *(f"  {count} {name}" for name, count in types.most_common()), sep="\n"
        )


def _sentences(lang: str) -> list[Said]:
    content = _content(lang)
    said = [
        Said(kind, text)
        for kind in ("person", "complaint", "anger")
        for text in content[kind].splitlines()
    ]
    for slot, lines in content["asked"].items():
        for line in lines.splitlines():
            kind, _, text = line.partition(": ")
            said.append(Said(kind, text, slot))
    return said


def _near_misses(lang: str) -> list[Said]:
    said = []
    for kind, lines in _content(lang)["near"].items():
        for line in lines.splitlines():
            if kind == "in_the_middle_of_work":
                slot, _, text = line.partition(": ")
                said.append(Said(kind, text, slot))
            else:
                said.append(Said(kind, line))
    return said


def _content(lang: str) -> dict[str, Any]:
    file = Path(__file__).with_name(f"people_{lang}.yml")
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content
