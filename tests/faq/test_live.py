from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from db.engine import Database
from faq.archive import Archive
from faq.build import build, read
from faq.encoder import DEFAULT_MODEL, Encoder
from faq.knowledge import BrokenKnowledge
from faq.live import LiveFaq
from faq.publishing import publish
from tests.faq.conftest import article, write
from tests.faq.test_publishing import answering

Open = Callable[[], LiveFaq]


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    structlog.reset_defaults()


@pytest.fixture
def index(knowledge: Path, tmp_path: Path, encoder: Encoder) -> Path:
    build(knowledge, tmp_path / "index", encoder)
    return tmp_path / "index"


@pytest.fixture
def serve(knowledge: Path, index: Path, sqlite_database: Database) -> Open:
    def loaded() -> LiveFaq:
        faq = LiveFaq(index, knowledge, DEFAULT_MODEL, Archive(sqlite_database))
        faq.pinned()
        return faq

    return loaded


def says(faq: LiveFaq) -> str:
    found = faq.article("payment-cod")
    return found.texts["en"].answer if found else "nothing"


def republish(knowledge: Path, index: Path, encoder: Encoder, answer: str) -> None:
    write(knowledge / "payment-cod.yml", answering("payment-cod", answer))
    publish(knowledge, index, DEFAULT_MODEL, load=lambda _: encoder)


async def rename(database: Database, table: str, to: str) -> None:
    async with database.write() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))


async def test_every_process_takes_up_what_was_published_and_keeps_its_versions(
    serve: Open, knowledge: Path, index: Path, encoder: Encoder, sqlite_database: Database
) -> None:
    processes = [serve(), serve()]
    for faq in processes:
        await faq.begin()
    republish(knowledge, index, encoder, "No longer.")

    assert [await faq.look() for faq in processes] == [True, True]
    assert [says(faq) for faq in processes] == ["No longer.", "No longer."]
    kept = await Archive(sqlite_database).history("payment-cod")
    assert [each.article.texts["en"].answer for each in kept] == [
        "Cash on delivery up to Rp2,000,000.",
        "No longer.",
    ]


async def test_nothing_is_loaded_where_nothing_was_published(serve: Open) -> None:
    faq = serve()
    engine = faq.pinned()

    assert await faq.look() is False
    assert faq.pinned() is engine


async def test_a_turn_under_way_goes_on_with_the_articles_it_began_with(
    serve: Open, knowledge: Path, index: Path, encoder: Encoder
) -> None:
    faq = serve()
    pinned = faq.pinned()
    found = pinned.search("bisa cod?", "id").ranked[0].article_id
    (knowledge / "payment-cod.yml").unlink()
    publish(knowledge, index, DEFAULT_MODEL, load=lambda _: encoder)
    await faq.look()

    assert faq.article(found) is None
    kept = pinned.article(found)
    assert kept is not None
    assert kept.texts["en"].answer == "Cash on delivery up to Rp2,000,000."


async def test_a_version_that_cannot_be_kept_is_not_answered_from(
    serve: Open, knowledge: Path, index: Path, encoder: Encoder, sqlite_database: Database
) -> None:
    faq = serve()
    republish(knowledge, index, encoder, "No longer.")
    await rename(sqlite_database, "article_versions", "away")
    with pytest.raises(OperationalError):
        await faq.look()
    assert says(faq) == "Cash on delivery up to Rp2,000,000."

    await rename(sqlite_database, "away", "article_versions")
    assert await faq.look() is True
    assert says(faq) == "No longer."


async def test_unpublished_edits_do_not_go_live_with_a_restart(
    serve: Open, knowledge: Path
) -> None:
    write(knowledge / "payment-cod.yml", answering("payment-cod", "Half written"))

    assert says(serve()) == "Cash on delivery up to Rp2,000,000."


async def test_an_index_damaged_while_serving_is_built_again_with_a_message(
    serve: Open, index: Path
) -> None:
    faq = serve()
    before = read(index).content_hash
    damaged = index / (index / "CURRENT").read_text() / "vectors.npz"
    damaged.write_bytes(damaged.read_bytes()[:-7])

    with capture_logs() as logs:
        assert await faq.look() is False
        assert says(faq) == "Cash on delivery up to Rp2,000,000."
        assert await faq.look() is True

    assert logs[0]["event"] == "the answer index is unusable and built again"
    assert read(index).content_hash == before


async def test_an_index_of_another_model_is_built_again_while_serving(
    serve: Open, index: Path
) -> None:
    faq = serve()
    manifest = index / (index / "CURRENT").read_text() / "manifest.json"
    manifest.write_text(manifest.read_text().replace(DEFAULT_MODEL, "other/model"))

    with capture_logs() as logs:
        await faq.look()

    assert "other/model" in logs[0]["reason"]
    assert read(index).model == DEFAULT_MODEL
    assert await faq.look() is True


async def test_two_versions_of_sapa_do_not_rebuild_each_others_index_for_ever(
    serve: Open, index: Path
) -> None:
    faq = serve()
    for _ in range(2):
        (index / (index / "CURRENT").read_text() / "manifest.json").write_text('{"format": 99}')
        with capture_logs() as logs:
            await faq.look()

    assert [log["event"] for log in logs] == [
        "the answer index is unusable again; the old one serves on"
    ]
    assert says(faq) == "Cash on delivery up to Rp2,000,000."


async def test_a_damaged_index_and_broken_articles_leave_the_old_answers_serving(
    serve: Open, knowledge: Path, index: Path
) -> None:
    faq = serve()
    (knowledge / "payment-cod.yml").write_text("- article: [\n")
    (index / "CURRENT").write_text("gone")

    with capture_logs() as logs:
        assert await faq.look() is False

    assert logs[-1]["event"] == "the answer index could not be built; the old one serves on"
    assert says(faq) == "Cash on delivery up to Rp2,000,000."
    with pytest.raises(BrokenKnowledge):
        serve()


async def test_a_removed_index_is_built_at_the_start(
    serve: Open, knowledge: Path, index: Path
) -> None:
    (index / "CURRENT").unlink()
    write(knowledge / "payment-cod.yml", article("payment-cod"))

    assert says(serve()) == "Cash on delivery up to Rp2,000,000."
    assert len(read(index).articles) == 3
