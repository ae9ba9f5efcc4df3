"""The passages of all articles in PostgreSQL with pgvector, for bases larger than an app's memory.

Each index is a table of its own, named after what it holds, so it is loaded once however many apps
serve it, and a publication's table is there whole or not at all.
Source: pgvector's `<#>` (negative inner product) and its HNSW index on half-precision vectors.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg_pool import ConnectionPool

from faq.index import spread, unit

_FULL_PRECISION_UP_TO = 2_000  # passages, as in memory
_NEAREST = 256  # passages looked at when there are more; the articles of all others rank below
_LINKS = 32  # per passage in the graph, as in memory
_KEPT = 6  # tables: those in use, and those that another app may still be reading
_AT_ONCE = 8  # questions; connections of one app
_SCHEMA = "faq_vectors"
_OPENED = sql.Identifier(_SCHEMA, "opened")  # when each table was last opened


class VectorsUnusable(Exception):
    """PostgreSQL cannot hold the vectors; the message says what to do."""


class VectorStore:
    """A database that indexes are opened in. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Use the database at `url` (libpq's form). Connects when first needed."""
        self._pool = ConnectionPool(
            url, min_size=0, max_size=_AT_ONCE, open=False, kwargs={"autocommit": True}
        )

    def open(
        self, articles: Sequence[int], vectors: NDArray[np.float32], n_articles: int
    ) -> "PostgresIndex":
        """Return the index of `vectors` (n, d); row i is a passage of article `articles[i]`.

        They are loaded if no app has done it yet; takes minutes for 100,000. Raises ValueError if
        articles and vectors differ in length or are empty, VectorsUnusable without pgvector.
        """
        if not 0 < len(articles) == len(vectors):
            raise ValueError(f"{len(articles)} passages for {len(vectors)} vectors")
        self._pool.open()
        table = _name(articles, vectors)
        try:
            with self._pool.connection() as connection, connection.transaction():
                _prepare(connection)
                if not _is_there(connection, table):
                    _load(connection, table, articles, vectors)
                _forget_old(connection, table)
        except psycopg.errors.DatabaseError as error:
            raise VectorsUnusable(
                f"SAPA_FAQ_VECTORS=postgres needs the extension pgvector, 0.7 or newer: {error}"
            ) from error
        return PostgresIndex(self._pool, table, len(vectors), n_articles)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class PostgresIndex:
    """The passages of all articles, in one table; the interface is that of `PassageIndex`."""

    def __init__(self, pool: ConnectionPool, table: str, n: int, n_articles: int) -> None:
        """Use `VectorStore.open`."""
        self._pool, self._n_articles = pool, n_articles
        self._exact = n <= _FULL_PRECISION_UP_TO
        self._nearest = n if self._exact else _NEAREST
        self._query = sql.SQL(
            "SELECT article, -(passage <#> %s::{kind}) FROM {table}"
            " ORDER BY passage <#> %s::{kind} LIMIT {nearest}"
        ).format(
            kind=sql.SQL("vector" if self._exact else "halfvec"),
            table=_table(table),
            nearest=sql.Literal(self._nearest),
        )

    def best(self, questions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of each article's nearest passage, (questions, articles).

        An article whose passages are not among the nearest gets the last score found. Raises
        psycopg.Error when the database is away.
        """
        found = np.empty((len(questions), self._n_articles), dtype=np.float32)
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(f"SET LOCAL hnsw.ef_search = {_NEAREST}")
            for number, question in enumerate(unit(questions)):
                words = _text(question)
                rows = connection.execute(self._query, (words, words), binary=True).fetchall()
                articles, scores = zip(*rows, strict=True)
                found[number] = spread(
                    np.array(articles), np.array(scores, dtype=np.float32), self._n_articles
                )
        return found

    def graph(self) -> None:
        """Return nothing: the graph, if there is one, is the database's."""


def _name(articles: Sequence[int], vectors: NDArray[np.float32]) -> str:
    digest = hashlib.sha256(np.asarray(articles, dtype=np.int64).tobytes())
    digest.update(np.ascontiguousarray(vectors).tobytes())
    return f"passages_{digest.hexdigest()[:24]}"


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(_SCHEMA, name)


def _prepare(connection: psycopg.Connection) -> None:
    """Let one app at a time look and load, and have the extension; it may be made already."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('sapa faq_vectors'))")
    there = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'").fetchone()
    if there is None:
        connection.execute("CREATE EXTENSION vector")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
    connection.execute(
        sql.SQL("CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, at timestamptz)").format(
            _OPENED
        )
    )


def _is_there(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (f"{_SCHEMA}.{table}",)).fetchone()
    return row is not None and row[0] is not None


def _load(
    connection: psycopg.Connection,
    table: str,
    articles: Sequence[int],
    vectors: NDArray[np.float32],
) -> None:
    n, d = vectors.shape
    kind = "vector" if n <= _FULL_PRECISION_UP_TO else "halfvec"
    columns = sql.SQL("(article integer NOT NULL, passage {}({}) NOT NULL)")
    connection.execute(
        sql.SQL("CREATE TABLE {} {}").format(
            _table(table), columns.format(sql.SQL(kind), sql.Literal(d))
        )
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_table(table))) as copy,
    ):
        for article, passage in zip(articles, unit(vectors), strict=True):
            copy.write_row((int(article), _text(passage)))
    if kind == "halfvec":
        # The build would spill to disk and take ten times as long with the default 64 MB.
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        connection.execute(
            sql.SQL("CREATE INDEX ON {} USING hnsw (passage halfvec_ip_ops) WITH (m = {})").format(
                _table(table), sql.Literal(_LINKS)
            )
        )


def _forget_old(connection: psycopg.Connection, table: str) -> None:
    """Note that `table` is in use, and drop what was opened longest ago."""
    connection.execute(
        sql.SQL(
            "INSERT INTO {} VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at"
        ).format(_OPENED),
        (table,),
    )
    old = connection.execute(
        sql.SQL("SELECT name FROM {} ORDER BY at DESC OFFSET %s").format(_OPENED), (_KEPT,)
    ).fetchall()
    for (name,) in old:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(_table(name)))
        connection.execute(sql.SQL("DELETE FROM {} WHERE name = %s").format(_OPENED), (name,))


def _text(vector: NDArray[np.float32]) -> str:
    """Write a vector as pgvector reads it; nine digits give every float32 back."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"
