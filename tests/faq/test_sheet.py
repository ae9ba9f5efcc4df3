from pathlib import Path

import pytest

from faq.engine import FaqEngine, Finding, Match
from faq.knowledge import load_articles
from faq.sheet import BadSheet, Case, Outcome, read_sheet, try_out
from settings import PROJECT_DIR

KNOWN = {"payment-cod", "returns-window"}


def sheet(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "sheet.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("text", [
    "question,article,lang\nbisa cod?,payment-cod,id\nwho are you,,en\n",
    "\ufeffquestion;article;lang\r\nbisa cod?;payment-cod;id\r\nwho are you;;en\r\n",
    "Lang\tArticle\tQuestion\n\tpayment-cod\tbisa cod?\nen\t\twho are you\n",
])  # fmt: skip
def test_a_sheet_is_read_however_a_spreadsheet_saved_it(text: str, tmp_path: Path) -> None:
    assert read_sheet(sheet(tmp_path, text), KNOWN) == [
        Case(2, "bisa cod?", "payment-cod", "id"),
        Case(3, "who are you", None, "en"),
    ]


def test_every_bad_row_has_its_line_column_and_reason(tmp_path: Path) -> None:
    file = sheet(
        tmp_path,
        "question,article,lang\n"
        "bisa cod?,payment-cod,id\n"
        ",payment-cod,id\n"
        "bisa cod?,returns-window,id\n"
        "batas retur?,return-window,fr\n"
        "only one cell\n",
    )

    with pytest.raises(BadSheet) as bad:
        read_sheet(file, KNOWN)

    assert str(bad.value).split("\n") == [
        f"{file}:3: question: is empty",
        f"{file}:4: question: 'bisa cod?' is already in line 2",
        f"{file}:5: article: there is no article 'return-window'",
        f"{file}:5: lang: 'fr' is none of id, en",
        f"{file}:6: 1 cells for 3 columns",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1: the file is empty"),
        ("question,article\n", "1: the sheet has no questions"),
        ("question,answer\nx,y\n", "1: answer: unknown column; known are question, article, lang"),
        ("question\nx\n", "1: article: the column is missing"),
        ("question,article,question\nx,,y\n", "1: question: the column is there twice"),
    ],
)
def test_a_sheet_that_says_nothing_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadSheet, match=reason):
        read_sheet(sheet(tmp_path, text), KNOWN)


def finding(decision: str, *ids: str) -> Finding:
    return Finding(decision, 0.5, tuple(Match(each, 1.0) for each in ids))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expected", "found", "verdict"),
    [
        ("a", finding("answer", "a", "b"), "ok"),
        ("a", finding("answer", "b", "a"), "wrong"),
        ("a", finding("clarify", "b", "a", "c"), "asks"),
        ("a", finding("clarify", "b", "c", "d", "a"), "wrong"),  # only three are offered
        ("a", finding("abstain", "a"), "wrong"),
        (None, finding("abstain", "a"), "ok"),
        (None, finding("clarify", "a", "b"), "asks"),
        (None, finding("answer", "a"), "wrong"),
    ],
)
def test_a_row_is_right_if_the_customer_is_told_the_right_thing(
    expected: str | None, found: Finding, verdict: str
) -> None:
    assert Outcome(Case(2, "q", expected, "id"), found, None).verdict == verdict


def test_a_row_has_changed_if_the_customer_would_be_told_something_else() -> None:
    case = Case(2, "q", "a", "id")
    now = finding("answer", "a", "b")

    assert not Outcome(case, now, finding("answer", "a", "c")).has_changed
    assert Outcome(case, now, finding("answer", "b", "a")).has_changed
    assert not Outcome(case, now, None).has_changed


def test_questions_are_put_to_the_articles_as_they_stand_and_as_they_are_in_use(
    engine: FaqEngine,
) -> None:
    [outcome] = try_out([Case(2, "bisa cod?", "payment-cod", "id")], engine, engine)

    assert (outcome.verdict, outcome.has_changed) == ("ok", False)


def test_the_sample_sheet_names_articles_of_the_shop() -> None:
    knowledge = PROJECT_DIR / "knowledge"
    known = {article.id for article in load_articles(knowledge)}

    assert len(read_sheet(knowledge / "test-sheet.csv", known)) >= 6
