import json
from pathlib import Path

from typer.testing import CliRunner

from faq.articles import Article
from faq.commands import faq_commands
from faq.decision import Decision
from faq.encoder import Encoder
from faq.engine import FaqEngine
from faq.knowledge import load_articles
from faq.report import Asked, as_text, ask_wordings, report_on
from tests.faq.conftest import ARTICLES, article, write


def asked(
    article_id: str, found: str, decision: Decision, text: str = "…", lang: str = "id"
) -> Asked:
    return Asked(article_id, frozenset({article_id}), lang, text, (found,), decision, 0.9)


def articles(folder: Path) -> list[Article]:
    return load_articles(folder)


def test_every_wording_is_asked_once_of_a_search_that_does_not_know_it(
    knowledge: Path, encoder: Encoder, engine: FaqEngine
) -> None:
    found = ask_wordings(articles(knowledge), encoder)
    wordings = [text for id_, en, _ in ARTICLES.values() for text in (*id_, *en)]
    assert sorted(one.text for one in found) == sorted(wordings)
    known = [engine.search(one.text, "id").confidence for one in found]
    assert all(one.confidence < sure for one, sure in zip(found, known, strict=True))


def test_an_article_with_one_wording_a_language_is_not_asked(
    knowledge: Path, encoder: Encoder
) -> None:
    base = articles(knowledge)
    single = Article.of(
        "one", "x", base[0].updated, {"id": type(base[0].texts["id"])("t", ("Cuma satu?",), "a")}
    )
    found = ask_wordings([*base, single], encoder)
    assert "one" not in {one.article_id for one in found}


def test_articles_that_say_the_same_are_right_for_each_other(
    knowledge: Path, encoder: Encoder
) -> None:
    copy = article("payment-cod", article="payment-cash")
    for text in copy["texts"].values():  # type: ignore[attr-defined]
        text["questions"] = [f"tunai {number}: {q}" for number, q in enumerate(text["questions"])]
    write(knowledge / "copy.yml", copy)
    found = ask_wordings(articles(knowledge), encoder)
    of_copy = [one for one in found if one.article_id == "payment-cash"]
    assert {one.right for one in of_copy} == {frozenset({"payment-cash", "payment-cod"})}


def test_the_worst_article_and_the_most_confused_pair_come_first(knowledge: Path) -> None:
    report = report_on(
        articles(knowledge),
        [
            asked("payment-cod", "payment-cod", "answer"),
            asked("payment-cod", "stores-hours", "answer", "bayar di toko?"),
            asked("payment-cod", "stores-hours", "abstain", "tunai di toko?"),
            asked("returns-window", "returns-window", "answer", lang="en"),
            asked("returns-window", "payment-cod", "abstain", "uang kembali?", lang="en"),
        ],
        10,
    )
    assert report["weakest"] == [
        {
            "article": "payment-cod",
            "title": "payment-cod",
            "asked": 3,
            "right": 1,
            "answered_wrong": 1,
        },
        {
            "article": "returns-window",
            "title": "returns-window",
            "asked": 2,
            "right": 1,
            "answered_wrong": 0,
        },
    ]
    assert report["confused"] == [
        {
            "article": "payment-cod",
            "taken_for": "stores-hours",
            "times": 2,
            "example": "bayar di toko?",
        },
        {
            "article": "returns-window",
            "taken_for": "payment-cod",
            "times": 1,
            "example": "uang kembali?",
        },
    ]
    assert [report["by_lang"][lang]["top1"] for lang in ("en", "id")] == [0.5, 0.333]
    assert report["decision"]["wrong_among_answered"] == 0.333
    assert report["coverage"][-1] == {"answered": 1.0, "wrong": 0.6}


def test_without_wordings_to_spare_the_report_says_so_little(knowledge: Path) -> None:
    lines = as_text(report_on(articles(knowledge), [], 10)).splitlines()
    assert lines[0] == "0 wordings of 3 articles, each asked without itself"
    assert "As decided: answered -, of which wrong -; asked back -" in lines


def test_the_command_prints_the_report_and_refuses_broken_articles(knowledge: Path) -> None:
    run = CliRunner().invoke
    printed = run(faq_commands, ["report", "--knowledge", str(knowledge), "--json"])
    assert (printed.exit_code, json.loads(printed.stdout)["wordings"]) == (0, 18)
    (knowledge / "bad.yml").write_text("- article: x\n")
    refused = run(faq_commands, ["report", "--knowledge", str(knowledge)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "bad.yml:1" in refused.stderr
