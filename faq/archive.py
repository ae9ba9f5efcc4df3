"""Keep every version of an article that was in use, so that old answers can be checked for ever.

In the database rather than as kept builds: there it is backed up with the messages that name it,
shared by all processes, and a version takes one row instead of a whole index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from db.base import now
from db.engine import Database
from faq.articles import Article
from faq.tables import ArticleVersion

_BATCH = 400  # two parameters each; older builds of SQLite take 999


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of an article, and since when it was in use."""

    article: Article
    first_used_at: datetime


class Archive:
    """Reads and writes the versions; one per process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, articles: Sequence[Article]) -> int:
        """Add what is not there yet, and say how many that were; call it before they are used."""
        new = await self._missing(articles)
        # Another process may take up the same publication at the same moment.
        dialect = sqlite if self._database.is_sqlite else postgresql
        for start in range(0, len(new), _BATCH):
            rows = [
                {
                    "article": article.id,
                    "version": article.version,
                    "content": article.to_json(),
                    "first_used_at": now(),
                }
                for article in new[start : start + _BATCH]
            ]
            async with self._database.write() as session:
                await session.execute(dialect.insert(ArticleVersion).on_conflict_do_nothing(), rows)
        return len(new)

    async def find(self, article_id: str, version: str) -> Article | None:
        """Return the article as it was, None for what was never in use."""
        async with self._database.read() as session:
            row = await session.get(ArticleVersion, (article_id, version))
        return Article.from_json(row.content) if row else None

    async def history(self, article_id: str) -> list[Edition]:
        """Return all versions of one article, oldest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(ArticleVersion)
                .where(ArticleVersion.article == article_id)
                .order_by(ArticleVersion.first_used_at, ArticleVersion.version)
            )
            return [Edition(Article.from_json(row.content), row.first_used_at) for row in rows]

    async def _missing(self, articles: Sequence[Article]) -> list[Article]:
        by_key = {(article.id, article.version): article for article in articles}
        keys = sorted(by_key)
        key = tuple_(ArticleVersion.article, ArticleVersion.version)
        async with self._database.read() as session:
            for start in range(0, len(keys), _BATCH):
                found = await session.execute(
                    select(ArticleVersion.article, ArticleVersion.version).where(
                        key.in_(keys[start : start + _BATCH])
                    )
                )
                for row in found:
                    del by_key[row.article, row.version]
        return list(by_key.values())
