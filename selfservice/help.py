"""The help centre below /help: search and articles, rendered on the server, no script needed."""

import asyncio
from itertools import groupby
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from channels.message import Lang
from channels.pace import Pace
from channels.problem import Problem
from channels.text import clean
from channels.website import preferred
from faq.articles import Article
from faq.engine import FaqEngine
from faq.live import LiveFaq
from selfservice.pages import HelpPages, structured_data

_MOST_RELATED = 5
_LONGEST_QUERY = 500
_UNLISTED = {"X-Robots-Tag": "noindex"}  # pages of results are endless


class Help:
    """What the help pages show."""

    def __init__(self, knowledge: FaqEngine | LiveFaq, pages: HelpPages, searches: Pace) -> None:
        """`searches` limits how many an address may run."""
        self._knowledge = knowledge
        self._pages = pages
        self._searches = searches

    def start(self, lang: Lang) -> Response:
        """Show the search and every article by topic."""
        articles = sorted(self._in(lang), key=attrgetter("topic"))
        topics = [(name, list(group)) for name, group in groupby(articles, attrgetter("topic"))]
        return self._pages.page("start.html", lang, topics=topics, query="")

    async def results(self, query: str, lang: Lang, address: str) -> Response:
        """Show what is known about `query`."""
        asked = clean(query)[:_LONGEST_QUERY]
        try:
            await self._searches.hit(address)
        except Problem as problem:
            return self._pages.page(
                "notice.html", lang, status=problem.status, headers=problem.headers, query=asked,
                title="fast.title", detail="fast.detail", slots=problem.slots,
            )  # fmt: skip
        knowledge = self._knowledge.pinned()  # what it finds it also has
        finding = await asyncio.to_thread(knowledge.search, asked, lang)
        found = [knowledge.article(match.article_id) for match in finding.ranked]
        known = [article for article in found if article is not None and lang in article.texts]
        answer = known[0] if known and finding.decision == "answer" else None
        near = known[: len(finding.choices)] if finding.decision == "clarify" else []
        related = known[1 : 1 + _MOST_RELATED] if answer else []
        return self._pages.page(
            "results.html", lang, headers=_UNLISTED, query=asked,
            answer=answer, near=near, related=related,
        )  # fmt: skip

    def article(self, article_id: str, lang: Lang) -> Response:
        """Show one article."""
        article = self._knowledge.article(article_id)
        if article is None or lang not in article.texts:
            return self._pages.page(
                "notice.html", lang, status=404, headers=_UNLISTED, query="",
                title="missing.title", detail="missing.detail", slots={},
            )  # fmt: skip
        related = [other for other in map(self._knowledge.article, article.see) if other]
        return self._pages.page(
            "article.html", lang, place=f"/{article.id}", query="", article=article,
            related=[other for other in related if lang in other.texts],
            structured=structured_data([article], lang),
        )  # fmt: skip

    def _in(self, lang: Lang) -> list[Article]:
        return [article for article in self._knowledge.articles if lang in article.texts]


def help_router(centre: Help) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/help", include_in_schema=False)

    @router.get("")
    async def choose(request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language"))
        return RedirectResponse(f"/help/{lang}", 302, {"Vary": "Accept-Language"})

    @router.get("/{lang}")
    async def start(
        lang: Lang, request: Request, q: Annotated[str | None, Query()] = None
    ) -> Response:
        if q is None:
            return centre.start(lang)
        return await centre.results(q, lang, request.client.host if request.client else "")

    @router.get("/{lang}/{article_id}")
    async def article(lang: Lang, article_id: str) -> Response:
        return centre.article(article_id, lang)

    return router
