from pathlib import Path

import pytest
import yaml

from channels.message import Lang
from faq.engine import FaqEngine

MIN_ANSWERED = 0.85
MAX_WRONG = 0.01
QUESTIONS = yaml.safe_load(Path(__file__).with_name("questions.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_what_customers_ask_is_answered_by_the_right_article(faq: FaqEngine, lang: Lang) -> None:
    asked = [(article, text) for article, texts in QUESTIONS[lang].items() for text in texts]
    found = {text: faq.search(text, lang) for _, text in asked}
    answers = {
        text: finding.ranked[0].article_id
        for text, finding in found.items()
        if finding.decision == "answer"
    }
    wrong = {
        text: answers[text] for article, text in asked if answers.get(text, article) != article
    }

    assert len(answers) / len(asked) >= MIN_ANSWERED
    assert len(wrong) / len(asked) <= MAX_WRONG, wrong
