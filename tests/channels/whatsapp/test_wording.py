from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Choice, Reply
from channels.whatsapp.wording import parts_of, plain
from channels.wording import split
from tests.channels.whatsapp.double import refused, words_of
from tests.conversation.conftest import TEMPLATE


def _parts(text: str, labels: Sequence[str] = ()) -> list[dict[str, Any]]:
    choices = [Choice(f"faq:{n}", label) for n, label in enumerate(labels)]
    return parts_of(Reply(text, "id", TEMPLATE, choices=choices))


def _accepted(parts: list[dict[str, Any]]) -> bool:
    envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "628"}
    return [refused({**envelope, **part}) for part in parts] == [None] * len(parts)


def test_up_to_three_short_choices_are_buttons() -> None:
    (part,) = _parts("Mau?", ["Ya", "Tidak", "Nanti saja"])

    assert part["interactive"]["type"] == "button"
    assert [b["reply"] for b in part["interactive"]["action"]["buttons"]] == [
        {"id": "faq:0", "title": "Ya"},
        {"id": "faq:1", "title": "Tidak"},
        {"id": "faq:2", "title": "Nanti saja"},
    ]


@pytest.mark.parametrize(
    "labels", [["Ya", "Tidak", "Nanti", "Batal"], ["Bicara dengan tim kami yang ramah"]]
)
def test_more_or_longer_choices_are_a_list(labels: list[str]) -> None:
    (part,) = _parts("Mau?", labels)

    assert part["interactive"]["type"] == "list"
    rows = part["interactive"]["action"]["sections"][0]["rows"]
    assert [row.get("description", row["title"]) for row in rows] == labels
    assert _accepted([part])


def test_what_does_not_fit_into_a_list_can_be_written() -> None:
    (part,) = _parts("Pilih:", [f"Pilihan {n}" for n in range(12)])

    assert len(part["interactive"]["action"]["sections"][0]["rows"]) == 10
    assert words_of(part).endswith("Bisa juga ditulis:\n- Pilihan 10\n- Pilihan 11")


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("Pengembalian barang yang rusak", "Pengembalian barang…"),
        ("Apakah boleh retur? (semua produk elektronik)", "Apakah boleh retur…"),
        ("x" * 30, "x" * 23 + "…"),
        ("Barang rusak", "Barang rusak"),
    ],
)
def test_a_long_label_is_cut_between_words_and_stands_whole_below(label: str, title: str) -> None:
    (part,) = _parts("Yang mana?", [label, "Satu", "Dua", "Tiga"])

    row = part["interactive"]["action"]["sections"][0]["rows"][0]
    assert (row["title"], row.get("description", label)) == (title, label)
    assert _accepted([part])


def test_labels_that_begin_alike_can_be_told_apart() -> None:
    long = "Pengembalian barang yang rusak"
    (part,) = _parts("Yang mana?", [f"{long} sekali", f"{long} sedikit", f"{long} parah"])

    rows = part["interactive"]["action"]["sections"][0]["rows"]
    assert len({row["title"] for row in rows}) == 3
    assert _accepted([part])


def test_a_long_text_is_cut_between_sentences_and_keeps_its_choices_at_the_end() -> None:
    sentences = [f"Kalimat nomor {n} ada di sini." for n in range(300)]
    parts = _parts(" ".join(sentences), ["Ya"])

    assert [part["type"] for part in parts] == ["text"] * (len(parts) - 1) + ["interactive"]
    assert all(words_of(part).endswith(".") for part in parts)
    assert " ".join(" ".join(words_of(part).split()) for part in parts) == " ".join(sentences)
    assert _accepted(parts)


def test_our_markdown_becomes_whatsapps() -> None:
    assert plain("Batas **14 hari**. Lihat [aturan](https://a.example/b).") == (
        "Batas *14 hari*. Lihat aturan: https://a.example/b."
    )


@given(st.text(max_size=9000))
def test_splitting_loses_nothing_but_space(text: str) -> None:
    parts = split(text, 1024)

    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= 1024 for part in parts)


@given(st.text(min_size=1, max_size=3000).filter(str.strip), st.integers(0, 14))
def test_whatever_is_said_meta_takes_it(text: str, choices: int) -> None:
    labels = [f"Label {n} {text.strip()[:n]}".strip() for n in range(choices)]

    assert _accepted(_parts(text, labels))
