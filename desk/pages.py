"""The console's HTML: templates of web/console with the words of the desk, everything escaped."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from channels.message import Lang
from crm.ticket_kinds import TicketKinds, UnknownCategory
from db.base import now
from desk.words import Words
from language.clock import CLOCK
from settings import PROJECT_DIR

_TEMPLATES = PROJECT_DIR / "web" / "console" / "templates"
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_MINUTE, _HOUR = 60, 3600
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",  # customers' words do not belong in a browser's cache
    "Referrer-Policy": "no-referrer",
    "Vary": "HX-Request, Cookie",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """Renders templates for agents."""

    def __init__(
        self,
        words: Words,
        timezone: str,
        limits: Mapping[str, int],
        templates: Path = _TEMPLATES,
    ) -> None:
        """Times are shown in `timezone`, an IANA name; `limits` of files in MB, by their kind."""
        self._limits = limits
        self._words = words
        self._zone = ZoneInfo(timezone)
        self._kinds = TicketKinds.load()
        self._templates = templates_in(templates)

    def html(self, template: str, lang: Lang, **context: object) -> str:
        """Render `template` in `lang`."""

        def say(key: str, **slots: object) -> str:
            return self._words.say(key, lang, **slots)

        def say_or(key: str, otherwise: str) -> str:
            return self._words.say_or(key, lang, otherwise)

        return self._templates.get_template(template).render(
            say=say,
            say_or=say_or,
            lang=lang,
            other_lang="en" if lang == "id" else "id",
            clock=lambda at: format_time(at, CLOCK[lang], tzinfo=self._zone, locale=lang),
            clock_s=lambda at: format_time(
                at, f"{CLOCK[lang]}{CLOCK[lang][2]}ss", tzinfo=self._zone, locale=lang
            ),
            moment=lambda at: self.moment(at, lang),
            day=lambda at: format_date(at.astimezone(self._zone), "d MMM y", locale=lang),
            since=lambda at: self.span(int((now() - at).total_seconds()), lang),
            span=lambda seconds: self.span(seconds, lang),
            rupiah=rupiah,
            bold=bold,
            visitor=lambda identity: self._words.say("queue.anonymous", lang, tag=identity[:4]),
            ticket_kind=lambda category: self._ticket_kind(category, lang),
            texts_for_script=lambda: json.dumps(self._for_script(lang)),
            limits=self._limits,
            **context,
        )

    def page(
        self,
        template: str,
        lang: Lang,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> HTMLResponse:
        """Render `template` as an answer."""
        return HTMLResponse(
            self.html(template, lang, **context), status, {**_HEADERS, **(headers or {})}
        )

    def refusal(
        self,
        request: Request,
        *,
        key: str,
        detail: str,
        status: int,
        lang: Lang,
        headers: Mapping[str, str],
    ) -> HTMLResponse:
        """Say why a page is not shown: the login where that helps, else the reason."""
        logs_in = key == "login-needed" and not is_part(request)
        template = "login.html" if logs_in else "refused.html"
        return self.page(
            template, lang, status, headers, detail=detail, part=is_part(request), agent=None
        )

    def moment(self, at: datetime, lang: Lang) -> str:
        """Write a moment in the shop's zone: "18 Nov 12.00"."""
        pattern = f"d MMM {CLOCK[lang]}"
        return str(format_datetime(at, pattern, tzinfo=self._zone, locale=lang))

    def span(self, seconds: int, lang: Lang) -> str:
        """Write a duration as a person would: "3 mnt", "1 j 20 mnt"."""
        if seconds < _MINUTE:
            return self._words.say("span.now", lang)
        if seconds < _HOUR:
            return self._words.say("span.minutes", lang, minutes=seconds // _MINUTE)
        hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
        if hours >= 24:  # noqa: PLR2004 - hours of a day
            return self._words.say("span.days", lang, days=hours // 24)
        return self._words.say("span.hours", lang, hours=hours, minutes=minutes)

    def _ticket_kind(self, category: str, lang: Lang) -> str:
        try:
            return self._kinds.name(category, lang)
        except UnknownCategory:
            return category

    def _for_script(self, lang: Lang) -> dict[str, str]:
        return {
            key.removeprefix("script."): texts[lang]  # slots are filled in the browser
            for key, texts in self._words.texts.items()
            if key.startswith("script.")
        }


def templates_in(folder: Path) -> Environment:
    """Open a folder of HTML templates, which escape what they show and name every gap."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rupiah(amount: int) -> str:
    """Write an amount as shops in Indonesia do: Rp1.250.000."""
    return f"Rp{amount:,}".replace(",", ".")


def bold(text: str) -> Markup:
    """Show **this** of an approved text in bold; everything else is escaped."""
    return Markup(_BOLD.sub(r"<strong>\1</strong>", str(escape(text))))  # noqa: S704 - escaped first


def is_part(request: Request) -> bool:
    """Whether htmx asks for a piece of the page that is already there."""
    return request.headers.get("hx-request") == "true"
