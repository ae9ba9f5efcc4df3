"""What customers are measured against: bounds from all of them, and how they buy."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.segments.rules import SegmentRules
from crm.value.bgnbd import BgNbd, fit
from crm.value.ledger import Account

_DAY_S = 86_400
_FIFTHS = (0.2, 0.4, 0.6, 0.8)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marks:
    """Bounds between groups; a list of four divides customers into fifths."""

    big_from_idr: float  # revenue of the history
    micro_to_idr: float
    high_from_idr: float  # worth
    low_to_idr: float
    quiet_days: tuple[float, ...]  # since the last order
    order_counts: tuple[float, ...]
    spent_idr: tuple[float, ...]
    future: BgNbd | None  # None: too few customers to say

    def as_json(self) -> dict[str, Any]:
        """Give what a yardstick stores."""
        return asdict(self)

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Marks":
        """Read what a yardstick holds."""
        future = stored["future"]
        fifths = {name: tuple(found) for name, found in stored.items() if isinstance(found, list)}
        return cls(**{**stored, **fifths, "future": BgNbd(**future) if future else None})


def measure(
    accounts: Collection[Account], rules: SegmentRules, at: datetime, before: BgNbd | None = None
) -> Marks:
    """Return the marks of a shop with these customers; `before`: how they bought last time."""
    buyers = [account for account in accounts if account.orders]
    revenue = np.array([one.revenue_idr for one in accounts if one.revenue_idr > 0], dtype=float)
    future = fit(*habits(buyers, at), start=before)
    worths = worth(buyers, rules, future, at)
    return Marks(
        big_from_idr=_share(revenue, 1 - rules.size.big_share),
        micro_to_idr=_share(revenue, rules.size.micro_share),
        high_from_idr=_share(worths, 1 - rules.value.high_share),
        low_to_idr=_share(worths, rules.value.low_share),
        quiet_days=_fifths(quiet_days(one, at) for one in buyers),
        order_counts=_fifths(float(one.orders) for one in buyers),
        spent_idr=_fifths(float(one.spent_idr) for one in buyers),
        future=future,
    )


def habits(buyers: Collection[Account], at: datetime) -> tuple[Numbers, Numbers, Numbers]:
    """Return repeat purchases, time of the last and time observed (n,) each, in days.

    Orders of one day are one purchase, as in the paper's own data.
    """
    repeats = np.array([max(one.days - 1, 0) for one in buyers], dtype=float)
    last = np.array([_days(one.first_at, one.last_at) for one in buyers], dtype=float)
    age = np.array([_days(one.first_at, at) for one in buyers], dtype=float)
    last = np.where(repeats > 0, np.maximum(last, 1e-3), 0.0)
    return repeats, last, np.maximum(age, last)


def worth(
    buyers: Collection[Account], rules: SegmentRules, future: BgNbd | None, at: datetime
) -> Numbers:
    """Return in rupiah what each (n,) brought in the history and will bring in the horizon."""
    profit = np.array([one.margin_idr - service_idr(one, rules) for one in buyers], dtype=float)
    if future is None or not len(profit):
        return profit
    coming = future.expected(*habits(buyers, at), ahead=float(rules.horizon_days))
    per_order = np.array([_per_order(one, rules) for one in buyers], dtype=float)
    found: Numbers = profit + coming * per_order
    return found


def service_idr(account: Account, rules: SegmentRules) -> int:
    """Return what a customer's contacts cost, without their conversations."""
    costs = rules.costs_idr
    return (
        account.tickets * costs.ticket
        + account.call_backs * costs.call_back
        + account.returned_orders * costs.returned_order
        + account.bot_days * costs.bot_day
        + account.people * costs.person
    )


def quiet_days(account: Account, at: datetime) -> float:
    """Return the days since the last order."""
    return _days(account.last_at, at)


def fifth(value: float, bounds: tuple[float, ...]) -> int:
    """Return the score of `value`, 1 (lowest fifth) to 5."""
    return 1 + sum(value > bound for bound in bounds)


def _per_order(account: Account, rules: SegmentRules) -> float:
    if account.margin_idr > 0:
        return account.margin_idr / account.orders
    return account.spent_idr * rules.margin_share / account.orders


def _days(start: datetime | None, end: datetime | None) -> float:
    return (end - start).total_seconds() / _DAY_S if start and end else 0.0


def _share(values: Numbers, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else 0.0


def _fifths(values: Iterable[float]) -> tuple[float, ...]:
    found = np.fromiter(values, dtype=float)
    return tuple(float(bound) for bound in np.quantile(found, _FIFTHS)) if len(found) else ()
