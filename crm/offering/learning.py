"""Learn from customers' answers how much each reason weighs: Thompson sampling, off by default.

Each reason is an arm. Of its unasked offers in the window, those accepted or bought count as a yes;
before them come as many invented answers as the rules say, at their chance. At each choice a chance
of a yes is drawn from the arm's beta distribution and divided by the chance of the rules: that is
the weight, so a reason that does better than thought comes forward, and one of which little is
known is tried now and then. In a fixed share of choices all weights are drawn from the beginning's
distribution instead: the floor below which exploration never falls.
Source: Thompson, Biometrika 25 (1933); Chapelle and Li, NIPS 2011.
"""

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, case, func, select

from crm.offering.choosing import Weights
from crm.offering.rules import REASONS, OfferRules
from crm.tables import Offer
from db.base import now as current_time
from db.engine import Database

_COUNTED_EVERY_S = 60.0
_LEAST_CHANCE = 0.01  # so that the lower bound of `together`, 0 by the rules, can be weighed too
_HIGHEST, _LOWEST = 10.0, 0.1  # of a weight

_offers: Table = Offer.__table__  # type: ignore[assignment]

Answers = Mapping[str, tuple[int, int]]  # reason -> offers, of them with a yes


class Learner:
    """Weighs the reasons; one per process."""

    def __init__(
        self,
        database: Database,
        rules: OfferRules,
        clock: Callable[[], datetime] = current_time,
        chance: random.Random | None = None,
    ) -> None:
        """`chance` draws; by default from the system."""
        self._database = database
        self._rules = rules
        self._clock = clock
        self._chance = chance or random.SystemRandom()
        self._answers: Answers = {}
        self._counted_s = -_COUNTED_EVERY_S

    async def weigh(self) -> Weights:
        """Draw the weights of one choice."""
        if time.monotonic() - self._counted_s >= _COUNTED_EVERY_S:
            since = self._clock() - timedelta(days=self._rules.learning.window_days)
            self._answers = await self._database.ask(lambda c: count_answers(c, since))
            self._counted_s = time.monotonic()
        return draw(self._answers, self._rules, self._chance)


def draw(answers: Answers, rules: OfferRules, chance: random.Random) -> Weights:
    """Draw a weight for each reason, given the answers so far."""
    explored = chance.random() < rules.learning.explore_percent / 100
    return Weights(
        {
            reason: _weight(
                reason, (0, 0) if explored else answers.get(reason, (0, 0)), rules, chance
            )
            for reason in REASONS
        },
        explored,
    )


def _weight(
    reason: str, answers: tuple[int, int], rules: OfferRules, chance: random.Random
) -> float:
    expected = min(max(rules.ranking.chances[reason], _LEAST_CHANCE), 1 - _LEAST_CHANCE)
    prior = rules.learning.prior_offers
    offers, yes = answers
    drawn = chance.betavariate(prior * expected + yes, prior * (1 - expected) + offers - yes)
    return min(max(drawn / expected, _LOWEST), _HIGHEST)


def count_answers(connection: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """Count the unasked offers shown from `since` on, and those with a yes, by reason."""
    yes = (_offers.c.outcome == "accepted") | _offers.c.bought_at.is_not(None)
    rows = connection.execute(
        select(_offers.c.reason, func.count(), func.sum(case((yes, 1), else_=0)))
        .where(
            _offers.c.asked.is_(False), _offers.c.outcome != "withheld", _offers.c.shown_at >= since
        )
        .group_by(_offers.c.reason)
    )
    return {reason: (count, int(yes)) for reason, count, yes in rows}
