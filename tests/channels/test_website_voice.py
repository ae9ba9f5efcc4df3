"""The server speaks with the real espeak-ng, and hears by a real program."""

import base64
import io
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.errors import add_error_handlers
from channels.pace import Pace
from channels.website import Website, website_router
from channels.website_voice import VoiceAccess, voice_router
from db.engine import Database
from selfservice.voice import ServerVoice

OGG = b"OggS" + b"v" * 500
# Says how long the recording is and in which language: what a recogniser is given is what counts.
EARS = """\
import pathlib, sys
sound = pathlib.Path(sys.argv[1]).read_bytes()
if sys.argv[2] == "en": sys.exit(3)
print(f"panjangnya {len(sound)}, bahasa {sys.argv[2]}, {pathlib.Path(sys.argv[1]).suffix}")
"""


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
async def http(website: Website, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    script = tmp_path / "ears.py"
    script.write_text(EARS)
    voice = ServerVoice(
        speaks=True, command=f"{sys.executable} {script} {{file}} {{lang}}", timeout_s=20
    )
    transport = httpx.ASGITransport(app_of(website, voice))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def app_of(website: Website, voice: ServerVoice) -> FastAPI:
    app = FastAPI()
    add_error_handlers(app)
    app.include_router(website_router(website, max_body_bytes=65_536))
    app.include_router(voice_router(website, VoiceAccess(voice, Pace(4, 60))))
    return app


def recording(content: bytes = OGG, mime: str = "audio/ogg", lang: str = "id") -> dict[str, str]:
    return {"audio": base64.b64encode(content).decode(), "mime": mime, "lang": lang}


@pytest.mark.parametrize(
    ("text", "lang"),
    [("Halo Kak, pesanannya sudah dikirim.", "id"), ("Your order is on its way.", "en")],
)
async def test_a_sentence_is_spoken_and_the_mouth_knows_when_to_move(
    visitor: httpx.AsyncClient, text: str, lang: str
) -> None:
    said = (await visitor.post("/api/web/speech", json={"text": text, "lang": lang})).json()

    with wave.open(io.BytesIO(base64.b64decode(said["audio"]))) as sound:
        length_ms = sound.getnframes() * 1000 // sound.getframerate()
    times = [one["at"] for one in said["visemes"]]
    shapes = {one["shape"] for one in said["visemes"]}
    assert said["mime"] == "audio/wav"
    assert said["duration_ms"] == length_ms > 800
    assert times == sorted(times)
    assert times[-1] == length_ms
    assert shapes <= {"rest", "a", "e", "o", "u", "m", "f", "l", "s"}
    assert len(shapes) >= 5


async def test_a_recording_is_written_down_and_nothing_of_it_is_kept(
    visitor: httpx.AsyncClient,
) -> None:
    heard = await visitor.post("/api/web/dictation", json=recording())

    assert heard.json() == {"text": f"panjangnya {len(OGG)}, bahasa id, .ogg"}


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        (recording(lang="en"), 503),  # the program fails
        (recording(b"MZ" + b"x" * 99), 422),
        (recording(b"%PDF-1.7 %%EOF", "application/pdf"), 422),
        ({**recording(), "audio": "not base64!"}, 422),
        (recording(b"OggS" + b"x" * 2_000_000), 413),
        ({**recording(), "lang": "fr"}, 422),
    ],
)
async def test_what_is_no_recording_or_cannot_be_heard_is_told(
    visitor: httpx.AsyncClient, wish: dict[str, str], status: int
) -> None:
    answer = await visitor.post("/api/web/dictation", json=wish)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["", " \x00 ", "x" * 601])
async def test_what_cannot_be_said_is_refused(visitor: httpx.AsyncClient, text: str) -> None:
    answer = await visitor.post("/api/web/speech", json={"text": text, "lang": "id"})

    assert answer.status_code == 422


async def test_the_voice_is_for_visitors_and_has_its_pace(visitor: httpx.AsyncClient) -> None:
    wish = recording()
    answers = [await visitor.post("/api/web/dictation", json=wish) for _ in range(5)]
    visitor.headers.pop("Authorization")

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert (await visitor.post("/api/web/dictation", json=wish)).status_code == 401


async def test_without_a_voice_the_server_says_so(
    website: Website, visitor: httpx.AsyncClient
) -> None:
    silent = app_of(website, ServerVoice(speaks=False, command="", timeout_s=1))
    transport = httpx.ASGITransport(silent)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as other:
        other.headers.update(visitor.headers)
        speech = await other.post("/api/web/speech", json={"text": "Halo", "lang": "id"})
        dictation = await other.post("/api/web/dictation", json=recording())

    assert [speech.status_code, dictation.status_code] == [501, 501]
    assert speech.json()["type"] == "urn:sapa:problem:speech-off"


async def test_a_program_that_hangs_is_ended(website: Website, visitor: httpx.AsyncClient) -> None:
    hanging = ServerVoice(
        speaks=False, command=f"{sys.executable} -c 'import time; time.sleep(60)'", timeout_s=0.5
    )
    transport = httpx.ASGITransport(app_of(website, hanging))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as other:
        other.headers.update(visitor.headers)
        answer = await other.post("/api/web/dictation", json=recording())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
