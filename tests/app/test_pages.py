import httpx
import pytest
from fastapi import FastAPI

from app.pages import add_pages
from settings import PROJECT_DIR

STYLE = "/web/widget/widget.css"


@pytest.fixture
def browser() -> httpx.AsyncClient:
    app = FastAPI()
    add_pages(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


async def test_a_script_travels_compressed_and_arrives_whole(browser: httpx.AsyncClient) -> None:
    response = await browser.get(STYLE, headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content == (PROJECT_DIR / "web/widget/widget.css").read_bytes()


async def test_a_browser_without_gzip_gets_the_file_as_it_is(browser: httpx.AsyncClient) -> None:
    response = await browser.get(STYLE, headers={"Accept-Encoding": "identity"})

    assert "Content-Encoding" not in response.headers
    assert response.content == (PROJECT_DIR / "web/widget/widget.css").read_bytes()


async def test_a_file_is_asked_for_again_and_sent_only_when_it_changed(
    browser: httpx.AsyncClient,
) -> None:
    first = await browser.get(STYLE)
    again = await browser.get(STYLE, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path", ["/web/console/templates/base.html", "/web/widget/../../settings.py", "/web/none.js"]
)
async def test_what_is_not_for_browsers_is_not_there(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404
