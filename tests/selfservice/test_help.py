"""The help centre as a browser without scripts and a search engine see it."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from faq.engine import FaqEngine

ALL_TOPICS = 10


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def links(html: str) -> Iterator[str]:
    parser = _Links()
    parser.feed(html)
    yield from parser.found


async def test_a_browser_is_led_to_its_language(browser: httpx.AsyncClient) -> None:
    indonesian = await browser.get("/help")
    english = await browser.get("/help", headers={"Accept-Language": "en-GB,id;q=0.5"})

    assert indonesian.headers["Location"] == "/help/id"
    assert english.headers["Location"] == "/help/en"


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_article_can_be_reached_from_the_start(
    browser: httpx.AsyncClient, knowledge: FaqEngine, lang: str
) -> None:
    page = await browser.get(f"/help/{lang}")

    assert page.text.count("<h3") == ALL_TOPICS
    assert set(links(page.text)) >= {f"/help/{lang}/{one.id}" for one in knowledge.articles}


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_no_link_of_an_article_leads_nowhere(
    browser: httpx.AsyncClient, knowledge: FaqEngine, lang: str
) -> None:
    targets = set()
    for article in knowledge.articles:
        targets |= set(links((await browser.get(f"/help/{lang}/{article.id}")).text))
    pages = {target for target in targets if target.startswith("/help/")}

    assert {target: (await browser.get(target)).status_code for target in pages} == dict.fromkeys(
        pages, 200
    )


async def test_a_question_is_answered_in_the_language_of_the_page(
    browser: httpx.AsyncClient, knowledge: FaqEngine
) -> None:
    indonesian = await browser.get("/help/id", params={"q": "batas retur berapa hari"})
    english = await browser.get("/help/en", params={"q": "how many days for a return?"})

    assert "14 hari</strong> setelah diterima" in indonesian.text
    assert "14 days</strong> after you receive it" in english.text
    assert 'value="how many days for a return?"' in english.text


@pytest.mark.parametrize("query", ["siapa presiden pertama Indonesia", "🙂🙂", "?!", "a" * 5000])
async def test_what_nobody_wrote_an_article_about_gets_no_article(
    browser: httpx.AsyncClient, query: str
) -> None:
    page = await browser.get("/help/id", params={"q": query})

    assert page.status_code == 200
    assert '<article class="answer">' not in page.text
    assert "Belum ada jawaban yang pas" in page.text


async def test_an_empty_search_asks_for_a_question(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/help/en", params={"q": "  "})

    assert page.status_code == 200
    assert "Please write a question first." in page.text


async def test_what_is_typed_stays_text(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/help/id", params={"q": '"><script>alert(1)</script>\x00'})

    assert "<script>alert" not in page.text
    assert "\x00" not in page.text


async def test_a_search_engine_reads_the_article_and_not_the_results(
    browser: httpx.AsyncClient,
) -> None:
    article = await browser.get("/help/en/returns-window")
    written = re.search(r'<script type="application/ld\+json">(.*?)</script>', article.text, re.S)
    assert written is not None
    data = json.loads(written[1])
    results = await browser.get("/help/en", params={"q": "return"})

    assert [entry["name"] for entry in data["mainEntity"]] == ["Return period"]
    assert data["@type"] == "FAQPage"
    assert "14 days" in data["mainEntity"][0]["acceptedAnswer"]["text"]
    assert 'hreflang="id" href="/help/id/returns-window"' in article.text
    assert results.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("path", ["/help/id/no-such-article", "/help/id/%00", "/help/id/__class__"])
async def test_a_page_that_does_not_exist_offers_the_search(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = await browser.get(path)

    assert page.status_code == 404
    assert "Halaman bantuan ini tidak ada" in page.text
    assert 'role="search"' in page.text


async def test_searching_too_fast_is_told_when_to_go_on(browser: httpx.AsyncClient) -> None:
    pages = [await browser.get("/help/id", params={"q": "retur"}) for _ in range(6)]

    assert [page.status_code for page in pages] == [200] * 5 + [429]
    assert f"dalam {pages[-1].headers['Retry-After']} detik" in pages[-1].text
