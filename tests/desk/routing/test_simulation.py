import random

from bench.routing import Counts, count, draw, round_robin
from desk.routing.rules import DEFAULT, parse_rules
from desk.routing.scoring import choose
from desk.routing.simulation import play


def test_in_a_drawn_day_nobody_absent_or_full_gets_anything_and_languages_match() -> None:
    rules = parse_rules(DEFAULT.read_text(encoding="utf-8"))
    day = draw(random.Random(7), 0, 0.5)
    score, robin = Counts(), Counts()

    count(day, play(day.arrivals, day.duty, day.teams, rules, choose), score)
    count(day, play(day.arrivals, day.duty, day.teams, rules, round_robin()), robin)

    assert (score.off_shift, score.over_capacity, score.doubled, score.other_team) == (0, 0, 0, 0)
    assert score.placed > 950
    assert score.matched / score.speakers >= 0.99
    assert score.matched / score.speakers > robin.matched / robin.speakers
    assert score.topic_matched / score.topic_known > robin.topic_matched / robin.topic_known
