import numpy as np
import pytest
from numpy.typing import NDArray

from faq import index
from faq.index import PassageIndex


def vectors(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


def test_an_article_counts_by_its_nearest_passage() -> None:
    found = PassageIndex([0, 0, 1], vectors([1, 0], [0, 2], [3, 4]), 2).best(vectors([0, 5]))
    assert found.tolist() == [[1.0, np.float32(0.8)]]


def test_an_article_without_passages_gets_the_lowest_score_found() -> None:
    found = PassageIndex([0, 2], vectors([1, 0], [3, 4]), 3).best(vectors([1, 0]))
    assert found.tolist() == [[1.0, np.float32(0.6), np.float32(0.6)]]


def test_a_vector_of_zeros_is_no_error() -> None:
    assert PassageIndex([0], vectors([0, 0]), 1).best(vectors([0, 0])).tolist() == [[0.0]]


def test_passages_and_articles_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="1 passages for 2 vectors"):
        PassageIndex([0], vectors([1, 0], [0, 1]), 1)
    with pytest.raises(ValueError, match="0 passages for 0 vectors"):
        PassageIndex([], np.zeros((0, 2), dtype=np.float32), 0)


def test_many_passages_are_searched_by_a_graph_that_finds_the_same_and_can_be_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(1)
    passages = chance.normal(size=(600, 16)).astype(np.float32)
    articles = list(range(300)) * 2
    exact = PassageIndex(articles, passages, 300)
    monkeypatch.setattr(index, "_EXACT_UP_TO", 500)
    many = PassageIndex(articles, passages, 300)
    graph = many.graph()
    assert exact.graph() is None
    assert graph is not None
    again = PassageIndex(articles, passages, 300, graph)
    asked = passages[:20] + chance.normal(size=(20, 16)).astype(np.float32) / np.float32(10)
    nearest = exact.best(asked).argmax(axis=1).tolist()
    assert many.best(asked).argmax(axis=1).tolist() == nearest
    assert again.best(asked).tolist() == many.best(asked).tolist()


def test_a_graph_that_finds_less_than_was_asked_for_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index, "_EXACT_UP_TO", 1)
    few = PassageIndex([0, 1, 2], vectors([1, 0], [0, 1], [-1, 0]), 3)
    assert few.best(vectors([1, 0])).argmax() == 0
