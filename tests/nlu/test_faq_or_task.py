"""Whether the same matter is done when it is a task and explained when it is a question.

Both sides of each pair of faq_or_task_LANG.yml are said to a whole Sapa. A question is right if an
article answers it or the bot asks which of some articles is meant; a task is right if what is said
belongs to that task, and a complaint if a person is offered.
"""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from bench.serving import Serving
from tests.nlu.spoken import Answer, say_each

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(400)]

MIN_RIGHT = 0.92  # three sentences below what is held in English; wanted is 0.95
# How the templates begin that do each task, or ask for what is missing for it.
_DOES = {
    "track_order": ("order-", "ask-order_number", "ask-proof", "inform-order"),
    "open_ticket": ("ticket-opened", "ask-ticket_", "ticket-late"),
    "ticket_status": ("ticket-", "ask-ticket_number", "ask-ticket_proof"),
    "account_info": ("account-summary", "ask-identity_"),
    "update_contact": ("contact-", "ask-identity_", "ask-contact_"),
    "callback_request": ("callback-", "ask-phone", "ask-callback_time"),
    "ask_offer": ("offer-",),
    "change_language": ("language-changed",),
    "stop": ("stop",),
    "request_human": ("handoff-",),
    "bot_challenge": ("bot-challenge",),
}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_task_is_done_and_a_question_about_it_is_explained(
    lang: str, sapa: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: Counter[str] = Counter()
    sides = _sides(lang)
    answers = say_each(sapa.url, lang, [(text,) for *_, text in sides])
    for (matter, family, _), answer in zip(sides, answers, strict=True):
        if not is_right(answer, matter, family):
            wrong[f"{family} about {matter}: answered with {', '.join(answer.sources)}"] += 1

    share = 1 - wrong.total() / len(sides)
    with capsys.disabled():
        print(f"\ntask or question, {lang}: {share:.3f} of {len(sides)}")
        print("\n".join(f"  {count} {name}" for name, count in wrong.most_common()))
    assert share >= MIN_RIGHT


def is_right(answer: Answer, matter: str, family: str) -> bool:
    """Whether a question is explained, and a task is done or what it needs is asked."""
    if family == "question":
        return answer.explains
    if matter == "complaint":
        return answer.offers_a_person
    return not answer.explains and any(one.startswith(_DOES[matter]) for one in answer.sources)


def _sides(lang: str) -> list[tuple[str, str, str]]:
    """Return (matter, family, sentence) of both sides of every pair."""
    file = Path(__file__).with_name(f"faq_or_task_{lang}.yml")
    content: dict[str, str] = yaml.safe_load(file.read_text(encoding="utf-8"))
    pairs = [
        (matter, line.split(" || "))
        for matter, lines in content.items()
        for line in lines.splitlines()
    ]
    return [
        (matter, family, text)
        for matter, pair in pairs
        for family, text in zip(("task", "question"), pair, strict=True)
    ]
