from pathlib import Path

import pytest

from bench.public_sets import NoData, held_out, load
from faq.foreign import BadRow


def test_a_faq_set_is_reported_on_questions_kept_out_of_development(data: Path) -> None:
    one = load("pegadaian", data)
    kept = [held_out(question.text) for question in one.questions]
    assert one.parts["held out"].tolist() == kept
    assert one.parts["held out, colloquial"].tolist() == [kept[0], False, False, False]
    assert one.parts["all"].tolist() == [True] * 4


def test_which_questions_are_held_out_never_changes() -> None:
    texts = ["kapan buka", "cara gadai emas gimana", "kantor buka jam berapa", "berapa bunganya"]
    assert [held_out(text) for text in texts] == [True, False, False, False]


def test_labels_become_articles_and_training_examples_wordings(data: Path) -> None:
    one = load("banking77", data)
    assert [entry.id for entry in one.entries] == ["lost_card", "exchange"]
    assert len(one.wordings) == 26
    assert one.wordings[:2] == [(0, "lost card"), (0, "I lost my card number 0")]
    assert one.examples[0] == (0, "I lost my card number 0")
    assert [sorted(question.faq_ids) for question in one.questions] == [["lost_card"], ["exchange"]]


def test_ten_wordings_are_drawn_and_always_the_same(data: Path) -> None:
    first, second = load("banking77_10", data), load("banking77_10", data)
    assert [len(entry.wordings) for entry in first.entries] == [10, 10]
    assert first.entries == second.entries


def test_out_of_scope_is_asked_but_taught_to_nobody(data: Path) -> None:
    one = load("clinc150", data)
    assert "oos" not in {entry.id for entry in one.entries}
    assert [question.text for question in one.questions if not question.faq_ids] == ["hm", "la"]


def test_a_translation_is_right_for_every_sentence_of_its_meaning(data: Path) -> None:
    one = load("xsid", data)
    assert [entry.id for entry in one.entries] == ["Will it rain?"]
    assert [question.text for question in one.questions] == ["Apakah hujan?", "Hujan tidak?"]


def test_a_folder_without_the_sets_is_refused_by_the_name_of_the_file(data: Path) -> None:
    with pytest.raises(NoData, match=r"stackfaq_en/kb\.jsonl is missing"):
        load("stackfaq", data)


def test_a_broken_row_of_a_set_is_refused_with_its_line(data: Path) -> None:
    (data / "faq/pegadaian_id/queries.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(BadRow, match=r"queries\.jsonl:1: "):
        load("pegadaian", data)
