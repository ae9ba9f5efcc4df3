import httpx
import pytest
from sqlalchemy import Connection, select

from channels.file import Enclosed, enclosed
from channels.message import Reply, Source
from conversation.kept_files import KeptFiles, attachment_of
from conversation.rows import held
from conversation.tables import Conversation
from conversation.transcript import Transcript
from db.base import new_id
from db.engine import Database
from tests.channels.pictures import PDF, PNG


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


async def _sent(transcript: Transcript, kept: KeptFiles, found: Enclosed) -> str:
    """Send a file to the one visitor; give its address."""
    async with transcript.database.read() as session:
        conversation_id = (await session.scalars(select(Conversation.id))).one()
    message_id = new_id()
    await kept.keep(message_id, found.file)
    reply = Reply("[Foto]", "id", Source("csr", "", ""), data={"attachment": attachment_of(found)})

    def say(connection: Connection) -> int:
        with held(connection, conversation_id) as row:
            said = transcript.add_reply(
                connection,
                row,
                reply,
                "csr",
                "Sari",
                message_id=message_id,
            )
        return said.seq

    return f"/api/web/files/{await transcript.database.change(say)}"


async def test_a_visitor_gets_the_file_that_a_person_sent(
    visitor: httpx.AsyncClient, transcript: Transcript, kept: KeptFiles
) -> None:
    address = await _sent(transcript, kept, enclosed(PDF, "Faktur.pdf", "", 1000))

    answer = await visitor.get(address)

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="Faktur.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_is_for_its_own_visitor_only(
    visitor: httpx.AsyncClient, transcript: Transcript, kept: KeptFiles
) -> None:
    address = await _sent(transcript, kept, enclosed(PNG, "a.png", "", 1000))
    assert (await visitor.get(address)).status_code == 200

    visitor.headers.pop("Authorization")
    assert (await visitor.get(address)).status_code == 401
    other = (await visitor.post("/api/web/sessions", json={"site_key": "demo"})).json()
    visitor.headers["Authorization"] = f"Bearer {other['token']}"
    assert (await visitor.get(address)).json()["type"] == "urn:sapa:problem:file-unknown"


async def test_what_is_no_file_is_not_there(
    visitor: httpx.AsyncClient, transcript: Transcript, kept: KeptFiles
) -> None:
    deleted = await _sent(transcript, kept, enclosed(PNG, "b.png", "", 1000))
    for path in list(kept.folder.iterdir()):
        path.unlink()

    found = [deleted, "/api/web/files/99", "/api/web/files/0", "/api/web/files/x"]
    assert [(await visitor.get(address)).status_code for address in found] == [
        404,
        404,
        422,
        422,
    ]
