"""What a search engine is told about the pages."""

from xml.etree import ElementTree as ET

import httpx

from faq.engine import FaqEngine

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


async def test_every_article_is_named_in_both_languages_and_its_page_is_there(
    browser: httpx.AsyncClient, knowledge: FaqEngine
) -> None:
    found = ET.fromstring((await browser.get("/sitemap.xml")).text)  # noqa: S314 - ours
    urls = [str(one.text) for one in found.findall("s:url/s:loc", NAMES)]
    first = found.findall("s:url", NAMES)[-1]

    assert len(urls) == len(set(urls)) == 2 * (len(knowledge.articles) + 4)
    assert all(url.startswith("https://help.example.com/help/") for url in urls)
    assert [one.get("hreflang") for one in first.findall("x:link", NAMES)] == ["id", "en"]
    articles = [url.removeprefix("https://help.example.com") for url in urls if url.count("/") == 5]
    served = [await browser.get(path) for path in articles[8:20]]
    assert {page.status_code for page in served} == {200}


async def test_robots_are_kept_out_of_results_and_the_console(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/robots.txt")).text

    assert "Disallow: /console\n" in text
    assert "Disallow: /help/id?\n" in text
    assert text.endswith("Sitemap: https://help.example.com/sitemap.xml\n")
