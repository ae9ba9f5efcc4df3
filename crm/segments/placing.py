"""Put customers into their segments, by the rules and what all are measured against."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from crm.segments.marks import Marks, fifth, habits, quiet_days, service_idr, worth
from crm.segments.rules import SegmentRules
from crm.value.ledger import Account
from crm.value.needs import Need

_STEADY = 0.15  # of profit; a smaller change is none


def place(
    accounts: Mapping[str, Account],
    cities: Mapping[str, str | None],
    needs: Mapping[str, Need],
    rules: SegmentRules,
    marks: Marks,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return the row of standings of every customer in `cities`."""
    found = [(name, accounts.get(name, Account())) for name in cities]
    buyers = [(name, one) for name, one in found if one.orders]
    futures = _futures([one for _, one in buyers], rules, marks, at)
    future_of = {name: future for (name, _), future in zip(buyers, futures, strict=True)}
    return [
        _row(name, one, rules, marks, at)
        | {"region": rules.region(cities[name])}
        | future_of.get(name, _NO_FUTURE)
        | _need(needs.get(name))
        for name, one in found
    ]


_NO_FUTURE = {"expected_orders": None, "churn": None, "silent": None, "value_class": "new"}


def _row(
    name: str, one: Account, rules: SegmentRules, marks: Marks, at: datetime
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "customer_id": name,
        "at": at,
        "activity": _activity(one, rules, at),
        "size": _size(one, marks),
        "line": one.line,
        "orders": one.orders,
        "spent_idr": one.spent_idr,
        "last_order_at": one.last_at,
        "revenue_idr": one.revenue_idr,
        "margin_idr": one.margin_idr,
        "service_idr": service_idr(one, rules),
        "contacts": one.contacts,
        "bot_days": one.bot_days,
        "people": one.people,
        "trend": _trend(one),
        "overdue_bills": one.overdue_bills,
        "overdue_since": one.overdue_since,
        "rfm": None,
        "recency": None,
        "frequency": None,
        "money": None,
    }
    if one.orders:
        recency = 6 - fifth(quiet_days(one, at), marks.quiet_days)
        frequency = fifth(one.orders, marks.order_counts)
        money = fifth(one.spent_idr, marks.spent_idr)
        worth_score = (frequency + money + 1) // 2
        row |= {"recency": recency, "frequency": frequency, "money": money}
        row["rfm"] = rules.rfm_segment(recency, worth_score)
    return row


def _activity(one: Account, rules: SegmentRules, at: datetime) -> str:
    limits = rules.activity
    if one.overdue_since is not None and (
        one.overdue_bills >= limits.bad_debtor_bills
        or at - one.overdue_since > timedelta(days=limits.bad_debtor_days)
    ):
        return "bad_debtor"
    if not one.orders:
        return "new"
    quiet = quiet_days(one, at)
    if quiet <= limits.active_days:
        return "active"
    return "passive" if quiet <= limits.passive_days else "lapsed"


def _size(one: Account, marks: Marks) -> str | None:
    if one.revenue_idr <= 0:
        return None
    if one.revenue_idr >= marks.big_from_idr:
        return "big"
    return "micro" if one.revenue_idr <= marks.micro_to_idr else "regular"


def _trend(one: Account) -> str:
    change = one.margin_now_idr - one.margin_before_idr
    usual = max(abs(one.margin_now_idr), abs(one.margin_before_idr))
    if abs(change) <= _STEADY * usual:
        return "steady"
    return "rising" if change > 0 else "falling"


def _futures(
    buyers: list[Account], rules: SegmentRules, marks: Marks, at: datetime
) -> list[dict[str, Any]]:
    worths = worth(buyers, rules, marks.future, at)
    classes = [_class(float(one), marks) for one in worths]
    if marks.future is None or not buyers:
        return [_NO_FUTURE | {"value_class": found} for found in classes]
    known = habits(buyers, at)
    ahead = float(rules.horizon_days)
    expected = marks.future.expected(*known, ahead=ahead)
    gone = 1 - marks.future.alive(*known)
    silent = marks.future.silent(*known, ahead=ahead)
    once = known[0] == 0
    return [
        {
            "expected_orders": float(expected[n]),
            "churn": None if once[n] else float(np.clip(gone[n], 0, 1)),
            "silent": float(np.clip(silent[n], 0, 1)),
            "value_class": classes[n],
        }
        for n in range(len(buyers))
    ]


def _class(worth_idr: float, marks: Marks) -> str:
    if worth_idr >= marks.high_from_idr:
        return "high"
    return "low" if worth_idr <= marks.low_to_idr else "medium"


def _need(need: Need | None) -> dict[str, Any]:
    if need is None:
        return {"need": None, "need_at": None, "need_about": None}
    return {"need": need.kind, "need_at": need.at, "need_about": need.about}
