import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product as every
from typing import Any

import pytest

from crm.eligibility import (
    PRODUCT_RULES,
    RULES,
    Facts,
    Situation,
    in_control_group,
    product_refusal,
    refusal,
)
from settings import PROJECT_DIR
from tests.crm.shop import NOON, product

ASKED = Situation("c", asked=True)
UNASKED = Situation("c")
FREE = Facts(UNASKED, NOON, customer_id="C0001", consent=True)
FLAGS = (
    "stopped", "open_ticket", "late_order", "disputed_bill", "capped", "capped_today",
    "said_not_now", "said_never",
)  # fmt: skip
ALWAYS = {"stopped", "disputed_bill"}


@pytest.mark.parametrize(
    ("situation", "facts", "unasked", "asked"),
    [
        ({}, {}, None, None),
        ({"complaint": True}, {}, "complaint", "complaint"),
        ({"handoff": True}, {}, "handoff", "handoff"),
        ({"mood": "sorry"}, {}, "bad mood", "bad mood"),
        ({"mood": "angry"}, {}, "bad mood", "bad mood"),
        ({"mood": "happy"}, {}, None, None),
        ({}, {"stopped": True}, "stopped by the shop", "stopped by the shop"),
        ({}, {"disputed_bill": True}, "unpaid dispute", "unpaid dispute"),
        ({}, {"open_ticket": True}, "open ticket", None),
        ({}, {"late_order": True}, "late order", None),
        ({}, {"consent": False}, "no consent", None),
        ({}, {"consent": False, "customer_id": None}, None, None),
        ({}, {"said_never": True}, "said never", None),
        ({}, {"said_not_now": True}, "said not now", None),
        ({}, {"capped": True}, "enough offers lately", None),
        ({}, {"capped_today": True}, "enough offers today", None),
    ],
)
def test_no_offer_is_made_where_a_rule_forbids_it(
    situation: dict[str, Any], facts: dict[str, Any], unasked: str | None, asked: str | None
) -> None:
    found = replace(FREE, situation=replace(UNASKED, **situation), **facts)

    assert refusal(found) == unasked
    assert refusal(replace(found, situation=replace(ASKED, **situation))) == asked


def combinations() -> Iterator[tuple[Facts, bool]]:
    """Give all combinations of what the rules look at, and whether an offer may be made."""
    for asked, complaint, handoff in every((False, True), repeat=3):
        for mood in ("neutral", "happy", "sorry", "angry", "sad"):
            situation = Situation("c", asked=asked, complaint=complaint, handoff=handoff, mood=mood)
            calm = not complaint and not handoff and mood in ("neutral", "happy")
            for who, consent in (("C1", True), ("C1", False), (None, False)):
                for flags in every((False, True), repeat=len(FLAGS)):
                    on = {name for name, flag in zip(FLAGS, flags, strict=True) if flag}
                    facts = Facts(
                        situation, NOON, customer_id=who, consent=consent,
                        **dict.fromkeys(on, True),  # type: ignore[arg-type]
                    )  # fmt: skip
                    welcome = not on & ALWAYS if asked else not on and (who is None or consent)
                    yield facts, calm and welcome


def test_over_all_combinations_an_offer_is_made_exactly_where_nothing_speaks_against_it() -> None:
    wrong = [facts for facts, allowed in combinations() if (refusal(facts) is None) != allowed]
    count = sum(1 for _ in combinations())

    assert wrong == []
    assert count == 2**3 * 5 * 3 * 2 ** len(FLAGS)


def test_over_all_combinations_a_product_is_offered_exactly_where_it_makes_sense() -> None:
    ages = (None, 10, 29, 30, 31, 500)
    for active, stock, no, refill, age in every(
        (False, True), (0, 1), (False, True), (None, 30), ages
    ):
        offered = product("A", "shoes", active=active, stock=stock, refill_days=refill)
        bought = {} if age is None else {"A": NOON - timedelta(days=age)}
        facts = replace(FREE, declined=frozenset("A") if no else frozenset("B"), bought=bought)

        owned = age is not None and (refill is None or age < refill)
        allowed = active and stock > 0 and not no and not owned

        assert (product_refusal(offered, facts) is None) == allowed


def test_the_table_in_the_docs_has_every_rule() -> None:
    text = (PROJECT_DIR / "docs" / "offers.md").read_text(encoding="utf-8")
    part = text.partition("## When no offer is made")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| \*\*(.+?)\*\* \|", part, re.MULTILINE)

    assert documented == [rule.name for rule in (*RULES, *PRODUCT_RULES)]


def test_a_tenth_of_the_customers_is_the_control_group_for_ever() -> None:
    members = [n for n in range(10_000) if in_control_group(f"customer {n}")]

    assert 900 < len(members) < 1_100
    assert members == [n for n in range(10_000) if in_control_group(f"customer {n}")]
    more = {n for n in range(10_000) if in_control_group(f"customer {n}", 20)}
    assert set(members) < more
    assert not any(in_control_group(f"customer {n}", 0) for n in range(1_000))
