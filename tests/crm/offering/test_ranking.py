from datetime import timedelta
from typing import Any

import pytest

from crm.offering.goods import Goods
from crm.offering.prices import Price
from crm.offering.ranking import Candidate, score
from crm.offering.rules import load_offer_rules
from crm.recommending.fitting import wilson_lower
from tests.crm.shop import NOON

RULES = load_offer_rules().ranking


def goods(sku: str = "A", price_idr: int = 100_000, cost_idr: int | None = 60_000) -> Goods:
    return Goods(sku, sku, sku, "shoes", price_idr, cost_idr, 5, [], None, True, True, None)


def total(candidate: Candidate, product: Goods | None = None, **more: Any) -> float:
    offered = product or goods()
    known = {
        "price": Price(offered.price_idr),
        "because": None,
        "weights": {},
        "shown": 0,
        "at": NOON,
        **more,
    }
    return score(candidate, offered, rules=RULES, **known).total


COMPLEMENT = Candidate("A", "complement", "B", NOON)


def test_what_brings_more_at_the_same_chance_comes_first() -> None:
    assert total(COMPLEMENT, goods(cost_idr=30_000)) == pytest.approx(70_000 * 0.1)
    assert total(COMPLEMENT, goods(cost_idr=60_000)) == pytest.approx(40_000 * 0.1)
    assert total(COMPLEMENT, goods(cost_idr=None)) == pytest.approx(30_000 * 0.1)
    assert total(COMPLEMENT, goods(cost_idr=200_000)) == pytest.approx(0.1)


def test_what_is_often_bought_together_is_weighed_by_the_lower_end_of_its_share() -> None:
    together = Candidate("A", "together", "B", NOON, {"together": 38, "buyers": 120})

    assert total(together) == pytest.approx(40_000 * wilson_lower(38, 120))
    assert 0.23 < wilson_lower(38, 120) < 38 / 120


def test_nobody_is_first_offered_shoes_with_a_belt() -> None:
    belt, shoes = goods("BELT", 100_000, 0), goods("SHOES", 400_000, 300_000)

    assert total(COMPLEMENT, shoes, because=belt) < total(COMPLEMENT, belt, because=shoes)


def test_an_old_purchase_says_half_as_much_after_the_half_life() -> None:
    old = Candidate("A", "complement", "B", NOON - timedelta(days=RULES.half_life_days))

    assert total(old) == pytest.approx(total(COMPLEMENT) / 2)


def test_what_was_shown_for_nothing_gives_way() -> None:
    assert total(COMPLEMENT, shown=2) == pytest.approx(total(COMPLEMENT) / 4)


def test_a_reduced_price_is_taken_more_often_and_brings_less() -> None:
    reduced = score(COMPLEMENT, goods(), Price(80_000, 100_000), None, RULES, {}, 0, NOON)

    assert (reduced.value_idr, reduced.chance) == (20_000, pytest.approx(0.12))


def test_learned_weights_change_the_order_and_no_chance_is_above_one() -> None:
    assert total(COMPLEMENT, weights={"complement": 3}) == pytest.approx(3 * total(COMPLEMENT))
    assert total(COMPLEMENT, weights={"complement": 99}) == 40_000
