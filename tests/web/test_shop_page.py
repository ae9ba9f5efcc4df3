"""The demo shop's page: true to the catalogue, at home on every screen."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.web.shop_double import Double

pytestmark = pytest.mark.chromium

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def storefront(page: Page, shop: Double) -> Page:
    page.goto(f"{shop.url}/shop")
    return page


def catalogue() -> dict[str, int]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "db/sample/catalogue.yml").read_text("utf-8"))
    products = [product for category in content.values() for product in category["products"]]
    return {product["name"]["id"]: product["price_idr"] for product in products}


def test_every_product_has_the_price_of_the_catalogue(storefront: Page) -> None:
    names = storefront.locator(".product h3").all_inner_texts()
    prices = storefront.locator(".product .price").all_inner_texts()
    shown = [int(re.sub(r"\D", "", price)) for price in prices]
    assert len(names) == 12
    assert shown == [catalogue().get(name) for name in names]


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_the_page_never_scrolls_sideways(chromium: Browser, shop: Double, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 720})
    page.goto(f"{shop.url}/shop")
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.close()
    assert too_wide <= 0


def test_the_known_order_waits_in_the_chat_to_be_sent(storefront: Page) -> None:
    storefront.get_by_role("button", name="Lacak pesanan").click()
    box = storefront.get_by_role("textbox", name="Pesan Anda")
    expect(box).to_have_value("Pesanan TL-261118-0042 sampai mana?")
    expect(box).to_be_focused()


def test_search_and_categories_narrow_the_products(storefront: Page) -> None:
    storefront.get_by_role("searchbox").fill("mutiara")
    expect(storefront.locator(".product:visible")).to_have_count(2)
    expect(storefront.get_by_text("2 produk cocok")).to_be_visible()
    storefront.get_by_role("button", name="Tas", exact=True).click()
    expect(storefront.get_by_role("searchbox")).to_have_value("Tas")
    storefront.get_by_role("searchbox").fill("kapal selam")
    expect(storefront.locator(".product:visible")).to_have_count(0)
    expect(storefront.get_by_text("Coba tanya Nara")).to_be_visible()
