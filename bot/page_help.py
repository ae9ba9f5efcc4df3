"""What the assistant offers who looks at a page of the shop: bot/content/pages.yml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.speech import BrokenTemplates, Templates
from channels.message import Choice, Lang, Reply
from faq.articles import Article

_FILE = Path(__file__).parent / "content" / "pages.yml"


@dataclass(frozen=True, slots=True)
class _Help:
    template: str
    articles: tuple[str, ...]
    choices: tuple[str, ...]


class PageHelp:
    """Says it in the visitor's language, with the articles' titles as choices."""

    def __init__(
        self,
        pages: Mapping[str, _Help],
        templates: Templates,
        article: Callable[[str], Article | None],
    ) -> None:
        self._pages = pages
        self._templates = templates
        self._article = article

    @classmethod
    def load(
        cls,
        templates: Templates,
        article: Callable[[str], Article | None],
        file: Path = _FILE,
    ) -> "PageHelp":
        """Read and check the file. Raises BrokenTemplates."""
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        pages = {
            kind: _Help(page["template"], tuple(page["articles"]), tuple(page["choices"]))
            for kind, page in content.items()
        }
        unknown = sorted(page.template for page in pages.values() if page.template not in templates)
        if unknown:
            raise BrokenTemplates(f"{file}: there is no template {', '.join(unknown)}")
        for page in pages.values():
            for choice in page.choices:
                templates.label(choice, "id")
        return cls(pages, templates, article)

    def offer(self, kind: str, lang: Lang) -> Reply | None:
        """Give what is said about a kind of page; an article that is gone is not proposed."""
        page = self._pages.get(kind)
        if page is None:
            return None
        articles = [found for name in page.articles if (found := self._article(name))]
        choices = [Choice(f"faq:{one.id}", one.texts[lang].title) for one in articles]
        choices += [self._templates.label(choice, lang) for choice in page.choices]
        return self._templates.reply(page.template, lang, choices=choices)
