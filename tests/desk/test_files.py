from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.file import LARGEST_IMAGE
from conversation.tables import Message
from desk.tables import Agent
from tests.channels.pictures import JPEG, PNG
from tests.desk.conftest import Shop

PDF = b"%PDF-1.7 struk"


def _keep(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PDF)


async def _with_file(shop: Shop, owner: Agent, **file: Any) -> tuple[str, str]:
    """Give a conversation whose customer sent a file, and the address of it."""
    conversation = await shop.conversation("[Dokumen: struk.pdf]", state="csr", owner=owner)
    attachment = {"kind": "document", "name": "struk.pdf", "caption": "", "file": file}
    (said,) = await shop.messages(conversation)
    async with shop.database.write() as session:
        message = await session.get_one(Message, said.id)
        message.data = {"attachment": attachment}
    if "mime" in file:
        _keep(shop.desk.kept.folder / said.id)
    return conversation, f"/api/console/conversations/{conversation}/files/1"


async def test_a_file_is_saved_under_its_name_and_never_shown_in_place(
    shop: Shop, sari: Agent
) -> None:
    conversation, address = await _with_file(shop, sari, mime="application/pdf", size=len(PDF))
    browser = await shop.browser(sari)

    answer = await browser.get(address)

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-disposition"] == 'attachment; filename="struk.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert address in (await browser.get(f"/console/conversations/{conversation}")).text


async def test_a_file_is_for_those_who_may_read_the_conversation(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    _, address = await _with_file(shop, sari, mime="application/pdf", size=len(PDF))

    assert (await (await shop.browser(budi)).get(address)).status_code == 403
    assert (await shop.client().get(address)).status_code == 401


async def test_a_file_that_was_refused_says_so_and_is_not_there(shop: Shop, sari: Agent) -> None:
    conversation, address = await _with_file(shop, sari, refused="too large")
    browser = await shop.browser(sari)

    page = (await browser.get(f"/console/conversations/{conversation}")).text
    assert "File not fetched (too large)" in page
    for seq in ("1", "2", "0", "99999999999"):
        assert (await browser.get(address[:-1] + seq)).status_code in (404, 422)


async def _posts(
    browser: httpx.AsyncClient,
    conversation: str,
    content: bytes,
    text: str = "",
    client_id: str = "1",
    name: str = "foto.jpg",
) -> httpx.Response:
    return await browser.post(
        f"/api/console/conversations/{conversation}/files",
        files={"file": (name, content)},
        data={"client_id": client_id, "text": text},
    )


async def test_a_csr_sends_a_picture_with_words_and_finds_it_in_the_conversation(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("fotonya?", state="csr", owner=sari)
    browser = await shop.browser(sari)

    answer = await _posts(browser, conversation, JPEG, "Ini, Kak.")

    said = (await shop.messages(conversation))[-1]
    assert (answer.status_code, answer.json()) == (201, {"id": said.id, "seq": 2})
    assert (said.author, said.name, said.text) == ("csr", "Sari", "[Foto] Ini, Kak.")
    assert said.data["attachment"] == {
        "kind": "image",
        "name": "foto.jpeg",
        "caption": "Ini, Kak.",
        "file": {"mime": "image/jpeg", "size": len(JPEG)},
    }
    address = f"/api/console/conversations/{conversation}/files/2"
    assert address in (await browser.get(f"/console/conversations/{conversation}")).text
    assert (await browser.get(address)).content == JPEG


async def test_the_same_file_sent_twice_is_said_and_kept_once(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("fotonya?", state="csr", owner=sari)
    browser = await shop.browser(sari)

    first, again = [await _posts(browser, conversation, JPEG) for _ in range(2)]

    assert (again.status_code, again.json()) == (201, first.json())
    assert [path.name for path in shop.desk.kept.folder.iterdir()] == [first.json()["id"]]
    assert len(await shop.messages(conversation)) == 2


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "This file is empty."),
        (b"MZ program", "Only JPEG or PNG pictures, and PDF. This file is something else."),
        (JPEG + b"x" * LARGEST_IMAGE, "Too large: pictures may have 5 MB, PDF 16 MB."),
    ],
)
async def test_a_file_that_customers_could_not_see_is_refused_with_the_reason(
    shop: Shop, sari: Agent, content: bytes, detail: str
) -> None:
    conversation = await shop.conversation("fotonya?", state="csr", owner=sari)

    answer = await _posts(await shop.browser(sari), conversation, content)

    assert (answer.status_code, answer.json()["detail"]) == (422, detail)
    assert len(await shop.messages(conversation)) == 1
    assert not shop.desk.kept.folder.exists()


async def test_who_does_not_have_the_conversation_sends_no_file_and_leaves_none_behind(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    conversation = await shop.conversation("fotonya?", state="csr", owner=sari)

    assert (await _posts(await shop.browser(budi), conversation, PNG)).status_code == 409
    assert (await _posts(await shop.browser(sari), "unknown", PNG)).status_code == 404
    assert (await _posts(shop.client(), conversation, PNG)).status_code == 401
    assert (
        await _posts(await shop.browser(sari), conversation, PNG, "x" * 5000)
    ).status_code == 422
    assert (
        await _posts(await shop.browser(sari), conversation, PNG, client_id="")
    ).status_code == 422
    assert len(await shop.messages(conversation)) == 1
    assert [*shop.desk.kept.folder.glob("*")] == []


async def test_a_request_that_is_far_too_large_is_not_read_to_its_end(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("fotonya?", state="csr", owner=sari)

    answer = await _posts(await shop.browser(sari), conversation, b"%PDF-" + b"x" * 17_000_000)

    assert answer.status_code == 413
    assert len(await shop.messages(conversation)) == 1
