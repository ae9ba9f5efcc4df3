from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bm25s", reason="only with the extra [bench]: make bench-answers")

from bench import floors
from bench.public_sets import load


@pytest.mark.parametrize("make", [floors.letters, floors.bm25])
def test_a_floor_finds_each_entry_by_its_words(data: Path, make: floors.Floor) -> None:
    search = make(load("pegadaian", data))
    scores = search(["gadai emas bagaimana", "berapa lama kredit", "kantor buka jam berapa"])
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("make", [floors.letters, floors.bm25])
@pytest.mark.parametrize("text", ["", "???", "zzz qqq", "🙂"])
def test_a_text_without_known_words_gets_the_same_score_everywhere(
    data: Path, make: floors.Floor, text: str
) -> None:
    assert np.unique(make(load("pegadaian", data))([text])).tolist() == [0]


def test_an_entry_counts_by_its_best_wording(data: Path) -> None:
    one = load("banking77", data)
    scores = floors.letters(one)(["I lost my card number 7"])
    assert scores.shape == (1, 2)
    assert scores[0, 0] == pytest.approx(1)


def test_a_classifier_gives_each_question_probabilities_of_the_entries(data: Path) -> None:
    scores = floors.letters_learned(load("banking77", data))(["my card is lost"])
    assert scores.sum() == pytest.approx(1)
    assert scores.argmax() == 0


def test_a_classifier_is_offered_only_where_there_are_wordings_to_learn_from(data: Path) -> None:
    assert "letters_lr" in floors.floors(load("banking77", data))
    assert "letters_lr" not in floors.floors(load("pegadaian", data))
