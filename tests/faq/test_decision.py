import numpy as np

from faq.decision import Judge, Rehearsal, Yardstick, features
from faq.ranking import Scores

YARDSTICK = Yardstick(mean=0.0, spread=1.0)
TRUSTING = Judge(YARDSTICK, first=(0.0, 1.0, 1.0, 0.0), among=(1.0, 1.0, 0.0, 0.0), answer_from=0.8)


def scores(*rows: list[float]) -> Scores:
    total = np.array(rows, dtype=np.float32)
    return Scores(total, total, None)


def test_an_article_that_stands_out_is_more_probable_than_one_of_two_alike() -> None:
    [(clear, p), (torn, q)] = TRUSTING.decide(scores([5, 1, 1], [5, 4.9, 1]), [0, 1, 2])
    assert (clear, torn, p > q) == ("answer", "clarify", True)


def test_two_articles_with_one_answer_are_no_doubt() -> None:
    [(decision, p)] = TRUSTING.decide(scores([5, 5, 1]), [0, 0, 2])
    assert decision == "answer"
    assert p > TRUSTING.decide(scores([5, 5, 1]), [0, 1, 2])[0][1]


def test_what_scores_like_a_stranger_is_left() -> None:
    assert TRUSTING.decide(scores([0, -3, -3]), [0, 1, 2])[0][0] == "abstain"


def test_the_only_article_is_not_certain_for_that() -> None:
    assert TRUSTING.decide(scores([0.5]), [0])[0][0] == "abstain"
    assert TRUSTING.decide(scores([9.0]), [0])[0][0] == "answer"


def test_features_stay_finite_for_scores_beyond_all_measure() -> None:
    seen = features(scores([1e6, 0], [-1e6, -2e6], [0, 0]), [0, 1], Yardstick(0.0, 1e-3))
    assert np.isfinite(seen).all()


def test_answers_keep_the_promise_on_the_questions_of_the_rehearsal() -> None:
    chance = np.random.default_rng(1)
    above = chance.normal(size=2_000)
    right = (chance.random(2_000) < 1 / (1 + np.exp(-3 * above))).astype(np.float64)
    seen = np.stack([above, above, np.zeros(2_000)], axis=1)
    judge = Judge.fit(YARDSTICK, Rehearsal(seen, right, right, np.full(2_000, 1 / 2_000)), None)
    likely = 1 / (1 + np.exp(-(judge.first[0] + seen @ np.array(judge.first[1:]))))
    answered = likely >= judge.answer_from
    wrong = int((1 - right)[answered].sum())
    assert wrong == int(0.05 * answered.sum())
    assert answered.mean() > 0.25
