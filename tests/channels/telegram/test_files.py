from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from conversation.files import FileIntake
from conversation.kept_files import KeptFiles
from conversation.tables import InboxEvent, Message
from tests.channels.telegram.conftest import Shop
from tests.channels.telegram.payloads import example

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 1000
NOT_KEPT = "kind not kept, or not what it says it is"


@pytest.fixture
def files(shop: Shop, tmp_path: Path) -> FileIntake:
    folder = tmp_path / "files"
    return FileIntake(shop.transcript, shop.inbox, {"telegram": shop.api}, KeptFiles(folder), 1)


async def _sent(shop: Shop, files: FileIntake, name: str = "photo") -> dict[str, Any]:
    """Let Budi send a file, and give what is known of it then."""
    await shop.receives(example(name))
    await files.take_in()
    async with shop.database.read() as session:
        attachment = (await session.scalars(select(Message))).one().data["attachment"]
    found: dict[str, Any] = attachment.get("file", {})
    return found


@pytest.mark.parametrize(
    ("name", "file_id", "content", "kept"),
    [
        ("photo", "large", JPEG, "image/jpeg"),
        ("voice", "voice", b"OggS" + b"v" * 1000, "audio/ogg"),
        ("document", "pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("video_note", "note", b"\x00\x00\x00\x18ftypmp42...", "video/mp4"),
    ],
)
async def test_a_file_is_kept_for_its_owner_only(
    shop: Shop,
    files: FileIntake,
    tmp_path: Path,
    name: str,
    file_id: str,
    content: bytes,
    kept: str,
) -> None:
    shop.double.files[file_id] = content
    assert await _sent(shop, files, name) == {"mime": kept, "size": len(content)}

    (path,) = (tmp_path / "files").iterdir()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (content, 0o600)


@pytest.mark.parametrize(
    ("content", "says", "reason"),
    [
        (b"MZ" + b"x" * 99, {}, NOT_KEPT),
        (b"<svg onload=alert(1)>", {}, NOT_KEPT),
        (JPEG * 1100, {}, "too large"),
        (JPEG * 1100, {"file_size": 10}, "too large"),
        (JPEG, {"file_path": "../../bot1/getMe"}, "no file behind it"),
        (JPEG, {"file_path": "/etc/passwd"}, "no file behind it"),
        (JPEG, {"file_path": None}, "no file behind it"),
        (b"x" * 20_000_001, {}, "Telegram 400: Bad Request: file is too big"),
    ],
)
async def test_a_file_that_is_not_right_is_not_kept_and_says_why(
    shop: Shop,
    files: FileIntake,
    tmp_path: Path,
    content: bytes,
    says: dict[str, Any],
    reason: str,
) -> None:
    shop.double.files["large"] = content
    shop.double.file_says = says

    assert await _sent(shop, files) == {"refused": reason}
    assert not (tmp_path / "files").exists()


async def test_a_file_that_cannot_be_fetched_yet_is_fetched_later(
    shop: Shop, files: FileIntake
) -> None:
    shop.double.files["large"] = JPEG
    shop.double.file_says = {"file_path": "photos/elsewhere"}
    assert await _sent(shop, files) == {}

    shop.double.file_says = {}
    await shop.later()
    await files.take_in()
    async with shop.database.read() as session:
        rows = await session.execute(select(InboxEvent.channel, InboxEvent.status))
        assert sorted(map(tuple, rows)) == [("telegram", "done"), ("telegram-files", "done")]


async def test_the_same_file_sent_twice_is_there_for_both_messages(
    shop: Shop, files: FileIntake, tmp_path: Path
) -> None:
    shop.double.files["large"] = JPEG
    await shop.receives(example("photo"), example("photo", message_id=99), example("photo"))
    while await files.take_in():
        pass

    assert len(list((tmp_path / "files").iterdir())) == 2
