# ruff: noqa: PLC0415 - what needs the model is imported when a command runs
"""The commands `sapa faq …`.

`sapa --help` must answer at once, so nothing heavy is imported before a command runs.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from settings import load_settings

faq_commands = typer.Typer(help="Build, measure and ask the FAQ search.", no_args_is_help=True)

Knowledge = Annotated[
    Path | None,
    typer.Option("--knowledge", help="Folder of articles; default: SAPA_KNOWLEDGE_DIR."),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", help="full, light or a sentence-transformers model; default: SAPA_FAQ_MODEL."
    ),
]


@faq_commands.command("build")
def build_index(
    knowledge: Knowledge = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the index.")] = None,
    model: Model = None,
) -> None:
    """Build the search index from the articles, and put it into use if they have no fault."""
    from faq.build import build
    from faq.encoder import Encoder
    from faq.knowledge import BrokenKnowledge

    settings = load_settings()
    try:
        built = build(
            knowledge or settings.knowledge_dir,
            out or settings.faq_dir,
            Encoder(model or settings.faq_model),
        )
    except BrokenKnowledge as broken:
        typer.echo(str(broken), err=True)
        typer.echo("Nothing was built; the last good index stays in use.", err=True)
        raise typer.Exit(1) from broken
    wordings = len(built.material.corpus.wordings)
    typer.echo(
        f"{len(built.articles)} articles, {wordings} wordings, content {built.content_hash}, "
        f"answers from probability {built.judge.answer_from:.2f}"
    )


@faq_commands.command("ask")
def ask(
    text: str,
    lang: Annotated[str, typer.Option(help="Language of the answer: id or en.")] = "id",
    folder: Annotated[Path | None, typer.Option("--index", help="Folder of the index.")] = None,
) -> None:
    """Search for TEXT as a customer would, and show what is found and how sure it is."""
    from faq.articles import LANGUAGES
    from faq.build import IndexUnusable
    from faq.engine import FaqEngine

    if lang not in LANGUAGES:
        raise typer.BadParameter(f"{lang!r} is none of {', '.join(LANGUAGES)}", param_hint="--lang")
    try:
        engine = FaqEngine.load(folder or load_settings().faq_dir)
    except IndexUnusable as error:
        typer.echo(f"{error}. Run: sapa faq build", err=True)
        raise typer.Exit(1) from error
    finding = engine.search(text, "en" if lang == "en" else "id")
    typer.echo(f"{finding.decision} (confidence {finding.confidence:.2f})")
    for match in finding.ranked[:3]:
        article = engine.article(match.article_id)
        title = article.texts[lang].title if article else ""
        typer.echo(f"  {match.score:6.3f}  {match.article_id}  {title}")
    best = engine.article(finding.ranked[0].article_id) if finding.ranked else None
    if finding.decision == "answer" and best:
        typer.echo(best.texts[lang].answer)


@faq_commands.command("evaluate")
def evaluate_foreign(
    kb: Annotated[Path, typer.Option(help="Lines of {id, question, answer, lang, wordings?}.")],
    queries: Annotated[Path, typer.Option(help="Lines of {text, faq_id | faq_ids, lang, style?}.")],
    predictions: Annotated[Path | None, typer.Option(help="Write one prediction a line.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    model: Model = None,
) -> None:
    """Build the engine on a foreign knowledge base and measure it on questions."""
    from faq.encoder import Encoder
    from faq.evaluate import as_table, evaluate
    from faq.foreign import BadRow, read_kb, read_queries

    try:
        entries = read_kb(kb)
        questions = read_queries(queries, {entry.id for entry in entries})
        if predictions:
            predictions.touch()  # a place that cannot be written is said before the work, not after
        report, rows = evaluate(entries, questions, Encoder(model or load_settings().faq_model))
        if predictions:
            predictions.write_text(
                "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
            )
    except (BadRow, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(json.dumps(report, indent=2) if as_json else as_table(report))


@faq_commands.command("report")
def report_own(
    knowledge: Knowledge = None,
    most: Annotated[int, typer.Option(help="Show so many articles and pairs.", min=1)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    model: Model = None,
) -> None:
    """Ask every wording of our own articles without itself: what is found, what is confused."""
    from faq.encoder import Encoder
    from faq.knowledge import BrokenKnowledge, load_articles
    from faq.report import as_text, ask_wordings, report_on

    settings = load_settings()
    try:
        articles = load_articles(knowledge or settings.knowledge_dir)
    except BrokenKnowledge as broken:
        typer.echo(str(broken), err=True)
        raise typer.Exit(1) from broken
    encoder = Encoder(model or settings.faq_model)
    report = report_on(articles, ask_wordings(articles, encoder), most)
    typer.echo(json.dumps(report, indent=2) if as_json else as_text(report))


@faq_commands.command("prior", hidden=True)
def learn_prior(knowledge: Knowledge = None) -> None:
    """Learn again, for the package itself, what small knowledge bases start from."""
    from faq.build import encode
    from faq.corpus import Corpus
    from faq.encoder import Encoder
    from faq.knowledge import check
    from faq.prior import learn
    from faq.rehearsal import CONTENT

    encoder = Encoder(load_settings().faq_model)
    articles, _ = check(knowledge or load_settings().knowledge_dir)
    judges = learn(encode(Corpus.of(articles), encoder), CONTENT / "prior.json")
    for name, judge in judges.items():
        typer.echo(f"{name}: {judge.first} answers from {judge.answer_from:.2f}")
