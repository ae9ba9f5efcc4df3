"""Read and check the folder of YAML files in which the shop owner writes articles.

Every fault carries its file and line, because the reader is not a programmer.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from faq.articles import Article
from faq.reading import REFERENCE, At, Fault, Reading, read_article


class BrokenKnowledge(ValueError):
    """The knowledge base has faults and must not be published."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def load_articles(folder: Path) -> list[Article]:
    """Return all articles under `folder`. Raises BrokenKnowledge if any has a fault."""
    articles, faults = check(folder)
    if faults:
        raise BrokenKnowledge(faults)
    return articles


def check(folder: Path) -> tuple[list[Article], list[Fault]]:
    """Return the articles under `folder` that can be read, and every fault found, by file and line.

    A reference such as `[[returns-window]]` in an answer becomes the title of that article.
    """
    reading = read_folder(folder)
    return with_titles(reading.articles), reading.found_faults()


def read_folder(folder: Path) -> Reading:
    """Read all articles under `folder` as they are written, and note every fault."""
    reading = Reading()
    files = article_files(folder)
    for file in files:
        read_file(reading, file)
    if not files:
        reading.faults.append(Fault(str(folder), 1, "no articles: the folder has no .yml file"))
    return reading


def article_files(folder: Path) -> list[Path]:
    """Return the files under `folder` that hold articles, in their order."""
    return sorted(p for p in folder.rglob("*") if p.suffix in {".yml", ".yaml"} and p.is_file())


def read_file(reading: Reading, file: Path) -> None:
    """Add what stands in one file."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reading.faults.append(Fault(str(file), line, f"broken YAML: {error.problem}"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        reading.faults.append(Fault(str(file), 1, f"cannot be read: {reason}"))
    else:
        if root is not None:
            at = At(reading, str(file), root)
            for item in at.items("the file"):
                read_article(item)


def with_titles(articles: Sequence[Article]) -> list[Article]:
    """Put titles in the place of references."""
    titles = {
        (article.id, lang): text.title
        for article in articles
        for lang, text in article.texts.items()
    }
    return [_with_titles(article, titles) for article in articles]


def _with_titles(article: Article, titles: dict[tuple[str, str], str]) -> Article:
    texts = {}
    for lang, text in article.texts.items():

        def title(reference: re.Match[str], lang: str = lang) -> str:
            return titles.get((reference[1], lang), reference[0])

        texts[lang] = replace(text, answer=REFERENCE.sub(title, text.answer))
    return Article.of(
        article.id,
        article.topic,
        article.updated,
        texts,
        next_actions=article.next_actions,
        see=article.see,
    )
