"""A hundred thousand turns against the rules, beside a second book that shares no code with them.

The same on a real database, and slower: bench/judgement.py.
"""

import random
from collections import Counter, defaultdict
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from crm.eligibility import Facts, Situation, product_refusal, refusal
from crm.offering.facts import answers
from crm.offering.goods import Goods
from crm.offering.rules import load_offer_rules
from tests.crm.shop import NOON

RULES = load_offer_rules()
DAY = timedelta(days=1)
FLAGS = ("stopped", "open_ticket", "late_order", "disputed_bill")
MOODS = ("neutral", "neutral", "neutral", "happy", "sorry", "angry", "sad")


def goods(chance: random.Random) -> Goods:
    number, stock = chance.randrange(40), chance.choice((0, 3, 3))
    refill = 30 if number % 4 == 0 else None
    return Goods(
        str(number), "", "", "k", 1, 1, stock, [], refill, chance.random() > 0.05, True, None
    )


def test_in_a_hundred_thousand_turns_no_rule_is_broken() -> None:
    chance, at, wrong, counts = random.Random(1), NOON, Counter[str](), Counter[str]()
    made: dict[str, list[Any]] = defaultdict(list)
    unasked: dict[str, list[Any]] = defaultdict(list)
    noes: dict[str, dict[str, Any]] = defaultdict(dict)
    never: set[str] = set()
    bought: dict[str, dict[str, Any]] = defaultdict(dict)
    for _ in range(100_000):
        at += timedelta(minutes=chance.expovariate(1 / 10))
        who = f"C{chance.randrange(300)}"
        if chance.random() < 0.1:
            bought[who][str(chance.randrange(40))] = at
        on = {flag: chance.random() < 0.05 for flag in FLAGS}
        asked, consent = chance.random() < 0.3, chance.random() < 0.9
        complaint, handoff = chance.random() < 0.1, chance.random() < 0.1
        mood, offered = chance.choice(MOODS), goods(chance)
        facts = Facts(
            Situation("c", asked=asked, complaint=complaint, handoff=handoff, mood=mood),
            at, customer_id=who, consent=consent, bought=bought[who],
            **on, **answers(made[who][-30:], [], RULES, at),
        )  # fmt: skip
        if refusal(facts) is not None or product_refusal(offered, facts) is not None:
            counts["none"] += 1
            continue
        counts["asked" if asked else "unasked"] += 1
        last = bought[who].get(offered.sku)
        no = noes[who].get(offered.sku)
        wrong["always"] += on["stopped"] or on["disputed_bill"] or complaint or handoff
        wrong["mood"] += mood in ("sorry", "angry", "sad")
        wrong["shelf"] += not offered.active or offered.stock == 0
        wrong["had it"] += last is not None and (
            offered.refill_days is None or at - last < 30 * DAY
        )
        wrong["declined"] += no is not None and at - no < 90 * DAY
        if not asked:
            wrong["case"] += on["open_ticket"] or on["late_order"] or not consent
            wrong["never"] += who in never
            wrong["not now"] += any(at - moment < 14 * DAY for moment in noes[who].values())
            wrong["cap"] += any(at - moment < 7 * DAY for moment in unasked[who])
            unasked[who].append(at)
        said = chance.choices(("shown", "accepted", "declined", "never"), (50, 30, 19.5, 0.5))[0]
        made[who].append(
            SimpleNamespace(
                sku=offered.sku, shown_at=at, asked=asked, outcome=said, outcome_at=at
            )
        )  # fmt: skip
        if said in ("declined", "never"):
            noes[who][offered.sku] = at
            never |= {who} if said == "never" else set()

    assert +wrong == Counter()
    assert counts["asked"] > 3_000
    assert counts["unasked"] > 1_000
