import numpy as np
import pytest

from crm.value.bgnbd import BgNbd, Numbers, fit

CDNOW = BgNbd(0.243, 4.414, 0.793, 2.426)  # Fader, Hardie, Lee 2005, table 2


def one(*values: float) -> tuple[Numbers, ...]:
    return tuple(np.array([value]) for value in values)


def test_the_paper_s_example_customer_is_expected_to_buy_as_in_the_paper() -> None:
    # Its section 5: two repeats, the last in week 30.43 of 38.86; the next 39 weeks bring 1.226.
    assert CDNOW.expected(*one(2, 30.43, 38.86), ahead=39)[0] == pytest.approx(1.226, abs=0.001)


def test_the_expectation_is_the_sum_over_a_simulated_future() -> None:
    chance = np.random.default_rng(4)
    model, ahead, customers = BgNbd(1.2, 20.0, 1.5, 6.0), 60.0, 40_000
    rates = chance.gamma(model.r, 1 / model.alpha, customers)
    leaves = chance.beta(model.a, model.b, customers)
    clock, bought = np.zeros(customers), np.zeros(customers)
    here = np.ones(customers, dtype=bool)
    while here.any():
        clock += np.where(here, chance.exponential(1 / rates), 0)
        here &= clock <= ahead
        bought += here
        here &= chance.random(customers) > leaves

    expected = model.expected(*one(0, 0, 0), ahead=ahead)[0]
    silent = model.silent(*one(0, 0, 0), ahead=ahead)[0]

    assert expected == pytest.approx(bought.mean(), rel=0.02)
    assert silent == pytest.approx((bought == 0).mean(), abs=0.01)


def test_parameters_are_found_again_from_what_customers_did() -> None:
    chance = np.random.default_rng(7)
    true, customers = BgNbd(0.6, 8.0, 0.8, 2.5), 20_000
    rates = chance.gamma(true.r, 1 / true.alpha, customers)
    leaves = chance.beta(true.a, true.b, customers)
    age = chance.uniform(30, 60, customers)
    repeats, last, clock = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    here = np.ones(customers, dtype=bool)
    while here.any():
        clock += np.where(here, chance.exponential(1 / rates), 0)
        here &= clock <= age
        repeats += here
        last = np.where(here, clock, last)
        here &= chance.random(customers) > leaves

    found = fit(repeats, last, age)

    assert found is not None
    assert found.r == pytest.approx(true.r, rel=0.06)
    assert found.alpha == pytest.approx(true.alpha, rel=0.08)
    assert found.a / (found.a + found.b) == pytest.approx(true.a / (true.a + true.b), rel=0.06)


def test_a_customer_with_thousands_of_orders_overflows_nothing() -> None:
    busy = one(5_000, 700, 700)

    assert CDNOW.alive(*busy)[0] == pytest.approx(1, abs=0.01)
    assert CDNOW.expected(*busy, ahead=70)[0] == pytest.approx(500, rel=0.05)
    assert BgNbd(0.5, 2.0, 1.0, 2.0).expected(*busy, ahead=70)[0] == pytest.approx(500, rel=0.05)


def test_who_has_not_bought_for_long_has_likely_left_and_who_never_came_back_is_unknown() -> None:
    repeats, last, age = np.array([10.0, 10.0, 0.0]), np.array([38.0, 12.0, 0]), np.full(3, 38.86)

    alive = CDNOW.alive(repeats, last, age)

    assert alive[0] > 0.8
    assert alive[1] < 0.05
    assert alive[2] == 1


def test_a_handful_of_customers_is_not_fitted() -> None:
    assert fit(np.ones(10), np.ones(10), np.full(10, 2.0)) is None
    assert fit(np.zeros(500), np.zeros(500), np.full(500, 9.0)) is None
