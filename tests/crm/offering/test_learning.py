import random
from collections import Counter
from datetime import timedelta

from crm.offering.learning import Learner, count_answers, draw
from crm.offering.rules import REASONS, load_offer_rules
from crm.tables import Offer
from db.engine import Database
from tests.crm.shop import NOON, add, at_noon, fill

RULES = load_offer_rules()


def best(answers: dict[str, tuple[int, int]], tries: int = 2_000) -> Counter[str]:
    """Count which of two reasons has the higher chance, drawn so often."""
    chance, won = random.Random(5), Counter[str]()
    for _ in range(tries):
        weights = draw(answers, RULES, chance)
        chances = {
            reason: weights.of[reason] * RULES.ranking.chances[reason]
            for reason in ("complement", "refill")
        }
        won[max(chances, key=lambda reason: chances[reason])] += 1
    return won


def test_before_any_answer_reasons_weigh_as_the_rules_say_give_or_take() -> None:
    chance = random.Random(3)
    drawn = [draw({}, RULES, chance).of for _ in range(3_000)]

    for reason in REASONS:
        mean = sum(weights[reason] for weights in drawn) / len(drawn)
        assert 0.9 < mean < 1.2, reason


def test_a_reason_that_is_taken_more_often_than_thought_comes_first() -> None:
    before = best({})
    after = best({"complement": (400, 200), "refill": (400, 20)})

    assert before["refill"] > before["complement"]
    assert after["complement"] > 1_700


def test_whatever_was_answered_the_floor_of_exploration_stays() -> None:
    chance = random.Random(8)
    sure = dict.fromkeys(REASONS, (100000, 1))
    explored = [draw(sure, RULES, chance).explored for _ in range(5_000)]

    assert 0.085 < sum(explored) / 5_000 < 0.115
    assert best({"complement": (100_000, 90_000), "refill": (100_000, 1)})["refill"] > 50


async def test_answers_are_those_to_unasked_offers_in_the_window(database: Database) -> None:
    await fill(database)

    def offer(n: int, **fields: object) -> Offer:
        return Offer(
            **{
                "turn_id": f"t{n}", "sku": "SHOES", "price_idr": 1, "reason": "refill",
                "shown_at": NOON, **fields,
            }
        )  # fmt: skip

    await add(
        database,
        offer(1),
        offer(2, outcome="accepted"),
        offer(3, bought_at=NOON),
        offer(4, outcome="declined", reason="deal"),
        offer(5, outcome="withheld", bought_at=NOON),
        offer(6, outcome="accepted", asked=True),
        offer(7, outcome="accepted", shown_at=NOON - timedelta(days=200)),
    )
    since = NOON - timedelta(days=RULES.learning.window_days)

    counted = await database.ask(lambda connection: count_answers(connection, since))
    weights = await Learner(database, RULES, at_noon, random.Random(1)).weigh()

    assert counted == {"refill": (3, 2), "deal": (1, 0)}
    assert set(weights.of) == set(REASONS)
