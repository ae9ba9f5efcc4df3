"""A real command and a real address look at files; nobody gets one before they have."""

import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import select

from bot.speech import Templates
from channels.message import Inbound
from channels.upload import checked_upload
from conversation.bus import Bus
from conversation.files import FileIntake
from conversation.inbox import Inbox
from conversation.kept_files import KeptFiles
from conversation.scanning import CommandScanner, HttpScanner, ScanFailed, Scanner, scanner_of
from conversation.tables import InboxEvent, Message
from conversation.transcript import Transcript
from conversation.uploads import HeldFiles, Uploads
from db.engine import Database
from tests.browsing import served

CLEAN = b"%PDF-1.7 clean\n%%EOF"
VIRUS = b"%PDF-1.7 EICAR\n%%EOF"
BROKEN = b"%PDF-1.7 broken\n%%EOF"
# As clamscan ends: 0 clean, 1 found, 2 an error of its own.
SCANNER = """\
import sys, pathlib
content = pathlib.Path(sys.argv[-1]).read_bytes()
sys.exit(1 if b"EICAR" in content else 2 if b"broken" in content else 0)
"""


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def command(tmp_path: Path) -> CommandScanner:
    script = tmp_path / "my scanner.py"
    script.write_text(SCANNER)
    return CommandScanner(f"{sys.executable} '{script}' --quiet", 20)


class Shop:
    """The parts a visitor's file goes through."""

    def __init__(self, database: Database, folder: Path, scanner: Scanner) -> None:
        self.bus = Bus()
        self.transcript = Transcript(database, self.bus)
        self.kept = KeptFiles(folder)
        self.inbox = Inbox(database, self.bus)
        templates = Templates.load()
        self.intake = FileIntake(
            self.transcript, self.inbox, {"website": HeldFiles(self.kept)}, self.kept, 1,
            scanner=scanner, refusal=lambda lang: templates.reply("attachment-unsafe", lang),
        )  # fmt: skip
        self.uploads = Uploads(self.transcript, self.kept, self.bus, scanned=True)

    async def send(self, content: bytes) -> str:
        """Let a visitor send a file; give the conversation."""
        thread = await self.transcript.open("website", "visitor", "id", "demo")
        inbound = Inbound("website", f"{thread.id}:c1", thread.id, data={"client_id": "c1"})
        upload = checked_upload(content, "a.pdf", "application/pdf", 1000)
        await self.uploads.accept(thread.id, inbound, upload)
        return thread.id

    async def messages(self) -> list[Message]:
        async with self.transcript.database.read() as session:
            return list(await session.scalars(select(Message).order_by(Message.seq)))


async def test_a_clean_file_is_given_out_after_the_scan_and_its_page_is_told(
    database: Database, tmp_path: Path, command: CommandScanner
) -> None:
    shop = Shop(database, tmp_path / "files", command)
    conversation_id = await shop.send(CLEAN)
    assert shop.kept.saved((await shop.messages())[0]) is None

    with shop.bus.subscribe(f"conversation:{conversation_id}") as page:
        await shop.intake.take_in()
        heard: Mapping[str, Any] | None = await page.next(1)

    saved = shop.kept.saved((await shop.messages())[0])
    file = {"mime": "application/pdf", "size": len(CLEAN)}
    assert heard == {"type": "file", "seq": 1, "file": file}
    assert saved is not None
    assert saved.path.read_bytes() == CLEAN


async def test_a_file_that_is_not_clean_is_deleted_and_the_customer_told_once(
    database: Database, tmp_path: Path, command: CommandScanner
) -> None:
    shop = Shop(database, tmp_path / "files", command)
    await shop.send(VIRUS)

    await shop.intake.take_in()
    await shop.intake.take_in()

    sent, told = await shop.messages()
    assert sent.data["attachment"]["file"] == {"refused": "unsafe"}
    assert told.author == "system"
    assert "tidak lolos pemeriksaan keamanan" in told.text
    assert told.source is not None
    assert list(shop.kept.folder.iterdir()) == []


async def test_while_the_scanner_fails_the_file_is_held_and_tried_again(
    database: Database, tmp_path: Path, command: CommandScanner
) -> None:
    shop = Shop(database, tmp_path / "files", command)
    await shop.send(BROKEN)

    await shop.intake.take_in()

    async with database.read() as session:
        event = (
            await session.scalars(select(InboxEvent).where(InboxEvent.channel == "website-files"))
        ).one()
    assert (event.status, event.tries) == ("new", 1)
    assert "ended with 2" in str(event.error)
    assert (await shop.messages())[0].data["attachment"]["file"] == {"held": True}
    assert shop.kept.saved((await shop.messages())[0]) is None


async def test_a_command_that_hangs_or_is_missing_says_nothing_about_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(CLEAN)
    for command in (f"{sys.executable} -c 'import time; time.sleep(60)'", "/no/such/scanner"):
        with pytest.raises(ScanFailed):
            await CommandScanner(command, 0.5).is_clean(tmp_path / "a")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    app = FastAPI()

    @app.post("/scan")
    async def scan(request: Request) -> Response:
        content = await request.body()
        code = 406 if b"EICAR" in content else 500 if b"broken" in content else 200
        return Response(status_code=code)

    async with served(app) as url:
        yield f"{url}/scan"


async def test_an_address_says_by_its_status_whether_a_file_is_clean(
    tmp_path: Path, address: str
) -> None:
    scanner = scanner_of("", address, 10)
    assert isinstance(scanner, HttpScanner)
    found = []
    for content in (CLEAN, VIRUS):
        (tmp_path / "a").write_bytes(content)
        found.append(await scanner.is_clean(tmp_path / "a"))
    (tmp_path / "a").write_bytes(BROKEN)

    assert found == [True, False]
    with pytest.raises(ScanFailed, match="answered 500"):
        await scanner.is_clean(tmp_path / "a")
    with pytest.raises(ScanFailed):
        await HttpScanner("http://127.0.0.1:9/scan", 5).is_clean(tmp_path / "a")
