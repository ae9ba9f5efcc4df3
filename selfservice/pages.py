"""The help centre's HTML; answers are the shop's Markdown, everything else is escaped."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from channels.message import Lang
from desk.pages import templates_in
from desk.words import Words
from faq.articles import Article
from language.clock import CLOCK
from settings import PROJECT_DIR

_TEMPLATES = PROJECT_DIR / "web" / "help" / "templates"
_WORDS = Path(__file__).parent / "content" / "help.yml"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
        "form-action 'self'; frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",  # the query is somebody's question
    "X-Content-Type-Options": "nosniff",
}
# Without raw HTML its output is safe, and it links to no javascript: address.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


class HelpPages:
    """Renders the pages of the help centre."""

    def __init__(
        self,
        words: Words,
        assistant: str,
        site: str,
        public_url: str = "",
        templates: Path = _TEMPLATES,
    ) -> None:
        """Name the assistant `assistant`; its widget belongs to `site`, a site key.

        `public_url` is where search engines find the pages; empty: they are told a path only.
        """
        self._words = words
        self._assistant = assistant
        self._site = site
        self._base = public_url
        self._templates = templates_in(templates)

    @classmethod
    def load(cls, assistant: str, site: str, public_url: str = "") -> "HelpPages":
        """Read the words."""
        return cls(Words.load(_WORDS), assistant, site, public_url)

    def page(
        self,
        template: str,
        lang: Lang,
        *,
        place: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> HTMLResponse:
        """Render `template` for the page at `place` below /help/{lang}."""

        def say(key: str, **slots: object) -> str:
            return self._words.say(key, lang, assistant=self._assistant, **slots)

        html = self._templates.get_template(template).render(
            say=say,
            lang=lang,
            other="en" if lang == "id" else "id",
            other_language=self._words.say("language", "en" if lang == "id" else "id"),
            place=place,
            site=self._site,
            base=self._base,
            topic=lambda name: self._words.say_or(f"topic.{name}", lang, name.capitalize()),
            day=lambda at: day(at, lang),
            markdown=markdown,
            **context,
        )
        return HTMLResponse(html, status, {**_HEADERS, "Content-Language": lang, **(headers or {})})


def moment(at: datetime, lang: Lang, zone: ZoneInfo, *, clock: bool = True) -> str:
    """Write a moment in words, in the shop's time zone; without its `clock` only the day."""
    time = f", {CLOCK[lang]}" if clock else ""
    return format_datetime(at, f"EEEE, d MMMM y{time}", tzinfo=zone, locale=lang)


def markdown(text: str) -> Markup:
    """Render the Markdown of an approved answer."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - see _MARKDOWN


def day(at: date, lang: Lang) -> str:
    """Write a date in words."""
    return format_date(at, "d MMMM y", locale=lang)


def structured_data(articles: Sequence[Article], lang: Lang) -> Markup:
    """Describe articles for search engines (schema.org FAQPage, as JSON-LD in a script element)."""
    entries = [
        {
            "@type": "Question",
            "name": article.texts[lang].title,
            "acceptedAnswer": {
                "@type": "Answer",
                "text": str(markdown(article.texts[lang].answer)).strip(),
            },
        }
        for article in articles
    ]
    data = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": lang,
        "mainEntity": entries,
    }
    # Escaped, because "</script>" in a text would end the element.
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(written)  # noqa: S704
