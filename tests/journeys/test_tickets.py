from collections.abc import Callable

import pytest

from tests.journeys.customer import Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("lang", "opening", "description", "category"),
    [
        (
            "id",
            "mau lapor barang rusak",
            "blender yang saya terima pecah di bagian gelasnya",
            "damaged",
        ),
        ("en", "I want to report a problem", "the blender arrived with a broken jar", "damaged"),
    ],
)
def test_a_ticket_is_logged_with_number_and_promised_time(
    visitor: Visit, lang: str, opening: str, description: str, category: str
) -> None:
    customer = visitor(lang)
    replies = customer.says(opening)
    for _ in range(8):
        last = replies[-1]
        if last["kind"] == "ticket":
            break
        asked = last["source"]["id"]
        if "description" in asked or "too-short" in asked:
            replies = customer.says(description)
        elif "category" in asked:
            replies = customer.taps("affirm")
        elif "order" in asked:
            replies = customer.taps("inform:none")
        elif "contact" in asked:
            replies = customer.says("0811-0000-4321")
        else:
            raise AssertionError(asked)
    ticket = replies[-1]["data"]

    assert replies[-1]["kind"] == "ticket"
    assert (ticket["category"], ticket["status"]) == (category, "open")
    assert ticket["number"].startswith("TK-")
    assert ticket["due_at"]

    status = customer.says(
        {"id": f"gimana kabar tiket {ticket['number']}?", "en": f"status of {ticket['number']}?"}[
            lang
        ]
    )
    assert [message["data"]["number"] for message in status if message["kind"] == "ticket"] == [
        ticket["number"]
    ]


def test_somebody_elses_ticket_is_not_shown_without_proof(visitor: Visit) -> None:
    owner = visitor("id")
    owner.says("mau buat tiket: mesin kopi saya bocor sejak kemarin pagi")
    for _ in range(6):
        asked = owner.transcript()[-1]
        if asked["kind"] == "ticket":
            break
        if "contact" in asked["source"]["id"]:
            owner.says("0811-0000-4321")
        elif "order" in asked["source"]["id"]:
            owner.taps("inform:none")
        else:
            owner.taps("affirm")
    number = owner.transcript()[-1]["data"]["number"]

    stranger = visitor("id")
    replies = [*stranger.says(f"status tiket {number}"), *stranger.says("9999")]

    assert [message for message in replies if message["kind"] == "ticket"] == []


def test_a_call_is_booked_in_words(visitor: Visit) -> None:
    customer = visitor("id")
    customer.says("tolong telepon saya besok jam 3 sore")
    replies = customer.says("081100004321")

    said = replies[-1]["text"]
    assert "15.00" in said
    assert "4321" in said


@pytest.mark.parametrize("word", ["ga jadi deh", "batal aja"])
def test_a_form_is_left_with_one_word(visitor: Visit, word: str) -> None:
    customer = visitor("id")
    customer.says("mau lapor")
    customer.says(word)
    (answer, *_) = customer.says("jam buka toko kapan?")

    assert (answer["kind"], answer["source"]["type"]) == ("answer", "article")
