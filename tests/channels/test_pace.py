import pytest

from channels.pace import Pace
from channels.problem import Problem


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_the_one_too_many_is_told_when_to_come_back() -> None:
    clock = Clock()
    pace = Pace(2, 10, clock)
    await pace.hit("a")
    clock.at += 4
    await pace.hit("a")
    await pace.hit("b")

    with pytest.raises(Problem) as refused:
        await pace.hit("a")

    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "6"})
    clock.at += 6
    await pace.hit("a")


async def test_who_goes_on_too_fast_is_not_kept_out_longer() -> None:
    clock = Clock()
    pace = Pace(1, 10, clock)
    await pace.hit("a")
    for _ in range(9):
        clock.at += 1
        with pytest.raises(Problem):
            await pace.hit("a")
    clock.at += 1

    await pace.hit("a")


async def test_a_thousand_visitors_who_left_take_no_memory() -> None:
    clock = Clock()
    pace = Pace(5, 10, clock)
    for number in range(1000):
        await pace.hit(str(number))
    clock.at += 11

    await pace.hit("still here")

    assert list(pace._hits) == ["still here"]  # memory is the point
