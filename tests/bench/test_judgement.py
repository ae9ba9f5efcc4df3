from pathlib import Path

from bench.judgement import live


async def test_in_the_life_of_a_shop_nothing_is_offered_that_should_not_be(tmp_path: Path) -> None:
    world = await live(tmp_path, turns=250, seed=3)

    assert world.violations == []
    assert world.turns == 250
    assert world.counts["asked"] > 10
    assert world.counts["unasked"] > 10
    assert world.counts["none"] > 10
