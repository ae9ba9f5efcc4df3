from datetime import timedelta

import httpx
import pytest

from tests.channels.pictures import JPEG, PDF, PNG
from tests.channels.whatsapp.conftest import Shop
from tests.channels.whatsapp.payloads import text


async def _begun(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "fotonya mana?"))
    await shop.answers()
    shop.double.sent.clear()


async def test_a_picture_goes_to_meta_first_and_then_to_the_customer_by_its_id(shop: Shop) -> None:
    await _begun(shop)

    await shop.encloses(JPEG, "blender.jpg", "Ini **fotonya**, Kak.")

    (sent,) = shop.double.sent
    assert shop.double.uploads == [("blender.jpeg", "image/jpeg", JPEG)]
    assert sent["image"] == {"id": "media1", "caption": "Ini *fotonya*, Kak."}
    assert (await shop.items())[-1] == ("sent", None)


async def test_a_document_keeps_its_name(shop: Shop) -> None:
    await _begun(shop)

    await shop.encloses(PDF, "Faktur TL-1.pdf")

    (sent,) = shop.double.sent
    assert sent["document"] == {"id": "media1", "filename": "Faktur TL-1.pdf"}


async def test_words_that_are_too_long_for_a_caption_follow_the_file(shop: Shop) -> None:
    await _begun(shop)
    words = "Kalimat. " * 150

    await shop.encloses(PNG, "a.png", words.strip())

    assert [message["type"] for message in shop.double.sent] == ["image", "text"]
    assert shop.double.texts == ["", words.strip()]
    assert len(shop.double.uploads) == 1


@pytest.mark.parametrize(
    "fault",
    [httpx.ReadTimeout("slow"), httpx.ConnectError("down"), httpx.Response(200, json={}), 2],
)
async def test_a_file_that_did_not_get_to_meta_is_given_again_and_sent_once(
    shop: Shop, fault: int | httpx.Response | Exception
) -> None:
    await _begun(shop)
    shop.double.upload_faults.append(fault)

    await shop.encloses(JPEG, "a.jpg")
    assert (shop.double.sent, (await shop.items())[-1][0]) == ([], "pending")
    await shop.later()
    await shop.sends()

    assert [message["image"]["id"] for message in shop.double.sent] == ["media1"]
    assert (await shop.items())[-1][0] == "sent"


async def test_a_file_that_meta_does_not_want_is_a_failure_with_its_reason(shop: Shop) -> None:
    await _begun(shop)
    shop.double.upload_faults.append(100)

    await shop.encloses(JPEG, "a.jpg")

    assert (await shop.items())[-1] == ("dead", "Meta 100: (#100)")
    assert shop.double.sent == []


async def test_a_file_waits_for_the_customer_while_the_window_is_shut(shop: Shop) -> None:
    await _begun(shop)
    shop.moment.ahead = timedelta(hours=25)

    await shop.encloses(JPEG, "a.jpg", "Ini, Kak.")
    assert (shop.double.texts, shop.double.uploads) == (["template reply_please id"], [])
    assert (await shop.items())[-1][0] == "held"
    shop.moment.ahead = timedelta()
    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()

    assert shop.double.texts[1] == "Ini, Kak."
    assert len(shop.double.uploads) == 1


async def test_a_file_that_was_deleted_meanwhile_is_a_failure_with_its_reason(shop: Shop) -> None:
    await _begun(shop)
    shop.double.upload_faults.append(httpx.ConnectError("down"))
    await shop.encloses(JPEG, "a.jpg")
    for path in shop.kept.folder.iterdir():
        path.unlink()

    await shop.later()
    await shop.sends()

    assert (await shop.items())[-1] == ("dead", "file not kept any more")
