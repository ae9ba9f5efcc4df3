import json
from pathlib import Path

import pytest

from faq.foreign import BadRow, Entry, Question, foreign_corpus, read_kb, read_queries

ENTRY = {"id": "cod", "question": "Bisa COD?", "answer": "Bisa.", "lang": "id"}
QUERY = {"text": "cod bisa?", "faq_id": "cod", "lang": "id"}


def lines(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def without(row: dict[str, object], field: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != field}


def test_an_entry_is_read_with_and_without_wordings(tmp_path: Path) -> None:
    file = lines(tmp_path / "kb.jsonl", {**ENTRY, "wordings": ["cod ada?"]}, {**ENTRY, "id": 7})
    assert read_kb(file) == [
        Entry("cod", "Bisa COD?", "Bisa.", "id", ("cod ada?",)),
        Entry("7", "Bisa COD?", "Bisa.", "id", ()),
    ]


def test_one_right_entry_several_and_none_are_all_understood(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "q.jsonl",
        {"text": "a", "faq_id": "x", "lang": "id"},
        {"text": "b", "faq_ids": ["x", "y"], "lang": "id", "style": "slang"},
        {"text": "c", "faq_id": None, "lang": "en", "style": None},
    )
    assert read_queries(file, {"x", "y"}) == [
        Question("a", frozenset({"x"}), "id", ""),
        Question("b", frozenset({"x", "y"}), "id", "slang"),
        Question("c", frozenset(), "en", ""),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (without(ENTRY, "id"), "'id' must be text"),
        (without(ENTRY, "question"), "the row has no 'question'"),
        (without(ENTRY, "answer"), "the row has no 'answer'"),
        (without(ENTRY, "lang"), "the row has no 'lang'"),
        ({**ENTRY, "id": " "}, "'id' is empty"),
        ({**ENTRY, "id": True}, "'id' must be text"),
        ({**ENTRY, "question": None}, "'question' must be text"),
        ({**ENTRY, "wordings": "cod"}, "'wordings' must be a list of texts"),
        ({**ENTRY, "wordings": [1]}, "'wordings' must be a list of texts"),
        ({**ENTRY, "question": " ", "answer": ""}, "the entry has no words to find it by"),
        (["cod"], "a row must be a JSON object"),
        ({**ENTRY, "id": "first"}, "the id 'first' is given to two entries"),
    ],
)
def test_a_row_that_is_no_entry_is_refused_with_its_line(
    tmp_path: Path, row: object, reason: str
) -> None:
    file = lines(tmp_path / "kb.jsonl", {**ENTRY, "id": "first"}, row)
    with pytest.raises(BadRow) as refused:
        read_kb(file)
    assert str(refused.value) == f"{file}:2: {reason}"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (without(QUERY, "text"), "the row has no 'text'"),
        (without(QUERY, "lang"), "the row has no 'lang'"),
        (
            without(QUERY, "faq_id"),
            "the row has no 'faq_id'; write null if no entry answers it",
        ),
        ({**QUERY, "faq_id": "gone"}, "no entry of the knowledge base has the id 'gone'"),
        ({**QUERY, "faq_ids": ["cod", "gone"]}, "no entry of the knowledge base has the id 'gone'"),
        ({**QUERY, "faq_ids": "cod"}, "'faq_ids' must be a list of ids"),
        ({**QUERY, "faq_id": ["cod"]}, "'faq_id' must be text"),
        ({**QUERY, "style": 3}, "'style' must be text"),
    ],
)
def test_a_row_that_is_no_question_is_refused_with_its_line(
    tmp_path: Path, row: object, reason: str
) -> None:
    file = lines(tmp_path / "q.jsonl", QUERY, row)
    with pytest.raises(BadRow) as refused:
        read_queries(file, {"cod"})
    assert str(refused.value) == f"{file}:2: {reason}"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "a", ', "broken JSON: Expecting property name enclosed in double quotes"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "broken JSON: nested too deep"),
    ],
)
def test_a_line_that_is_no_json_is_refused_with_its_number(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    file = tmp_path / "kb.jsonl"
    file.write_bytes(json.dumps(ENTRY).encode() + b"\n\n" + line)
    with pytest.raises(BadRow) as refused:
        read_kb(file)
    assert str(refused.value) == f"{file}:3: {reason}"


def test_a_file_without_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match=r"kb\.jsonl: no entries"):
        read_kb(lines(tmp_path / "kb.jsonl"))


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    file = tmp_path / "kb.jsonl"
    entry = {**ENTRY, "question": "Bisa\u2028COD?"}
    file.write_text("\ufeff" + json.dumps(entry, ensure_ascii=False) + "\r\n", encoding="utf-8")
    assert [one.question for one in read_kb(file)] == ["Bisa\u2028COD?"]


def test_equal_wordings_are_taken_once_and_an_answer_stands_in_for_none() -> None:
    entries = [
        Entry("cod", "Bisa COD?", "Bisa.", "id", ("Bisa COD?", " ", "ada cod?")),
        Entry("silent", "", "Garansi resmi.", "id", ()),
    ]
    corpus = foreign_corpus(entries)
    assert [(each.article, each.text) for each in corpus.wordings] == [
        (0, "Bisa COD?"),
        (0, "ada cod?"),
        (1, "Garansi resmi."),
    ]
