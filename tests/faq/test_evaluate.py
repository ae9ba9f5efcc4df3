import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faq.commands import faq_commands
from faq.encoder import Encoder
from faq.evaluate import as_table, evaluate
from faq.foreign import Entry, Question
from faq.knowledge_commands import knowledge_commands

ENTRIES = [
    Entry("hours", "Jam berapa toko buka?", "Buka 10-21.", "id", ("tutup jam berapa",)),
    Entry("cod", "Bisa bayar di tempat?", "Bisa.", "id", ()),
    Entry("cod-again", "Apakah COD tersedia?", "Bisa.", "id", ()),
    Entry("silent", "", "Garansi resmi dua belas bulan.", "id", ()),
]

COD = {"id": "cod", "question": "Bisa COD?", "answer": "Bisa.", "lang": "id"}


def lines(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_a_foreign_base_is_measured_with_every_figure_of_the_contract(encoder: Encoder) -> None:
    questions = [
        Question("toko tutup jam berapa", frozenset({"hours"}), "id", "formal"),
        Question("bisa cod gak", frozenset({"cod", "cod-again"}), "id", "colloquial"),
        Question("siapa presiden amerika", frozenset(), "id", "formal"),
    ]
    report, predictions = evaluate(ENTRIES, questions, encoder)
    assert (report["questions"], report["answerable"]) == (3, 2)
    assert (report["top1"], report["top3"], report["mrr"], report["auroc"]) == (1, 1, 1, 1)
    assert set(report["by_style"]) == {"formal", "colloquial"}
    assert report["by_lang"]["id"]["top1"] == 1
    assert report["ms_per_query"] > 0
    assert list(predictions[0]) == ["text", "ranked", "decision", "confidence"]
    assert predictions[0]["ranked"][0]["id"] == "hours"


def test_an_entry_without_a_question_is_found_by_its_answer(encoder: Encoder) -> None:
    asked = [Question("berapa bulan garansinya", frozenset({"silent"}), "id", "")]
    assert evaluate(ENTRIES, asked, encoder)[0]["top1"] == 1


def test_a_base_of_one_entry_and_no_questions_is_no_error(encoder: Encoder) -> None:
    report, predictions = evaluate(ENTRIES[:1], [], encoder)
    assert (report["questions"], report["top1"], predictions) == (0, None, [])


def test_a_table_has_a_line_for_every_figure_and_kind(encoder: Encoder) -> None:
    questions = [
        Question("toko tutup jam berapa", frozenset({"hours"}), "id", "formal"),
        Question("is cod possible", frozenset({"cod", "cod-again"}), "en", ""),
    ]
    table = as_table(evaluate(ENTRIES, questions, encoder)[0]).splitlines()
    assert [line.split()[0] for line in table[:4]] == ["questions", "answerable", "top1", "top3"]
    assert [line.split(":")[0] for line in table[-3:]] == ["lang en", "lang id", "style formal"]
    assert "None" not in "".join(table)


def test_the_command_prints_the_report_and_writes_predictions(tmp_path: Path) -> None:
    kb = lines(tmp_path / "kb.jsonl", COD)
    queries = lines(tmp_path / "q.jsonl", {"text": "cod bisa?", "faq_id": "cod", "lang": "id"})
    out = tmp_path / "out.jsonl"
    options = ["--kb", str(kb), "--queries", str(queries), "--predictions", str(out), "--json"]
    result = CliRunner().invoke(faq_commands, ["evaluate", *options])
    assert (result.exit_code, json.loads(result.stdout)["top1"]) == (0, 1.0)
    assert json.loads(out.read_text())["ranked"][0]["id"] == "cod"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"text": "cod?", "faq_id": "gone", "lang": "id"}, "no entry of the knowledge base has"),
        ({"text": "cod?", "lang": "id"}, "the row has no 'faq_id'"),
    ],
)
def test_the_command_refuses_a_bad_row_and_writes_nothing(
    tmp_path: Path, query: object, reason: str
) -> None:
    kb, queries = lines(tmp_path / "kb.jsonl", COD), lines(tmp_path / "q.jsonl", query)
    out = tmp_path / "out.jsonl"
    options = ["--kb", str(kb), "--queries", str(queries), "--predictions", str(out)]
    result = CliRunner().invoke(faq_commands, ["evaluate", *options])
    assert (result.exit_code, result.stdout, out.exists()) == (1, "", False)
    assert result.stderr.startswith(f"{queries}:1: {reason}")


def test_the_command_says_which_file_is_missing(tmp_path: Path) -> None:
    options = ["--kb", str(tmp_path / "none.jsonl"), "--queries", str(tmp_path / "q.jsonl")]
    result = CliRunner().invoke(faq_commands, ["evaluate", *options])
    assert (result.exit_code, "none.jsonl" in result.stderr) == (1, True)


def test_a_text_that_is_no_unicode_is_searched_and_written_down(tmp_path: Path) -> None:
    kb = lines(tmp_path / "kb.jsonl", COD)
    broken = {"text": "cod \ud800?", "faq_id": None, "lang": "id"}
    queries, out = lines(tmp_path / "q.jsonl", broken), tmp_path / "out.jsonl"
    options = ["--kb", str(kb), "--queries", str(queries), "--predictions", str(out)]
    assert CliRunner().invoke(faq_commands, ["evaluate", *options]).exit_code == 0
    assert json.loads(out.read_text())["text"] == broken["text"]


def test_build_then_ask_gives_the_answer(knowledge: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "index")
    run = CliRunner().invoke
    assert run(faq_commands, ["ask", "cod?", "--index", out]).exit_code == 1
    built = run(faq_commands, ["build", "--knowledge", str(knowledge), "--out", out])
    assert (built.exit_code, built.stdout.split(",")[0]) == (0, "3 articles")
    asked = run(faq_commands, ["ask", "Apakah ada COD?", "--lang", "en", "--index", out])
    assert asked.stdout.splitlines()[-1] == "Cash on delivery up to Rp2,000,000."


def test_a_broken_base_is_neither_built_nor_passed(knowledge: Path, tmp_path: Path) -> None:
    (knowledge / "bad.yml").write_text("- article: x\n")
    run = CliRunner().invoke
    checked = run(knowledge_commands, ["check", str(knowledge)])
    assert (checked.exit_code, checked.stdout.splitlines()[0]) == (
        1,
        f"{knowledge / 'bad.yml'}:1: the article has no 'texts'",
    )
    options = ["--knowledge", str(knowledge), "--out", str(tmp_path / "index")]
    assert run(faq_commands, ["build", *options]).exit_code == 1
    assert not (tmp_path / "index" / "CURRENT").exists()
