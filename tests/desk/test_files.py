from pathlib import Path
from typing import Any

from conversation.tables import Message
from desk.tables import Agent
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
        _keep(shop.desk.files_dir / said.id)
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
