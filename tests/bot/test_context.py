"""Whether follow-ups are read with the question before them, several questions all, and no more.

The sentences were written for this test; tests/faq has others that nobody who tunes this reads.
"""

from pathlib import Path

import yaml

from bot.actions.questions import Asked, read
from channels.message import Lang
from faq.engine import FaqEngine

# What is held; each list has 24 to 44 rows, of which one is 2 to 4 %.
MIN_FOLLOW_UPS = 0.8
MIN_NEW_TOPICS = 0.95
MIN_ALL_ANSWERED = 0.8
MIN_ANSWERED = 0.9  # of the single questions in messages with several


def _rows(name: str) -> list[tuple[Lang, list[str]]]:
    file = Path(__file__).with_name(f"{name}.yml")
    content: dict[Lang, list[list[str]]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [(lang, row) for lang, rows in content.items() for row in rows]


def _answered(asked: list[Asked]) -> list[str | None]:
    return [one.article for one in asked if one.answered]


def _then(faq: FaqEngine, lang: Lang, first: str, then: str) -> list[str | None]:
    before = read(first, None, faq, lang)[0].text
    return _answered(read(then, before, faq, lang))


def test_a_follow_up_is_answered_by_what_its_topic_says_of_it(faq: FaqEngine) -> None:
    rows = _rows("follow_ups")
    missed = [
        (first, then)
        for lang, (first, then, article) in rows
        if not set(_then(faq, lang, first, then)) & set(article.split(" | "))
    ]

    assert 1 - len(missed) / len(rows) >= MIN_FOLLOW_UPS, missed


def test_a_new_topic_is_not_taken_for_a_follow_up(faq: FaqEngine) -> None:
    rows = _rows("new_topics")
    missed = [
        (first, then)
        for lang, (first, then, article) in rows
        if article not in _then(faq, lang, first, then)
    ]

    assert 1 - len(missed) / len(rows) >= MIN_NEW_TOPICS, missed


def test_each_of_several_questions_is_answered(faq: FaqEngine) -> None:
    rows = _rows("several_questions")
    hits = {
        text: [
            bool(set(article.split(" | ")) & set(_answered(read(text, None, faq, lang))))
            for article in articles
        ]
        for lang, (text, *articles) in rows
    }
    single = [hit for each in hits.values() for hit in each]

    assert sum(single) / len(single) >= MIN_ANSWERED
    missed = [text for text, each in hits.items() if not all(each)]
    assert 1 - len(missed) / len(rows) >= MIN_ALL_ANSWERED, missed
