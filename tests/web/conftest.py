"""A browser, and a stand-in shop for the widget to talk to."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.shop_double import Double, Server
from tests.web.shop_routes import Routes

SYSTEM_CHROMIUM = Path(
    os.environ.get("SAPA_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or Playwright's own where there is none.

    Closed when this folder is done: an open Playwright holds the thread's event loop, and no
    asynchronous test could run beside it.
    """
    expect.set_options(timeout=10_000)
    path = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def shop() -> Iterator[Double]:
    """A fresh stand-in server."""
    double = Double()
    server = Server(double, Routes(double).app())
    server.start()
    yield double
    server.stop()


@pytest.fixture
def page(chromium: Browser, shop: Double) -> Iterator[Page]:
    """A page with the widget, failing the test on any script error."""
    context = chromium.new_context(viewport={"width": 390, "height": 780}, locale="id-ID")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(10_000)
    page.goto(shop.url)
    yield page
    context.close()
    assert errors == []
