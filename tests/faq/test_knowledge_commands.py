from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import sapa
from db.migrate import migrate
from faq.build import read
from settings import load_settings
from tests.faq.conftest import write
from tests.faq.test_publishing import answering

PASSES = "question,article,lang\nbisa cod?,payment-cod,id\nsiapa presiden amerika,,id\n"


@pytest.fixture
def shop(knowledge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder; the three articles are not published yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAPA_DEMO", "true")
    monkeypatch.setenv("SAPA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SAPA_KNOWLEDGE_DIR", str(knowledge))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(sapa, ["knowledge", *words])


def sheet(shop: Path, text: str) -> str:
    (shop / "sheet.csv").write_text(text, encoding="utf-8")
    return str(shop / "sheet.csv")


def test_a_sheet_tells_right_from_wrong_and_what_would_change(shop: Path, knowledge: Path) -> None:
    passing = sheet(shop, PASSES)
    first = run("test", passing)
    assert run("publish").exit_code == 0
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))
    (knowledge / "stores-hours.yml").unlink()
    failing = sheet(shop, PASSES + "batas retur,payment-cod,id\ntutup jam brp kak,,id\n")
    second = run("test", failing)

    assert (first.exit_code, first.output.splitlines()) == (0, [
        "nothing has been published yet",
        "ok        2  bisa cod?",
        "ok        3  siapa presiden amerika",
        "2 questions: 2 ok, 0 asks, 0 wrong; 0 changed",
    ])  # fmt: skip
    assert second.exit_code == 1
    assert second.output.startswith("changed: payment-cod\nremoved: stores-hours\nok ")
    assert "wrong     4  batas retur\n             expected payment-cod, but " in second.output
    assert "             changed: so far it answers stores-hours (" in second.output


def test_a_bad_sheet_and_broken_articles_are_told_apart_from_wrong_answers(
    shop: Path, knowledge: Path
) -> None:
    bad = run("test", sheet(shop, "question,article\nbisa cod?,no-such\n"))
    (knowledge / "payment-cod.yml").write_text("- article: [\n")
    broken = run("test", sheet(shop, PASSES))

    assert (bad.exit_code, broken.exit_code) == (2, 2)
    assert bad.output == f"{shop / 'sheet.csv'}:2: article: there is no article 'no-such'\n"
    assert "payment-cod.yml:2: broken YAML" in broken.output


def test_a_failing_sheet_keeps_the_articles_from_being_published(
    shop: Path, knowledge: Path
) -> None:
    run("publish")
    index = load_settings().faq_dir
    before = read(index).content_hash
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))

    refused = run("publish", "--sheet", sheet(shop, "question,article\nbisa cod?,stores-hours\n"))
    assert refused.exit_code == 1
    assert "the test sheet fails\nNothing was published" in refused.output
    assert read(index).content_hash == before

    taken = run("publish", "--sheet", sheet(shop, PASSES))
    assert taken.output.endswith("changed: payment-cod\n3 articles published\n")
    assert read(index).content_hash != before


def test_what_was_never_in_use_has_no_history(shop: Path) -> None:
    migrate(load_settings().database)

    done = run("history", "payment-cod")

    assert (done.exit_code, done.output) == (1, "no 'payment-cod' was ever in use\n")


def test_gaps_need_a_publication_and_are_none_at_first(shop: Path) -> None:
    migrate(load_settings().database)
    before = run("gaps")
    run("publish")
    after = run("gaps")
    table = run("gaps", "--csv")

    assert (before.exit_code, "sapa knowledge publish" in before.output) == (1, True)
    assert (after.exit_code, after.output) == (0, "no unanswered questions\n")
    assert table.output == "questions,contacts,minutes,nearest_article,example\n"


def test_articles_go_out_and_come_back(shop: Path, knowledge: Path) -> None:
    out = run("export", str(shop / "a.csv"))
    back = run("import", str(shop / "a.csv"))
    (shop / "a.csv").write_text("nonsense\n")
    refused = run("import", str(shop / "a.csv"))

    assert out.output == f"3 articles written to {shop / 'a.csv'}\n"
    assert back.output.startswith("0 added, 0 changed, 3 unchanged;")
    assert refused.exit_code == 1
    assert refused.output.endswith("Nothing was imported.\n")
