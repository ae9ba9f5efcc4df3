from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faq.articles import Article, Text
from faq.exchange.importing import import_articles
from faq.exchange.markdown import read_markdown, write_markdown
from faq.exchange.table import write_table
from faq.knowledge import BrokenKnowledge, read_folder
from settings import PROJECT_DIR
from tests.faq.conftest import article, write

Export = Callable[[list[Article], Path], Path]


def table(articles: list[Article], folder: Path) -> Path:
    write_table(articles, folder / "articles.csv")
    return folder / "articles.csv"


def markdown(articles: list[Article], folder: Path) -> Path:
    write_markdown(articles, folder / "md")
    return folder / "md"


def by_id(folder: Path) -> list[Article]:
    return sorted(read_folder(folder).articles, key=lambda one: one.id)


def files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


@pytest.mark.parametrize("export", [table, markdown])
def test_all_articles_of_the_shop_come_back_identical(export: Export, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    articles = read_folder(PROJECT_DIR / "knowledge").articles

    report = import_articles(export(articles, tmp_path), tmp_path / "new")

    assert str(report) == f"{len(articles)} added, 0 changed, 0 unchanged"
    assert by_id(tmp_path / "new") == by_id(PROJECT_DIR / "knowledge")


@pytest.mark.parametrize("export", [table, markdown])
def test_importing_what_is_there_already_touches_no_file(
    export: Export, knowledge: Path, tmp_path: Path
) -> None:
    before = files(knowledge)

    report = import_articles(export(read_folder(knowledge).articles, tmp_path), knowledge)

    assert str(report) == "0 added, 0 changed, 3 unchanged"
    assert files(knowledge) == before


_ANY = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t")
_WORDS = st.text(_ANY, min_size=1, max_size=40).map(str.strip).filter(bool)


@pytest.mark.parametrize("export", [table, markdown])
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=_WORDS, wordings=st.lists(_WORDS, min_size=3, max_size=5), answer=_WORDS)
def test_whatever_is_written_comes_back_identical(
    export: Export,
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    wordings: list[str],
    answer: str,
) -> None:
    folder = tmp_path_factory.mktemp("exchange")
    # The rules ask for letters, and for wordings that differ by more than signs.
    questions = tuple(f"{wording} w{number}" for number, wording in enumerate(wordings))
    text = Text(title, questions, answer)
    written = Article.of(
        "payment-cod", "payment", date(2026, 11, 1), {"id": text, "en": text},
        next_actions=["ask_offer", "open_ticket"], see=["payment-cod"],
    )  # fmt: skip
    (folder / "new").mkdir()

    import_articles(export([written], folder), folder / "new")

    assert by_id(folder / "new") == [written]


