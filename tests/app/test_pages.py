import base64
import hashlib
import json

import httpx
import pytest
from fastapi import FastAPI

from app.pages import add_pages
from settings import PROJECT_DIR

STYLE = "/web/shop/shop.css"
NAMING = ("chat", "talk")  # the parts that fetch others
WIDGET = PROJECT_DIR / "web" / "widget"


@pytest.fixture
def browser() -> httpx.AsyncClient:
    app = FastAPI()
    add_pages(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


async def test_a_script_travels_compressed_and_arrives_whole(browser: httpx.AsyncClient) -> None:
    response = await browser.get(STYLE, headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content == (PROJECT_DIR / "web/shop/shop.css").read_bytes()


async def test_a_browser_without_gzip_gets_the_file_as_it_is(browser: httpx.AsyncClient) -> None:
    response = await browser.get(STYLE, headers={"Accept-Encoding": "identity"})

    assert "Content-Encoding" not in response.headers
    assert response.content == (PROJECT_DIR / "web/shop/shop.css").read_bytes()


async def test_a_file_is_asked_for_again_and_sent_only_when_it_changed(
    browser: httpx.AsyncClient,
) -> None:
    first = await browser.get(STYLE)
    again = await browser.get(STYLE, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304
    assert again.content == b""


async def test_a_file_named_by_its_content_is_kept_for_ever(browser: httpx.AsyncClient) -> None:
    manifest = json.loads((WIDGET / "dist" / "manifest.json").read_text("utf-8"))
    kept = {
        name: (await browser.get(f"/web/widget/{about['file']}")).headers["Cache-Control"]
        for name, about in manifest.items()
    }
    for_ever = "public, max-age=31536000, immutable"

    assert kept.pop("loader") == "no-cache"
    assert kept == dict.fromkeys(kept, for_ever)


async def test_every_part_has_the_digest_that_its_loader_asks_for() -> None:
    manifest = json.loads((WIDGET / "dist" / "manifest.json").read_text("utf-8"))
    loader = (WIDGET / "dist" / "loader.js").read_text("utf-8")
    parts = [(WIDGET / "dist" / manifest[name]["file"]).read_text("utf-8") for name in NAMING]

    for name, about in manifest.items():
        content = (WIDGET / "dist" / about["file"]).read_bytes()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert about["integrity"] == f"sha256-{digest}"
        assert name == "loader" or about["integrity"] in (
            loader if name == "chat" else "".join(parts)
        )


@pytest.mark.parametrize(
    "path",
    [
        "/web/console/templates/base.html",
        "/web/widget/../../settings.py",
        "/web/widget/build.js",
        "/web/none.js",
    ],
)
async def test_what_is_not_for_browsers_is_not_there(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404
