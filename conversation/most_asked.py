"""Which articles a site's visitors ask for most, for who has not asked anything yet."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection, case, func, select

from conversation.tables import AnswerRating, Conversation, Message
from db.base import now
from db.engine import Database

_PERIOD = timedelta(days=30)
_FEWEST = 3  # conversations; fewer would show one visitor's question to all others
_MOST = 12
_CACHED_S = 600.0


class MostAsked:
    """Counts answered articles by site; one per process, looked up anew every ten minutes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._found: dict[str, tuple[float, Sequence[str]]] = {}

    async def of(self, site: str) -> Sequence[str]:
        """Give the ids of the articles that answered in most conversations, most asked first."""
        at, found = self._found.get(site, (float("-inf"), ()))
        if self._clock() < at + _CACHED_S:
            return found
        self._found[site] = (self._clock(), found)  # who asks meanwhile gets the old ones
        found = await self._database.ask(lambda connection: _count(connection, site))
        self._found[site] = (self._clock(), found)
        return found


def _count(connection: Connection, site: str) -> Sequence[str]:
    """Leave out what more visitors called unhelpful than helpful."""
    article = Message.data["article"].as_string()
    asked = func.count(Message.conversation_id.distinct())
    counted = (
        select(article, asked)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.kind == "answer",
            Message.at >= now() - _PERIOD,
            Conversation.site == site,
        )
        .group_by(article)
        .having(asked >= _FEWEST)
        .order_by(asked.desc(), article)
        .limit(_MOST)
    )
    helped = func.sum(case((AnswerRating.helped, 1), else_=-1))
    unhelpful = select(AnswerRating.article).group_by(AnswerRating.article).having(helped < 0)
    bad = set(connection.scalars(unhelpful))
    return [found for found, _ in connection.execute(counted) if found and found not in bad]
