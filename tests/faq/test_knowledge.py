from pathlib import Path
from textwrap import dedent

import pytest

from faq.knowledge import BrokenKnowledge, check, load_articles

GOOD = dedent("""\
    - article: payment-cod
      topic: payment
      updated: 2026-11-01
      texts:
        id:
          title: Bayar di tempat
          questions: ['Bisa COD?', cod bisa ga kak, bayar di tempat]
          answer: Bisa, sampai Rp2.000.000.
        en:
          title: Cash on delivery
          questions: ['Is there COD?', pay cash to the courier, pay at the door]
          answer: Yes, up to Rp2,000,000.
      next: [action: ask_offer]
    """)


def faults(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    return [(fault.line, fault.reason) for fault in check(tmp_path)[1]]


def test_a_sound_article_has_no_faults_and_all_its_parts(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []
    [article] = load_articles(tmp_path)
    assert (article.id, article.topic, article.next_actions) == (
        "payment-cod",
        "payment",
        ("ask_offer",),
    )
    assert article.texts["id"].questions == ("Bisa COD?", "cod bisa ga kak", "bayar di tempat")
    assert article.texts["en"].answer == "Yes, up to Rp2,000,000."


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("topic: payment\n", "topic: [payment\n", 3, "broken YAML"),
        ("  topic: payment\n", "", 1, "the article has no 'topic'"),
        ("- article: payment-cod", "- article: Payment COD", 1, "article id 'Payment COD' must be"),
        ("topic: payment", "topic:", 2, "topic is empty"),
        ("2026-11-01", "1 November", 3, "updated '1 November' is not a date like 2026-11-01"),
        ("2026-11-01", "2026-02-30", 3, "updated '2026-02-30' is not a date like 2026-11-01"),
        ("Bayar di tempat", "''", 6, "the id title is empty"),
        ("cod bisa ga kak", "'bisa, cod'", 7, "wording 'bisa, cod' appears already at"),
        (", bayar di tempat]", "]", 7, "2 id wordings, at least 3 are needed"),
        ("bayar di tempat]", "'?!', ok kak]", 7, "wording '?!' has no letters or digits"),
        ("Bisa, sampai Rp2.000.000.", "", 8, "the id answer is empty"),
        ("Yes, up", "Yes " * 160 + "up", 12, "the en answer has 6"),
        ("Yes, up", "Yes [[no-such-article]], up", 12, "there is no article 'no-such-article'"),
        ("action: ask_offer", "action: fly", 13, "unknown action 'fly'; known are account_info"),
        ("next: [", "see: [gone]\n  next: [", 13, "there is no article 'gone'"),
        ("topic: payment", "topik: payment", 2, "unknown key 'topik' in the article"),
        (
            "topic: payment",
            "topic: payment\n  topic: x",
            3,
            "'topic' is given twice in the article",
        ),
        ("    en:\n", "    fr:\n", 9, "unknown key 'fr' in texts"),
        ("    en:\n", "    fr:\n", 5, "texts has no 'en'"),
        ("questions: ['Is there", "questions: x: ['Is", 11, "broken YAML"),
    ],
)
def test_each_kind_of_fault_is_reported_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert [at for at, why in found if why.startswith(reason)] == [line]


def test_an_article_and_a_wording_of_another_file_are_named_with_their_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "b.yml").write_text(GOOD.replace("Bisa COD?", "BISA  cod"), encoding="utf-8")
    found = faults(tmp_path, GOOD)
    first = tmp_path / "a.yml"
    assert (1, f"article 'payment-cod' exists already at {first}:1") in found
    assert (7, f"wording 'BISA  cod' appears already at {first}:7") in found


def test_the_same_wording_in_two_languages_is_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD.replace("Is there COD?", "Bisa COD?")) == []


def test_a_file_that_is_no_text_and_an_empty_folder_are_faults(tmp_path: Path) -> None:
    assert [fault.reason for fault in check(tmp_path)[1]] == [
        "no articles: the folder has no .yml file"
    ]
    (tmp_path / "a.yml").write_bytes(b"\xff\xfe\x00")
    [fault] = check(tmp_path)[1]
    assert fault.reason.startswith("cannot be read")


def test_a_file_that_is_no_list_and_an_entry_that_is_no_mapping_are_faults(tmp_path: Path) -> None:
    assert faults(tmp_path, "article: x\n") == [(1, "the file must be a list")]
    assert faults(tmp_path, "- just words\n") == [
        (1, "the article must be a mapping of article, texts, topic, updated")
    ]


def test_a_reference_in_an_answer_becomes_the_title_in_its_language(tmp_path: Path) -> None:
    text = GOOD.replace("Bisa, sampai", "Lihat [[payment-cod]], sampai")
    text = text.replace("Yes, up", "See [[payment-cod]], up")
    assert faults(tmp_path, text) == []
    [article] = load_articles(tmp_path)
    assert article.texts["id"].answer == "Lihat Bayar di tempat, sampai Rp2.000.000."
    assert article.texts["en"].answer == "See Cash on delivery, up to Rp2,000,000."


def test_a_version_changes_with_the_words_and_not_with_the_date(tmp_path: Path) -> None:
    def version(text: str) -> str:
        (tmp_path / "a.yml").write_text(text, encoding="utf-8")
        return load_articles(tmp_path)[0].version

    before = version(GOOD)
    assert version(GOOD.replace("2026-11-01", "2026-11-02")) == before
    assert version(GOOD.replace("Yes, up", "Yes, even up")) != before


def test_broken_articles_are_refused_with_every_fault_in_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD.replace("  topic: payment\n", ""), encoding="utf-8")
    with pytest.raises(BrokenKnowledge, match=r"a\.yml:1: the article has no 'topic'"):
        load_articles(tmp_path)
