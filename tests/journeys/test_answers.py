from collections.abc import Callable

import pytest

from tests.journeys.customer import Visitor


@pytest.mark.parametrize(
    ("lang", "question", "article"),
    [
        ("id", "brp lama sih batas waktu retur barang?", "returns-window"),
        ("en", "How many days do I have to send something back?", "returns-window"),
    ],
)
def test_a_question_is_answered_from_an_article_with_its_version(
    visitor: Callable[..., Visitor], lang: str, question: str, article: str
) -> None:
    (answer,) = visitor(lang).says(question)

    assert (answer["kind"], answer["lang"], answer["data"]["article"]) == ("answer", lang, article)
    assert (answer["source"]["type"], answer["source"]["id"]) == ("article", article)
    assert answer["source"]["version"]
