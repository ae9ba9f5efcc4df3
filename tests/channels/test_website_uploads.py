"""Visitors' files through the web API, on a real database and disk."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from channels.website_files import Receiving
from conversation.bus import Bus
from conversation.kept_files import KeptFiles
from conversation.tables import Conversation, InboxEvent, Message
from conversation.transcript import Transcript
from conversation.uploads import Uploads
from db.engine import Database
from tests.channels.pictures import archive, photo

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


async def send(
    visitor: httpx.AsyncClient, content: bytes, name: str = "a.pdf", **fields: str
) -> httpx.Response:
    return await visitor.post(
        "/api/web/files", data={"client_id": "c1", **fields}, files={"file": (name, content)}
    )


async def stored(database: Database) -> list[Message]:
    async with database.read() as session:
        return list(await session.scalars(select(Message).order_by(Message.seq)))


async def test_a_file_is_stored_shown_to_its_visitor_and_owed_an_answer(
    visitor: httpx.AsyncClient, database: Database, kept: KeptFiles
) -> None:
    answer = await send(visitor, photo(), "kursi.jpg", text="kursinya patah, kak")
    read = (await visitor.get("/api/web/messages")).json()["messages"]
    file = await visitor.get("/api/web/files/1")

    assert answer.status_code == 202
    assert answer.json() == {"id": read[0]["id"], "seq": 1, "held": False}
    assert read[0]["text"] == "[Foto] kursinya patah, kak"
    assert read[0]["data"]["client_id"] == "c1"
    assert read[0]["data"]["attachment"] == {
        "kind": "image",
        "name": "kursi.jpg",
        "caption": "kursinya patah, kak",
        "file": {"mime": "image/jpeg", "size": len(file.content)},
    }
    assert file.headers["content-type"] == "image/jpeg"
    assert "attachment" in file.headers["content-disposition"]
    assert (await stored(database))[0].owed is True


async def test_the_same_file_sent_twice_is_one_message_and_one_file(
    visitor: httpx.AsyncClient, database: Database, kept: KeptFiles
) -> None:
    answers = [(await send(visitor, PDF)).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert [message.id for message in await stored(database)] == [answers[0]["id"]]
    assert [path.name for path in kept.folder.iterdir()] == [answers[0]["id"]]


@pytest.mark.parametrize(
    ("content", "name", "status", "problem"),
    [
        (b"", "a.pdf", 422, "file-empty"),
        (archive(), "foto.jpg", 422, "file-kind"),
        (PDF, "foto.jpg", 422, "file-mismatch"),
        (b"\xff\xd8\xff\xe0xx", "foto.jpg", 422, "file-damaged"),
        (b"%PDF-" + b"x" * 1_000_001, "a.pdf", 413, "file-too-large"),
        (b"%PDF-" + b"x" * 2_000_000, "a.pdf", 413, "file-too-large"),
    ],
)
async def test_what_is_refused_is_said_in_the_visitors_language_and_leaves_nothing(
    visitor: httpx.AsyncClient,
    database: Database,
    kept: KeptFiles,
    content: bytes,
    name: str,
    status: int,
    problem: str,
) -> None:
    visitor.headers["Accept-Language"] = "en"
    answer = await send(visitor, content, name)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sapa:problem:{problem}")
    assert answer.headers["content-language"] == "en"
    assert await stored(database) == []
    assert not kept.folder.exists() or list(kept.folder.iterdir()) == []


async def test_an_endless_file_is_cut_off_at_the_limit(visitor: httpx.AsyncClient) -> None:
    """It says no length, as one of a gigabyte might; no more than the limit is taken from it."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(16_384):
            taken += 65_536
            yield b"x" * 65_536

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await visitor.post("/api/web/files", content=endless(), headers=kind)

    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "Ukuran berkas paling besar 1 MB. Coba kecilkan dulu, atau kirim sebagian, ya.",
    )
    assert taken < 2_000_000


async def test_a_gigabyte_that_says_so_is_not_even_read(visitor: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("read")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(2**30)}
    answer = await visitor.post("/api/web/files", content=never(), headers=headers)

    assert answer.json()["type"] == "urn:sapa:problem:file-too-large"


async def test_nobody_sends_files_without_a_session_or_from_a_foreign_page(
    visitor: httpx.AsyncClient, database: Database
) -> None:
    foreign = await visitor.post(
        "/api/web/files",
        data={"client_id": "c"},
        files={"file": ("a.pdf", PDF)},
        headers={"Origin": "https://evil.example.com"},
    )
    visitor.headers.pop("Authorization")
    nobody = await send(visitor, PDF)

    assert (foreign.status_code, nobody.status_code) == (403, 401)
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ({}, {"file": ("a.pdf", PDF)}),
        ({"client_id": ""}, {"file": ("a.pdf", PDF)}),
        ({"client_id": "x" * 65}, {"file": ("a.pdf", PDF)}),
        ({"client_id": "a\u202eb\x00"}, {"file": ("a.pdf", PDF)}),
        ({"client_id": "c", "file": "text"}, {"other": ("a.pdf", PDF)}),
        ({"client_id": "c", "text": "x" * 4097}, {"file": ("a.pdf", PDF)}),
    ],
)
async def test_a_form_that_is_none_is_refused(
    visitor: httpx.AsyncClient, database: Database, data: dict[str, str], files: Any
) -> None:
    answer = await visitor.post("/api/web/files", data=data, files=files)

    assert answer.status_code == 422
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nrubbish"),
    ],
)
async def test_a_broken_body_is_refused(visitor: httpx.AsyncClient, kind: str, body: bytes) -> None:
    answer = await visitor.post("/api/web/files", content=body, headers={"Content-Type": kind})

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_too_many_files_at_once_are_told_to_wait(
    visitor: httpx.AsyncClient,
) -> None:
    answers = [await send(visitor, PDF, client_id=f"c{n}") for n in range(21)]

    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_full_disk_takes_no_message_and_the_same_file_comes_through_later(
    visitor: httpx.AsyncClient, database: Database, kept: KeptFiles
) -> None:
    kept.folder.write_text("a file where the folder should be")
    refused = await send(visitor, PDF)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert await stored(database) == []

    kept.folder.unlink()
    assert (await send(visitor, PDF)).status_code == 202


async def test_what_has_to_be_scanned_is_held_with_its_message(
    visitor: httpx.AsyncClient, app: FastAPI, database: Database, transcript: Transcript,
    kept: KeptFiles, bus: Bus, receiving: Receiving,
) -> None:  # fmt: skip
    object.__setattr__(receiving, "uploads", Uploads(transcript, kept, bus, scanned=True))
    answer = (await send(visitor, PDF)).json()

    async with database.read() as session:
        event = (await session.scalars(select(InboxEvent).where(InboxEvent.status == "new"))).one()
        pending = (await session.scalars(select(Conversation.pending_since))).one()
    assert answer["held"] is True
    assert event.channel == "website-files"
    assert event.raw == {
        "message_id": answer["id"],
        "media_id": answer["id"],
        "mime": "application/pdf",
    }
    assert pending is not None  # the answer does not wait for the scan
    assert (await stored(database))[0].data["attachment"]["file"] == {"held": True}
    assert (await visitor.get("/api/web/files/1")).status_code == 404
