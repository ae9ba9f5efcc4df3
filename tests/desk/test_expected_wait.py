import pytest
from scipy.stats import gamma

from desk.expected_wait import Band, Places, Seen, expected_wait

MANY = [300.0, 900.0] * 50_000  # mean 600 s, coefficient of variation .5


def test_with_nobody_there_nothing_is_said() -> None:
    assert expected_wait(0, Places(0, 0), Seen(handled=MANY)) is None


def test_with_too_few_conversations_behind_it_a_full_desk_says_nothing() -> None:
    assert expected_wait(0, Places(3, 0), Seen(handled=[300, 400])) is None


def test_a_free_place_is_a_short_wait_even_on_the_first_day() -> None:
    band = expected_wait(0, Places(3, 1), Seen())

    assert band is not None
    assert band.rounded() == (0, 2)


def test_those_ahead_take_the_free_places_first() -> None:
    seen = Seen(handled=[600] * 10, picked_up=[10] * 10)

    second, third = (expected_wait(ahead, Places(3, 2), seen) for ahead in (1, 2))

    assert second is not None
    assert third is not None
    assert second.to_s < 60 < third.to_s


@pytest.mark.parametrize(("ahead", "places"), [(0, 1), (4, 1), (9, 6)])
def test_of_many_conversations_the_band_is_that_of_a_gamma_distribution(
    ahead: int, places: int
) -> None:
    seen = Seen(handled=MANY, picked_up=[0.0] * 3)
    ends = gamma.ppf((0.1, 0.9), (ahead + 1) / 0.25, scale=600 * 0.25 / places)

    band = expected_wait(ahead, Places(places, 0), seen)

    assert band is not None
    assert (band.from_s, band.to_s) == pytest.approx(tuple(ends), abs=2)


def test_few_conversations_make_a_wider_band_than_many() -> None:
    few, many = (
        expected_wait(3, Places(2, 0), Seen(handled=[300.0, 900.0] * pairs)) for pairs in (2, 50)
    )

    assert few is not None
    assert many is not None
    assert few.from_s < many.from_s < many.to_s < few.to_s


def test_conversations_that_do_not_end_make_the_wait_longer() -> None:
    short = expected_wait(0, Places(2, 0), Seen(handled=[300.0] * 5))
    stuck = expected_wait(0, Places(2, 0), Seen(handled=[300.0] * 5, under_way=[3000.0] * 2))

    assert short is not None
    assert stuck is not None
    assert stuck.from_s > short.from_s
    assert stuck.to_s > short.to_s


def test_where_people_give_up_the_line_moves_faster() -> None:
    patient = Seen(handled=[600.0] * 20)
    hurried = Seen(handled=[600.0] * 20, gave_up=10, waited=6000)

    bands = [expected_wait(8, Places(2, 0), seen) for seen in (patient, hurried)]

    assert bands[0] is not None
    assert bands[1] is not None
    assert bands[1].to_s < bands[0].from_s * 2
    assert bands[1].to_s < bands[0].to_s


@pytest.mark.parametrize(
    ("band", "told"),
    [
        (Band(0, 0), (0, 1)),
        (Band(3, 59), (0, 1)),
        (Band(61, 119), (1, 2)),
        (Band(120, 120), (2, 3)),
        (Band(500, 700), (8, 15)),
        (Band(840, 1510), (10, 30)),
        (Band(3700, 9100), (60, 165)),
    ],
)
def test_a_band_is_told_in_round_minutes_that_hold_it(band: Band, told: tuple[int, int]) -> None:
    assert band.rounded() == told
