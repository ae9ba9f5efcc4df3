"""A visitor saves, mails and deletes what was said; the mail server is a real one."""

import email
import socket
from collections.abc import AsyncIterator, Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Received
from fastapi import FastAPI

from app.errors import add_error_handlers
from channels.message import Reply, Source
from channels.pace import Pace
from channels.website import Website, website_router
from channels.website_files import Receiving, files_router
from channels.website_record import Record, record_router
from conversation.kept_files import KeptFiles
from conversation.transcript import Transcript
from db.engine import Database
from privacy.erasure import Erasure
from privacy.requests import ErasureRequests
from selfservice.mail import Mailer, MailServer
from selfservice.record import ConversationRecords

EVIL = '<script>alert(1)</script> "><img src=x> =HYPERLINK("x")'


class Box(Received):
    """The receiver's mailbox; it does not know bounce@example.com."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def prepare_message(self, session: Any, envelope: Any) -> Any:
        content = envelope.original_content or envelope.content
        return email.message_from_bytes(content, policy=default)

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("bounce"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def mail_port(box: Box) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


def record(transcript: Transcript, kept: KeptFiles, port: int | None) -> Record:
    mailer = None
    if port is not None:
        sender = "Toko Laras <halo@toko.example>"
        mailer = Mailer(MailServer("127.0.0.1", port, "none", "", "", sender, timeout_s=5))
    erasures = ErasureRequests(transcript.database, Erasure(transcript.database, kept.folder))
    shops = {"demo": "Toko Laras"}
    records = ConversationRecords(transcript, erasures, shops, "Asia/Jakarta", mailer)
    return Record(records, Pace(3, 3600), Pace(10, 60))


def app_of(website: Website, receiving: Receiving, known: Record) -> FastAPI:
    app = FastAPI()
    add_error_handlers(app)
    app.include_router(website_router(website, max_body_bytes=65_536))
    app.include_router(files_router(website, receiving))
    app.include_router(record_router(website, known))
    return app


@pytest.fixture
async def http(
    website: Website, receiving: Receiving, transcript: Transcript, kept: KeptFiles, mail_port: int
) -> AsyncIterator[httpx.AsyncClient]:
    app = app_of(website, receiving, record(transcript, kept, mail_port))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def talk(visitor: httpx.AsyncClient, transcript: Transcript, text: str = EVIL) -> str:
    """Let a visitor and the bot talk; give the conversation."""
    await visitor.post("/api/web/messages", json={"client_id": "c1", "text": text})
    conversation_id = visitor.headers["X-Conversation"]
    reply = Reply("**14 hari**, Kak.", "id", Source("article", "returns-window", "1"))
    await transcript.say(conversation_id, reply, "bot", "Nara")
    return conversation_id


@pytest.fixture
async def visitor(http: httpx.AsyncClient) -> httpx.AsyncClient:
    session = (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()
    http.headers["Authorization"] = f"Bearer {session['token']}"
    http.headers["X-Conversation"] = session["conversation_id"]
    return http


async def test_the_conversation_is_saved_as_text_and_as_a_page_that_runs_nothing(
    visitor: httpx.AsyncClient, transcript: Transcript
) -> None:
    await talk(visitor, transcript)

    text = await visitor.get("/api/web/transcript?zone=Asia/Makassar")
    page = await visitor.get("/api/web/transcript?format=html")

    assert text.headers["content-disposition"] == 'attachment; filename="percakapan.txt"'
    assert f"Anda:\n{EVIL}" in text.text
    assert "Nara:\n**14 hari**, Kak." in text.text
    assert "Asia/Makassar" in text.text
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "Percakapan dengan Toko Laras" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "sandbox" in page.headers["content-security-policy"]


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Mars/Olympus", "%00", "x" * 64])
async def test_a_zone_that_is_none_is_the_shops_own(
    visitor: httpx.AsyncClient, transcript: Transcript, zone: str
) -> None:
    await talk(visitor, transcript)

    assert "Asia/Jakarta" in (await visitor.get(f"/api/web/transcript?zone={zone}")).text


async def test_there_is_nothing_to_save_before_anything_was_said_nor_for_a_stranger(
    visitor: httpx.AsyncClient,
) -> None:
    nothing = await visitor.get("/api/web/transcript")
    strange = await visitor.get("/api/web/transcript?format=pdf")
    visitor.headers.pop("Authorization")
    stranger = await visitor.get("/api/web/transcript")

    assert (nothing.status_code, nothing.json()["type"]) == (
        404,
        "urn:sapa:problem:transcript-empty",
    )
    assert (strange.status_code, stranger.status_code) == (422, 401)


async def test_a_copy_is_mailed_to_the_address_that_the_visitor_gives(
    visitor: httpx.AsyncClient, transcript: Transcript, box: Box
) -> None:
    await talk(visitor, transcript)

    answer = await visitor.post("/api/web/transcript/mail", json={"email": " Sari@Example.com "})

    mail = box.mails[0]
    assert (answer.status_code, answer.json(), len(box.mails)) == (202, {}, 1)
    assert (mail["To"], mail["From"]) == ("sari@example.com", "Toko Laras <halo@toko.example>")
    assert mail["Subject"] == "Salinan percakapan Anda dengan Toko Laras"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert EVIL in text
    assert "abaikan saja" in text
    assert "<script>" not in html


@pytest.mark.parametrize(
    "address",
    [
        "sari",
        "sari@",
        "a@b.c\r\nBcc: all@example.com",
        "sari@example.com, budi@example.com",
        "<sari@example.com>",
        "bounce@example.com",
    ],
)
async def test_what_is_no_single_address_gets_no_mail(
    visitor: httpx.AsyncClient, transcript: Transcript, box: Box, address: str
) -> None:
    await talk(visitor, transcript)

    answer = await visitor.post("/api/web/transcript/mail", json={"email": address})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sapa:problem:email-invalid")
    assert box.mails == []


async def test_nobody_is_mailed_without_end(
    visitor: httpx.AsyncClient, transcript: Transcript, box: Box
) -> None:
    await talk(visitor, transcript)
    wishes = [{"email": f"sari{n}@example.com"} for n in range(4)]

    answers = [await visitor.post("/api/web/transcript/mail", json=wish) for wish in wishes]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert len(box.mails) == 3


async def test_without_a_mail_server_or_with_one_that_is_down_the_visitor_is_told(
    website: Website, receiving: Receiving, transcript: Transcript, kept: KeptFiles,
    visitor: httpx.AsyncClient,
) -> None:  # fmt: skip
    await talk(visitor, transcript)
    answers = []
    for port in (None, 9):
        app = app_of(website, receiving, record(transcript, kept, port))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as other:
            other.headers.update(visitor.headers)
            wish = {"email": "sari@example.com"}
            answers.append(await other.post("/api/web/transcript/mail", json=wish))

    assert [answer.status_code for answer in answers] == [501, 503]
    assert answers[1].headers["retry-after"] == "60"


def left_in(folder: Path) -> bytes:
    """All that the database's files hold."""
    return b"".join(path.read_bytes() for path in folder.glob("sapa.db*"))


async def test_after_an_erasure_nothing_is_left_in_the_database_file_or_on_the_disk(
    visitor: httpx.AsyncClient, transcript: Transcript, kept: KeptFiles, tmp_path: Path
) -> None:
    await talk(visitor, transcript, "rahasia-besar-sari")
    pdf = {"file": ("a.pdf", b"%PDF-1.7\n%%EOF\n")}
    await visitor.post("/api/web/files", data={"client_id": "c2"}, files=pdf)

    unasked = await visitor.post("/api/web/erasure", json={"confirm": False})
    erased = await visitor.post("/api/web/erasure", json={"confirm": True})
    again = await visitor.post("/api/web/erasure", json={"confirm": True})
    read = await visitor.get("/api/web/messages")

    assert unasked.status_code == 422
    assert erased.json() == {"messages": 3, "files": 1}
    assert (again.status_code, read.status_code) == (401, 401)
    assert list(kept.folder.iterdir()) == []
    assert b"rahasia-besar-sari" not in left_in(tmp_path)
