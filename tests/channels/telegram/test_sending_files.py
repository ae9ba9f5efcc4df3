import httpx
import pytest

from tests.channels.pictures import JPEG, PDF, PNG
from tests.channels.telegram.conftest import Shop
from tests.channels.telegram.double import Refused
from tests.channels.telegram.payloads import BUDI, text


async def _begun(shop: Shop) -> None:
    await shop.receives(text("fotonya mana?"))
    await shop.answers()
    shop.double.sent.clear()


async def test_a_picture_goes_along_with_its_words_and_is_shown(shop: Shop) -> None:
    await _begun(shop)

    await shop.encloses(JPEG, "blender.jpg", "Ini **fotonya**, Kak.")

    (sent,) = shop.double.sent
    assert (sent["chat_id"], sent["photo"]) == (BUDI, ("blender.jpeg", "image/jpeg", JPEG))
    assert (sent["caption"], sent["caption_entities"]) == (
        "Ini fotonya, Kak.",
        [{"type": "bold", "offset": 4, "length": 7}],
    )
    assert (await shop.items())[-1] == ("sent", None)


async def test_a_document_keeps_its_name(shop: Shop) -> None:
    await _begun(shop)

    await shop.encloses(PDF, "Faktur é.pdf")

    assert [one["document"] for one in shop.double.sent] == [
        ("Faktur é.pdf", "application/pdf", PDF)
    ]


async def test_a_picture_that_telegram_cannot_show_is_sent_to_be_saved(shop: Shop) -> None:
    await _begun(shop)
    shop.double.odd_photos.add(PNG)

    await shop.encloses(PNG, "a.png", "Ini, Kak.")

    (sent,) = shop.double.sent
    assert (sent["document"], sent["caption"]) == (("a.png", "image/png", PNG), "Ini, Kak.")


async def test_words_that_are_too_long_for_a_caption_follow_the_file(shop: Shop) -> None:
    await _begun(shop)
    words = ("Kalimat. " * 150).strip()

    await shop.encloses(PNG, "a.png", words)

    assert shop.double.texts == ["", words]


@pytest.mark.parametrize(
    "fault",
    [
        Refused(429, "Too Many Requests: retry after 3", retry_after=3),
        httpx.ConnectError("down"),
        httpx.Response(502, text="bad gateway"),
    ],
)
async def test_a_file_that_did_not_get_through_is_sent_again(
    shop: Shop, fault: Refused | httpx.Response | Exception
) -> None:
    await _begun(shop)
    shop.double.faults.append(fault)

    await shop.encloses(JPEG, "a.jpg")
    assert (shop.double.sent, (await shop.items())[-1][0]) == ([], "pending")
    await shop.later()
    await shop.sends()

    assert len(shop.double.sent) == 1
    assert (await shop.items())[-1][0] == "sent"


async def test_a_customer_who_blocked_the_bot_gets_no_file_either(shop: Shop) -> None:
    await _begun(shop)
    shop.double.blocked_by.add(BUDI)

    await shop.encloses(JPEG, "a.jpg")

    assert (await shop.items())[-1] == (
        "dead",
        "Telegram 403: Forbidden: bot was blocked by the user",
    )
    assert shop.double.sent == []
