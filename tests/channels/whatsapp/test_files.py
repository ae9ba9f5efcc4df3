from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channels.whatsapp.cloud_api import CloudApi
from conversation.files import FileIntake
from conversation.inbox import Inbox
from conversation.kept_files import KeptFiles
from conversation.tables import InboxEvent, Message
from tests.channels.whatsapp.conftest import Shop
from tests.channels.whatsapp.double import TOKEN
from tests.channels.whatsapp.payloads import NUMBER, message

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 1000
VOICE = b"OggS" + b"v" * 1000


@pytest.fixture
def files(shop: Shop, inbox: Inbox, tmp_path: Path) -> FileIntake:
    api = CloudApi("https://graph.example.com/v25.0", NUMBER, TOKEN, shop.double.transport)
    return FileIntake(shop.transcript, inbox, {"whatsapp": api}, KeptFiles(tmp_path / "files"), 1)


async def _sent(shop: Shop, files: FileIntake, content: bytes, mime: str) -> dict[str, Any]:
    """Let Budi send a file, and give what is known of it then."""
    shop.double.files["7"] = (content, mime)
    await shop.receives(message("wamid.1", {"type": "image", "image": {"id": "7"}}))
    await files.take_in()
    async with shop.database.read() as session:
        attachment = (await session.scalars(select(Message))).one().data["attachment"]
    found: dict[str, Any] = attachment.get("file", {})
    return found


@pytest.mark.parametrize(
    ("content", "declared", "kept"),
    [
        (JPEG, "image/jpeg", "image/jpeg"),
        (VOICE, "audio/ogg; codecs=opus", "audio/ogg"),
        (b"%PDF-1.7 ...", "application/pdf", "application/pdf"),
        (b"\x00\x00\x00\x18ftypmp42...", "video/mp4", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "image/webp"),
    ],
)
async def test_a_file_is_kept_for_its_owner_only(
    shop: Shop, files: FileIntake, tmp_path: Path, content: bytes, declared: str, kept: str
) -> None:
    assert await _sent(shop, files, content, declared) == {"mime": kept, "size": len(content)}

    (path,) = (tmp_path / "files").iterdir()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (content, 0o600)


@pytest.mark.parametrize(
    ("content", "declared", "says", "reason"),
    [
        (b"MZ" + b"x" * 99, "image/jpeg", {}, "kind not kept, or not what it says it is"),
        (JPEG, "application/x-msdownload", {}, "kind not kept, or not what it says it is"),
        (JPEG, "image/png", {}, "kind not kept, or not what it says it is"),
        (b"<svg onload=alert(1)>", "image/svg+xml", {}, "kind not kept, or not what it says it is"),
        (b"", "image/jpeg", {}, "kind not kept, or not what it says it is"),
        (JPEG * 1100, "image/jpeg", {}, "too large"),
        (JPEG * 1100, "image/jpeg", {"file_size": "10"}, "too large"),
        (JPEG, "image/jpeg", {"sha256": "0" * 64}, "changed on its way"),
        (JPEG, "image/jpeg", {"url": "https://evil.example/7"}, "not at an address of Meta's"),
        (JPEG, "image/jpeg", {"url": "http://lookaside.fbsbx.com/7"},
         "not at an address of Meta's"),
        (JPEG, "image/jpeg", {"url": "https://fbsbx.com.evil.example/7"},
         "not at an address of Meta's"),
    ],
)  # fmt: skip
async def test_a_file_that_is_not_right_is_not_kept_and_says_why(
    shop: Shop,
    files: FileIntake,
    tmp_path: Path,
    content: bytes,
    declared: str,
    says: dict[str, str],
    reason: str,
) -> None:
    shop.double.file_says = says

    assert await _sent(shop, files, content, declared) == {"refused": reason}
    assert not (tmp_path / "files").exists()


async def test_a_file_that_cannot_be_fetched_is_tried_again_and_holds_up_no_message(
    shop: Shop, files: FileIntake
) -> None:
    await shop.receives(message("wamid.1", {"type": "image", "image": {"id": "9"}}))
    await files.take_in()
    assert (await shop.said())[0] == ("customer", "[Foto]")

    shop.double.files["9"] = (JPEG, "image/jpeg")
    await shop.later()
    await files.take_in()

    async with shop.database.read() as session:
        rows = await session.execute(select(InboxEvent.channel, InboxEvent.status))
        assert sorted(map(tuple, rows)) == [("whatsapp", "done"), ("whatsapp-files", "done")]


async def test_a_repeat_is_fetched_once(shop: Shop, files: FileIntake) -> None:
    await _sent(shop, files, JPEG, "image/jpeg")
    await shop.receives(message("wamid.1", {"type": "image", "image": {"id": "7"}}))

    assert not await files.take_in()
