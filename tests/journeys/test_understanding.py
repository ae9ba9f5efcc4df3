"""What a customer means by what was said before, and by several things said at once."""

from collections.abc import Callable

import pytest

from tests.journeys.customer import Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("lang", "before", "follow_up", "article"),
    [
        ("id", "berapa lama pengiriman ke Jakarta?", "kalau luar Jawa?", "shipping-duration"),
        ("en", "how do I become a silver member", "and for gold?", "promotions-levels"),
        ("id", "bisa bayar pakai qris ga", "maksimal berapa?", "payment-qris"),
    ],
)
def test_a_short_follow_up_leans_on_the_question_before(
    visitor: Visit, lang: str, before: str, follow_up: str, article: str
) -> None:
    customer = visitor(lang)
    customer.says(before)
    (answer, *_) = customer.says(follow_up)

    assert (answer["kind"], answer["source"]["id"]) == ("answer", article)


@pytest.mark.parametrize(
    ("lang", "text", "articles"),
    [
        ("id", "bisa cod ga? toko buka jam berapa?", ["payment-cod", "stores-hours"]),
        (
            "en",
            "how much is shipping to Medan and how many days does it take?",
            ["shipping-cost", "shipping-duration"],
        ),
    ],
)
def test_two_questions_in_one_message_get_two_sourced_answers(
    visitor: Visit, lang: str, text: str, articles: list[str]
) -> None:
    answers = visitor(lang).says(text)

    assert [answer["source"]["id"] for answer in answers] == articles
    assert all(answer["source"]["version"] for answer in answers)


@pytest.mark.parametrize(
    ("lang", "text", "article"),
    [
        ("id", "makasih kak. Apakah bisa dibuatkan faktur pajak?", "ordering-tax-invoice"),
        ("en", "cheers, can I choose the courier?", "shipping-couriers"),
    ],
)
def test_thanks_with_a_question_are_taken_and_the_question_answered(
    visitor: Visit, lang: str, text: str, article: str
) -> None:
    replies = visitor(lang).says(text)

    assert replies[-1]["source"]["id"] == article


@pytest.mark.parametrize(
    ("lang", "task", "question"),
    [
        ("id", "paket saya di mana", "cara lacak paket gimana"),
        ("id", "orderan gw smp mn", "gmn cara ngelacak paket"),
        ("en", "where is my parcel", "how do I track a parcel"),
        ("en", "wheres my stuff", "how does tracking work"),
    ],
)
def test_where_is_it_tracks_and_how_to_explains(
    visitor: Visit, lang: str, task: str, question: str
) -> None:
    assert visitor(lang).says(task)[-1]["source"]["id"] == "ask-order_number"
    (answer, *_) = visitor(lang).says(question)

    assert answer["source"]["id"].startswith("tracking-")


def test_a_task_and_a_question_in_one_message_are_both_done(visitor: Visit) -> None:
    customer = visitor("id")
    text = "bisa bayar pakai qris ga? sekalian tolong lacak pesanan TL-261118-0042"
    replies = customer.says(text)

    assert [reply["source"]["id"] for reply in replies] == ["payment-qris", "ask-proof"]
    assert customer.says("4321")[0]["kind"] == "order"


def test_a_title_is_chosen_by_its_place_and_a_rating_in_words(visitor: Visit) -> None:
    customer = visitor("id")
    customer.says("toko buka jam berapa?")
    assert customer.offered[-1]["id"] == "helpful:no"

    (thanks, *_) = customer.says("iya membantu")

    assert thanks["source"]["id"] == "answer-helpful-yes"


@pytest.mark.parametrize("text", ["kecewa. mau ngomong sama orang", "parah!! panggil adminnya"])
def test_an_angry_wish_for_a_person_is_met_with_a_sorry(visitor: Visit, text: str) -> None:
    (told,) = visitor("id").says(text)

    assert (told["kind"], told["data"]["reason"], told["mood"]) == ("handoff", "complaint", "sorry")


@pytest.mark.parametrize(
    ("lang", "text"), [("id", "ga usah disambungin ke cs dulu"), ("en", "no need for a human")]
)
def test_a_denied_wish_for_a_person_is_none(visitor: Visit, lang: str, text: str) -> None:
    assert "handoff" not in [reply["kind"] for reply in visitor(lang).says(text)]
