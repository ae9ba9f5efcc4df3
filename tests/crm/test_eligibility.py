from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.eligibility import Facts, Situation, in_control_group, product_refusal, refusal
from tests.crm.shop import NOON, product

ASKED = Situation("c", asked=True)
UNASKED = Situation("c")
FREE = Facts(UNASKED, NOON, customer_id="C0001", consent=True)


@pytest.mark.parametrize(
    ("situation", "facts", "unasked", "asked"),
    [
        ({}, {}, None, None),
        ({"complaint": True}, {}, "complaint", "complaint"),
        ({"handoff": True}, {}, "handoff", "handoff"),
        ({"mood": "sorry"}, {}, "mood sorry", "mood sorry"),
        ({"mood": "happy"}, {}, None, None),
        ({}, {"open_ticket": True}, "open ticket", None),
        ({}, {"late_order": True}, "late order", None),
        ({}, {"consent": False}, "no consent", None),
        ({}, {"consent": False, "customer_id": None}, None, None),
        ({}, {"said_never": True}, "said never", None),
        ({}, {"offered_recently": True}, "offered in the last 7 days", None),
    ],
)
def test_no_offer_is_made_where_a_rule_forbids_it(
    situation: dict[str, Any], facts: dict[str, Any], unasked: str | None, asked: str | None
) -> None:
    found = replace(FREE, situation=replace(UNASKED, **situation), **facts)

    assert refusal(found) == unasked
    assert refusal(replace(found, situation=replace(ASKED, **situation))) == asked


def test_a_tenth_of_the_customers_never_gets_unasked_offers() -> None:
    members = [n for n in range(10_000) if in_control_group(f"customer {n}")]

    assert 900 < len(members) < 1_100
    assert members == [n for n in range(10_000) if in_control_group(f"customer {n}")]
    facts = replace(FREE, customer_id=f"customer {members[0]}")
    assert refusal(facts) == "control group"
    assert refusal(replace(facts, situation=ASKED)) is None


@pytest.mark.parametrize(
    ("product_fields", "facts", "rule"),
    [
        ({}, {}, None),
        ({"active": False}, {}, "not sold any more"),
        ({"stock": 0}, {}, "out of stock"),
        ({}, {"declined": frozenset({"A"})}, "declined in the last 90 days"),
        ({}, {"declined": frozenset({"B"})}, None),
        ({}, {"bought": {"A": NOON - timedelta(days=400)}}, "bought already"),
        ({"refill_days": 30}, {"bought": {"A": NOON - timedelta(days=29)}}, "bought already"),
        ({"refill_days": 30}, {"bought": {"A": NOON - timedelta(days=30)}}, None),
    ],
)
def test_a_product_is_not_offered_where_a_rule_forbids_it(
    product_fields: dict[str, Any], facts: dict[str, Any], rule: str | None
) -> None:
    offered = product("A", "shoes", **{"active": True, **product_fields})

    assert product_refusal(offered, replace(FREE, **facts)) == rule
