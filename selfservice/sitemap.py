"""What search engines are told: which pages there are in both languages, and which are private."""

from typing import get_args
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from channels.message import Lang
from faq.engine import FaqEngine
from faq.live import LiveFaq

_LANGS: tuple[Lang, ...] = get_args(Lang)
_DOORS = ("", "/order", "/ticket", "/account")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_CACHED = {"Cache-Control": "public, max-age=3600"}
_ROBOTS = """\
User-agent: *
Disallow: /console
Disallow: /api/
Disallow: /help/id?
Disallow: /help/en?

Sitemap: {base}/sitemap.xml
"""


def sitemap_router(knowledge: FaqEngine | LiveFaq, public_url: str) -> APIRouter:
    """Build /robots.txt and /sitemap.xml; `public_url` is where the pages are reached."""
    router = APIRouter(include_in_schema=False)

    def base(request: Request) -> str:
        return public_url or str(request.base_url).rstrip("/")

    @router.get("/robots.txt")
    async def robots(request: Request) -> Response:
        return PlainTextResponse(_ROBOTS.format(base=base(request)), headers=_CACHED)

    @router.get("/sitemap.xml")
    async def sitemap(request: Request) -> Response:
        at = base(request)
        pages = [_entry(at, place, list(_LANGS)) for place in _DOORS]
        for article in knowledge.articles:
            langs = [lang for lang in _LANGS if lang in article.texts]
            pages.append(_entry(at, f"/{article.id}", langs, f"{article.updated:%Y-%m-%d}"))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="{_SITEMAP}" xmlns:xhtml="{_XHTML}">\n{"".join(pages)}</urlset>\n'
        )
        return Response(body, media_type="application/xml", headers=_CACHED)

    return router


def _entry(base: str, place: str, langs: list[Lang], changed: str = "") -> str:
    """Name a page in each language, with the others beside it."""
    found = {lang: escape(f"{base}/help/{lang}{place}", {'"': "&quot;"}) for lang in langs}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{lang}" href="{url}"/>'
        for lang, url in found.items()
    )
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    return "".join(f"<url><loc>{url}</loc>{when}{others}</url>\n" for url in found.values())
