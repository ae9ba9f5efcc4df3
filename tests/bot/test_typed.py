from collections.abc import Sequence

import pytest

from bot.actions.conversations import Said
from bot.typed import TypedChoices


@pytest.fixture(scope="module")
def typed() -> TypedChoices:
    return TypedChoices.load()


def said(choices: dict[str, str], kind: str = "text") -> Sequence[Said]:
    return [Said("bot", "…", kind, {}, list(choices), list(choices.values()), "x", "neutral")]


TITLES = said(
    {
        "faq:returns-window": "Batas waktu retur",
        "faq:returns-how-to": "Cara retur",
        "faq:none": "Bukan itu semua",
    },
    "clarify",
)
RATING = said({"helpful:yes": "Ya, membantu", "helpful:no": "Belum membantu"}, "answer")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("cara retur", "faq:returns-how-to"),
        ("Cara retur dong kak", "faq:returns-how-to"),
        ("1", "faq:returns-window"),
        ("yang pertama", "faq:returns-window"),
        ("yg ke 2 aja", "faq:returns-how-to"),
        ("nomor dua", "faq:returns-how-to"),
        ("the second one", "faq:returns-how-to"),
        ("bukan itu semua", "faq:none"),
        ("batas waktu", "faq:returns-window"),
        ("retur", None),  # stands in two titles
        ("4", None),
        ("bisa cod ga?", None),
        ("saya mau 2 pasang sepatu", None),
        ("", None),
        ("???", None),
    ],
)
def test_a_title_is_chosen_by_its_words_or_its_place(
    typed: TypedChoices, text: str, choice: str | None
) -> None:
    assert typed.found(text, TITLES) == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("iya membantu", "helpful:yes"),
        ("lumayan membantu", "helpful:yes"),
        ("kurang jelas", "helpful:no"),
        ("ga membantu", "helpful:no"),
        ("not really", "helpful:no"),
        ("that helped", "helpful:yes"),
        ("siapa yang bisa membantu saya melacak pesanan ini", None),
    ],
)
def test_whether_it_helped_may_be_said_in_words(
    typed: TypedChoices, text: str, choice: str | None
) -> None:
    assert typed.found(text, RATING) == choice


def test_the_words_of_a_rating_mean_nothing_where_none_is_asked(typed: TypedChoices) -> None:
    assert typed.found("kurang jelas", TITLES) is None


def test_a_digit_is_no_way_out_of_a_form(typed: TypedChoices) -> None:
    assert typed.found("1", said({"stop": "Batal", "request_human": "Bicara"})) is None
    assert typed.found("batal", said({"stop": "Batal", "request_human": "Bicara"})) == "stop"


def test_nothing_is_chosen_where_nothing_is_offered(typed: TypedChoices) -> None:
    assert typed.found("1", []) is None
    assert typed.found("1", said({})) is None