@pytest.mark.parametrize("start", ["=1+1", "+62", "-5", "@here", "'=quoted", "''-twice", "＝1"])
def test_no_cell_is_a_formula_and_all_come_back(start: str, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    text = Text(start, (f"{start} a", f"{start} b", f"{start} c"), start)
    written = Article.of("x", "x", date(2026, 11, 1), {"id": text, "en": text})
    file = table([written], tmp_path)

    assert f",{start}" not in file.read_text(encoding="utf-8-sig")
    import_articles(file, tmp_path / "new")
    assert by_id(tmp_path / "new") == [written]


@pytest.mark.parametrize(
    ("old", "new"), [(",", ";"), ("\r\n", "\n"), (",", "\t")], ids=["semicolon", "unix", "tab"]
)
def test_what_spreadsheets_make_of_a_table_is_read(
    old: str, new: str, knowledge: Path, tmp_path: Path
) -> None:
    (knowledge / "stores-hours.yml").unlink()  # has no comma in it
    (knowledge / "payment-cod.yml").unlink()
    file = table(read_folder(knowledge).articles, tmp_path)
    file.write_bytes(file.read_bytes().replace(old.encode(), new.encode()))

    assert str(import_articles(file, knowledge)) == "0 added, 0 changed, 1 unchanged"


def test_only_the_changed_article_is_written_and_comments_stay(
    knowledge: Path, tmp_path: Path
) -> None:
    three = [article(each) for each in ("returns-window", "payment-cod", "stores-hours")]
    for each in files(knowledge):
        (knowledge / each).unlink()
    parts = [write(tmp_path / "part.yml", each).read_text(encoding="utf-8") for each in three]
    everything = "# first\n" + "\n# next one\n\n".join(parts) + "# the end\n"
    (knowledge / "all.yml").write_text(everything, encoding="utf-8")
    file = table(read_folder(knowledge).articles, tmp_path)
    cells = file.read_text(encoding="utf-8-sig")
    file.write_text(cells.replace("up to Rp2,000,000", "up to Rp3,000,000"), encoding="utf-8")

    assert str(import_articles(file, knowledge)) == "0 added, 1 changed, 2 unchanged"
    after = (knowledge / "all.yml").read_text(encoding="utf-8")
    assert after.startswith("# first\n" + parts[0] + "\n# next one\n\n- article: payment-cod\n")
    assert after.endswith("\n\n# next one\n\n" + parts[2] + "# the end\n")
    assert "up to Rp3,000,000" in after


def rows(*changes: tuple[str, str]) -> str:
    text = (
        "article,topic,updated,lang,title,questions,answer,next,see\n"
        "gift-wrap,ordering,2026-11-01,id,Kado,bungkus kado | kado bisa | kertas kado,Bisa.,,\n"
        "gift-wrap,,,en,Gifts,gift wrap | wrap it | paper,Yes.,,\n"
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_what_all_rows_share_need_stand_in_one_only(knowledge: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(), encoding="utf-8")

    assert str(import_articles(tmp_path / "a.csv", knowledge)) == "1 added, 0 changed, 0 unchanged"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("article,topic", "id,topic", 1, "the columns must be article, topic, updated"),
        (",Yes.,,", ",Yes.,", 3, "8 cells for 9 columns"),
        ("2026-11-01", "01/11/2026", 2, "updated '01/11/2026' is not a date"),
        (",Yes.,", ",,", 3, "the en answer is empty"),
        ("| wrap it | paper", "| wrap it", 3, "2 en wordings, at least 3 are needed"),
        (",,,en,", ",,,fr,", 3, "unknown key 'fr' in texts"),
        (",,,en,", ",,,id,", 3, "lang: 'gift-wrap' has 'id' already"),
        (",,,en,", ",shipping,,en,", 3, "topic: differs from the row above for 'gift-wrap'"),
        ("wrap it", "is cod available", 3, "wording 'is cod available' appears already at"),
        ("Bisa.,,", "Bisa.,fly,", 2, "unknown action 'fly'"),
        ("Bisa.,,", "Bisa.,,gone", 2, "there is no article 'gone'"),
        ("Bisa.", "Lihat [[gone]].", 2, "there is no article 'gone'"),
        ("gift-wrap", "Gift Wrap", 2, "article id 'Gift Wrap' must be small letters"),
    ],
)
def test_every_fault_of_a_table_has_its_line_and_nothing_is_imported(
    old: str, new: str, line: int, reason: str, knowledge: Path, tmp_path: Path
) -> None:
    before = files(knowledge)
    file = tmp_path / "a.csv"
    file.write_text(rows((old, new)), encoding="utf-8")

    with pytest.raises(BrokenKnowledge) as refused:
        import_articles(file, knowledge)

    found = [fault for fault in refused.value.faults if fault.reason.startswith(reason)]
    assert [(fault.file, fault.line) for fault in found] == [(str(file), line)]
    assert files(knowledge) == before


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the file is empty"),
        ("article,título\n".encode("latin-1"), "not UTF-8 but another encoding"),
        ("article".encode("utf-16"), "not UTF-8 but UTF-16"),
        (rows().split("\n")[0].encode() + b"\n", "there are no articles in it"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    raw: bytes, reason: str, knowledge: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(raw)

    with pytest.raises(BrokenKnowledge, match=reason):
        import_articles(tmp_path / "a.csv", knowledge)


def test_faults_of_markdown_have_their_lines(knowledge: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text(
        "# ordering\n\n## gift-wrap\nupdated: yesterday\n\n### id: Kado\n\n- a\n\nwhat is this\n",
        encoding="utf-8",
    )

    with pytest.raises(BrokenKnowledge) as refused:
        import_articles(file, knowledge)

    assert [(fault.line, fault.reason) for fault in refused.value.faults] == [
        (3, "texts has no 'en'"),
        (4, "updated 'yesterday' is not a date like 2026-11-01"),
        (6, "the id text has no 'answer'"),
        (8, "1 id wordings, at least 3 are needed"),
        (10, "'what is this' is no part of an article"),
    ]


def test_topics_that_share_a_file_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    text = Text("t", ("a b", "c d", "e f"), "x")
    articles = [
        Article.of(f"x-{number}", topic, date(2026, 11, 1), {"id": text, "en": text})
        for number, topic in enumerate(["Pre order", "pre-order", "預購"])
    ]

    written = write_markdown(articles, tmp_path)

    assert sum(len(read_markdown(file)[0]) for file in written) == 3
