from datetime import UTC, datetime, timedelta

import pytest

from crm.recommending.fitting import no_chance, wilson_lower
from crm.recommending.learning import Learned, learn
from crm.recommending.purchases import Purchases
from crm.recommending.ranking import Ranked, rank

NOON = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


def learned_from(
    baskets: dict[str, list[str]], days_ago: dict[str, float] | None = None
) -> Learned:
    """Learn from what each customer bought; `days_ago` is of products, else today."""
    purchases = Purchases(NOON)
    ages = days_ago or {}
    purchases.add(
        (customer, sku, NOON - timedelta(days=ages.get(sku, 0)))
        for customer, bought in baskets.items()
        for sku in bought
    )
    return learn(purchases)


def shop(pairs: int = 30, single: int = 10) -> dict[str, list[str]]:
    together = {f"T{n}": ["SHOES", "BELT"] for n in range(pairs)}
    alone = {f"S{n}": ["SHOES"] for n in range(single)}
    others = {f"O{n}": ["LAMP"] for n in range(pairs)}
    return together | alone | others


def test_what_is_bought_together_is_ranked_first_with_its_counts() -> None:
    first, *_ = rank(learned_from(shop()), ["SHOES"])

    assert (first.sku, first.because, first.together, first.buyers) == ("BELT", "SHOES", 30, 40)


def test_what_was_bought_is_not_ranked() -> None:
    assert [one.sku for one in rank(learned_from(shop()), ["SHOES", "BELT"])] == ["LAMP"]


def test_of_somebody_unknown_the_best_seller_is_told_without_a_reason() -> None:
    (first, *_) = rank(learned_from(shop()), [])

    assert (first.sku, first.because, first.together, first.buyers) == ("SHOES", None, 0, 0)


def test_a_product_nobody_ever_sold_tells_nothing() -> None:
    learned = learned_from(shop())

    assert list(rank(learned, ["UNHEARD OF"])) == list(rank(learned, []))


def test_a_product_bought_twice_by_one_customer_counts_once() -> None:
    once, twice = shop(), shop()
    twice["T0"] = ["SHOES", "SHOES", "BELT", "BELT"]

    assert list(rank(learned_from(twice), ["SHOES"])) == list(rank(learned_from(once), ["SHOES"]))


def test_of_two_that_fit_alike_the_one_that_sells_now_comes_first() -> None:
    baskets = {f"A{n}": ["SHOES", "BELT"] for n in range(20)}
    baskets |= {f"B{n}": ["SHOES", "SOCKS"] for n in range(20)}

    for old, fresh in (("BELT", "SOCKS"), ("SOCKS", "BELT")):
        ranked = rank(learned_from(baskets, {old: 60}), ["SHOES"])
        assert [one.sku for one in ranked] == [fresh, old]


def test_what_two_products_say_in_common_counts_once() -> None:
    alone = learned_from({f"T{n}": ["LEFT", "BELT"] for n in range(300)})
    both = learned_from({f"T{n}": ["LEFT", "BELT", "RIGHT"] for n in range(300)})
    left, belt = 0, 1

    assert alone.weights[left, belt] == pytest.approx(300 / 500)
    assert both.weights[left, belt] == pytest.approx(300 / 800)


def test_of_a_product_bought_often_only_the_last_time_is_recent() -> None:
    purchases = Purchases(NOON)
    days = [("A", "SHOES", 30), ("A", "SHOES", 15), ("B", "SHOES", 0), ("B", "BELT", 45)]
    purchases.add((who, sku, NOON - timedelta(days=ago)) for who, sku, ago in days)

    assert purchases.recent(half_life_days=15).tolist() == [1.5, 0.125]


def test_an_empty_shop_ranks_nothing() -> None:
    assert list(rank(learned_from({}), ["SHOES"])) == []


def test_one_product_is_no_pair() -> None:
    assert list(rank(learned_from({"C": ["SHOES"]}), ["SHOES"])) == []
    assert [one.because for one in rank(learned_from({"C": ["SHOES"]}), [])] == [None]


def test_learning_again_gives_the_same() -> None:
    def ranked() -> list[Ranked]:
        return list(rank(learned_from(shop()), ["SHOES"]))

    assert ranked() == ranked()


def test_the_lower_bound_is_wilsons() -> None:
    # Lower roots of (p - share)^2 = 1.96^2 p (1 - p) / n, solved by numpy.roots.
    assert wilson_lower(38, 120) == pytest.approx(0.2402, abs=1e-4)
    assert wilson_lower(0, 10) == pytest.approx(0, abs=1e-12)
    assert wilson_lower(10, 10) == pytest.approx(0.7225, abs=1e-4)


@pytest.mark.parametrize(
    ("together", "buyers", "usual", "sure"),
    [(38, 120, 0.1, True), (38, 120, 0.3, False), (4, 4, 0.01, False), (5, 5, 0.5, True)],
)
def test_chance_is_no_reason(together: int, buyers: int, usual: float, sure: bool) -> None:
    assert no_chance(together, buyers, usual) is sure
