"""Files that a person sends: seen, saved, and gone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.channels.pictures import PDF, PNG
from tests.web.shop_double import Double
from tests.web.visitor import open_chat

pytestmark = pytest.mark.chromium


def _sends(shop: Double, kind: str, name: str, content: bytes | None, caption: str = "") -> None:
    """Let Sari send a file; None for one that is no longer kept."""
    number = len(shop.conversation.messages) + 1
    if content is not None:
        shop.files[number] = content
    about: dict[str, Any] = {"kind": kind, "name": name, "caption": caption}
    about["file"] = {"mime": "x/y", "size": len(content or b"x")}
    words = f"[Foto] {caption}"
    shop.say(words, author="csr", name="Sari", data={"attachment": about})


def test_a_picture_is_shown_with_its_words_and_can_be_saved(
    page: Page, shop: Double, tmp_path: Path
) -> None:
    open_chat(page, shop)

    _sends(shop, "image", "blender.png", PNG, "Ini **fotonya**, Kak.")

    expect(page.get_by_role("img", name="Gambar dari Sari")).to_be_visible()
    assert (
        page.evaluate(
            "document.querySelector('sapa-chat').shadowRoot.querySelector('img').naturalWidth"
        )
        == 1
    )
    expect(page.locator(".csr .words")).to_have_text("Ini fotonya, Kak.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Simpan blender.png (1 KB)").press("Enter")
    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "blender.png"
    assert (tmp_path / "saved").read_bytes() == PNG


def test_a_document_needs_no_words(page: Page, shop: Double, tmp_path: Path) -> None:
    open_chat(page, shop)

    _sends(shop, "document", "Faktur <TL>.pdf", PDF)

    with page.expect_download() as download:
        page.get_by_role("button", name="Simpan Faktur <TL>.pdf (1 KB)").click()
    download.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == PDF
    expect(page.locator(".csr .words")).to_have_count(0)
    expect(page.locator(".csr img")).to_have_count(0)


def test_a_file_that_is_gone_says_so_and_the_talk_goes_on(page: Page, shop: Double) -> None:
    open_chat(page, shop)

    _sends(shop, "image", "lama.png", None, "Ini fotonya.")
    page.get_by_role("button", name="Simpan lama.png").click()

    expect(page.locator(".file .fine")).to_have_text("Berkas ini tidak ada.")
    expect(page.get_by_role("status")).to_have_text("Berkas ini tidak ada.")
    expect(page.locator(".csr img")).to_have_count(0)
    expect(page.locator(".csr .words")).to_have_text("Ini fotonya.")
