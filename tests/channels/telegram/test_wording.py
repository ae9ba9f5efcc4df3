from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Choice, Reply
from channels.telegram.wording import command_menu, parts_of
from tests.channels.telegram.double import refused
from tests.conversation.conftest import TEMPLATE


def _parts(text: str, labels: Sequence[str] = (), ids: str = "faq:") -> list[dict[str, Any]]:
    choices = [Choice(f"{ids}{n}", label) for n, label in enumerate(labels)]
    return parts_of(Reply(text, "id", TEMPLATE, choices=choices))


def _labels(part: dict[str, Any]) -> list[list[str]]:
    return [[one["text"] for one in row] for row in part["reply_markup"]["inline_keyboard"]]


def _marked(part: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    raw = part["text"].encode("utf-16-le")
    return [
        (
            one["type"],
            raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"),
            one.get("url"),
        )
        for one in part.get("entities", ())
    ]


def test_short_choices_stand_side_by_side_and_long_ones_below_each_other() -> None:
    (part,) = _parts("Mau?", ["Ya", "Tidak", "Bicara dengan tim kami", "Lacak pesanan", "Batal"])

    assert _labels(part) == [
        ["Ya", "Tidak"],
        ["Bicara dengan tim kami"],
        ["Lacak pesanan", "Batal"],
    ]


def test_a_choice_with_more_data_than_a_button_carries_is_written_out() -> None:
    (part,) = parts_of(
        Reply("Pilih:", "id", TEMPLATE, choices=(Choice("é" * 33, "Jauh"), Choice("a", "Dekat")))
    )

    assert part["text"] == "Pilih:\n\nBisa juga ditulis:\n- Jauh"
    assert _labels(part) == [["Dekat"]]


def test_our_markdown_becomes_entities_counted_as_telegram_counts() -> None:
    (part,) = _parts("🎉 Batas **14 hari**. Lihat [aturan 📄](https://a.example/b) & <b>.")

    assert part["text"] == "🎉 Batas 14 hari. Lihat aturan 📄 & <b>."
    assert _marked(part) == [
        ("bold", "14 hari", None),
        ("text_link", "aturan 📄", "https://a.example/b"),
    ]


def test_what_is_bold_across_two_parts_is_bold_in_both() -> None:
    first, second = _parts("**" + "kata " * 1000 + "**")

    assert [_marked(part) == [("bold", part["text"], None)] for part in (first, second)] == [
        True,
        True,
    ]


def test_a_long_text_is_cut_between_sentences_and_keeps_its_choices_at_the_end() -> None:
    sentences = [f"Kalimat nomor {n} ada di sini." for n in range(300)]
    parts = _parts(" ".join(sentences), ["Ya"])

    assert " ".join(part["text"] for part in parts) == " ".join(sentences)
    assert ["reply_markup" in part for part in parts] == [False, False, True]


def test_emoji_count_twice() -> None:
    assert [len(part["text"]) for part in _parts("🎉" * 5000)] == [2048, 2048, 904]


@given(
    st.text(min_size=1, max_size=9000).filter(str.strip),
    st.integers(0, 14),
    st.sampled_from(["faq:", "é" * 31 + ":", "x" * 70]),
)
def test_whatever_is_said_telegram_takes_it(text: str, choices: int, ids: str) -> None:
    labels = [f"Label {n} {text.strip()[:n]}".strip() for n in range(choices)]

    assert [refused(part) for part in _parts(text, labels, ids)] == [
        None for _ in _parts(text, labels, ids)
    ]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_menu_fits_into_telegrams_limits(lang: Any) -> None:
    menu = command_menu(lang)

    assert [entry["command"] for entry in menu] == ["start", "help", "human", "stop"]
    assert all(1 <= len(entry["description"]) <= 256 for entry in menu)
