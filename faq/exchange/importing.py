"""Bring articles from a table or from Markdown into the folder: all of them, or none and why."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from faq.articles import LANGUAGES, Article
from faq.exchange.markdown import read_markdown
from faq.exchange.table import read_table
from faq.exchange.trees import Placed, node
from faq.knowledge import BrokenKnowledge, article_files, read_folder
from faq.reading import At, Fault, Reading, read_article


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did; articles that it does not name stay as they are."""

    added: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged"


def import_articles(source: Path, knowledge: Path) -> Report:
    """Import a .csv or .md file, or a folder of .md files, into the folder of articles.

    Only articles that differ are written, each in its place, so comments around them stay.
    Raises BrokenKnowledge with every fault by file and line, and OSError; then nothing is changed.
    """
    imported = _read(source, knowledge)
    before = {article.id: article for article in read_folder(knowledge).articles}
    changed = [one for one in imported if one.id in before and before[one.id] != one]
    added = [one for one in imported if one.id not in before]
    _write(_new_contents(knowledge, changed, added))
    return Report(len(added), len(changed), len(imported) - len(added) - len(changed))


def _read(source: Path, knowledge: Path) -> list[Article]:
    files = sorted(source.glob("*.md")) if source.is_dir() else [source]
    found: list[tuple[Path, Placed]] = []
    faults: list[Fault] = []
    for file in files:
        trees, wrong = read_table(file) if file.suffix == ".csv" else read_markdown(file)
        found += [(file, tree) for tree in trees]
        faults += wrong
    reading = _rest(knowledge, {_id_of(tree) for _, tree in found})
    kept = len(reading.articles)
    for file, tree in found:
        read_article(At(reading, str(file), node(tree, tree.line)))
    names = {str(file) for file in files}
    faults += [fault for fault in reading.found_faults() if fault.file in names]
    if not found and not faults:
        faults.append(Fault(str(source), 1, "there are no articles in it"))
    if faults:
        raise BrokenKnowledge(sorted(set(faults)))
    return reading.articles[kept:]


def _rest(knowledge: Path, replaced: set[str]) -> Reading:
    """Read the articles that the import leaves as they are, to which its own must fit."""
    reading = Reading()
    for file in article_files(knowledge):
        for item in _items(file):
            if _id_in(item) not in replaced:
                read_article(At(reading, str(file), item))
    return reading


def _items(file: Path) -> list[yaml.Node]:
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BrokenKnowledge([Fault(str(file), 1, f"cannot be read: {error}")]) from error
    return list(root.value) if isinstance(root, yaml.SequenceNode) else []


def _id_in(item: yaml.Node) -> str:
    pairs = item.value if isinstance(item, yaml.MappingNode) else []
    return next((str(value.value) for key, value in pairs if key.value == "article"), "")


def _id_of(tree: Placed) -> str:
    return str(tree.tree["article"]) if isinstance(tree.tree, dict) else ""


def _new_contents(
    knowledge: Path, changed: Sequence[Article], added: Sequence[Article]
) -> dict[Path, str]:
    contents: dict[Path, str] = {}
    new = {article.id: article for article in changed}
    for file in article_files(knowledge):
        items = _items(file)
        if any(_id_in(item) in new for item in items):
            contents[file] = _replaced(file, items, new)
    for article in added:
        file = _home(knowledge, article.topic)
        if file not in contents:
            contents[file] = file.read_text(encoding="utf-8") if file.exists() else ""
        contents[file] = f"{contents[file].rstrip()}\n\n{_yaml(article)}".lstrip()
    return contents


def _replaced(file: Path, items: Sequence[yaml.Node], new: dict[str, Article]) -> str:
    """Put new articles in the place of the old ones, from the last to the first."""
    lines = file.read_text(encoding="utf-8").split("\n")
    for item in reversed(items):
        article = new.get(_id_in(item))
        if article is None:
            continue
        start, end = item.start_mark.line, item.end_mark.line
        while not lines[start].lstrip().startswith("-"):  # the dash may stand above
            start -= 1
        # What stands between two articles belongs to the next one.
        while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1
        lines[start:end] = _yaml(article).rstrip("\n").split("\n")
    return "\n".join(lines)


def _home(knowledge: Path, topic: str) -> Path:
    safe = "".join(letter if letter.isalnum() else "-" for letter in topic.lower()).strip("-")
    return knowledge / f"{safe or 'articles'}.yml"


class _Dumper(yaml.SafeDumper):
    """Writes as the articles are written by hand: blocks for lines, lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, words: str) -> yaml.ScalarNode:
    style = "|" if "\n" in words else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", words, style)


_Dumper.add_representer(str, _text)


def _yaml(article: Article) -> str:
    written: dict[str, Any] = {
        "article": article.id,
        "topic": article.topic,
        "updated": article.updated,
        "texts": {
            lang: {
                "title": article.texts[lang].title,
                "questions": list(article.texts[lang].questions),
                "answer": article.texts[lang].answer,
            }
            for lang in LANGUAGES
        },
    }
    if article.next_actions:
        written["next"] = [{"action": each} for each in article.next_actions]
    if article.see:
        written["see"] = list(article.see)
    dumped: str = yaml.dump(
        [written], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100
    )
    return dumped


def _write(contents: dict[Path, str]) -> None:
    """Write all files, or none: what may fail is done before the first is replaced."""
    made = []
    try:
        for file, text in contents.items():
            new = file.with_name(f".{file.name}.new")
            made.append((new, file))
            new.write_text(text, encoding="utf-8", newline="\n")
    except OSError:
        for new, _ in made:
            new.unlink(missing_ok=True)
        raise
    for new, file in made:
        os.replace(new, file)  # noqa: PTH105 - the word for "in one step"
