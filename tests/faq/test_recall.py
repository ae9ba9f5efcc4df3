from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from faq.recall import Recall


class Reader:
    """Reads a question as its length and an answer as that, below nought; notes what it read."""

    model = "lengths"

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        return np.array([[len(text)] for text in texts], dtype=np.float32).reshape(-1, 1)

    def encode_answers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return -self.encode(texts)


def vector(value: float) -> NDArray[np.float32]:
    return np.array([value], dtype=np.float32)


def test_only_what_is_not_known_is_encoded_and_each_text_once() -> None:
    reader = Reader()
    recall = Recall("lengths", lambda _: reader, {"known": vector(7)}, {"said": vector(8)})
    assert recall.encode(["known", "new", "known", "new"]).tolist() == [[7], [3], [7], [3]]
    assert recall.encode_answers(["said", "newer", "newer"]).tolist() == [[8], [-5], [-5]]
    assert recall.encode(["new"]).tolist() == [[3]]
    assert reader.read == ["new", "newer"]


def test_a_text_known_as_a_question_is_not_known_as_an_answer() -> None:
    reader = Reader()
    recall = Recall("lengths", lambda _: reader, {"both": vector(7)}, {})
    assert recall.encode_answers(["both"]).tolist() == [[-4]]
    assert recall.encode(["both"]).tolist() == [[7]]


def test_the_model_is_not_loaded_for_what_is_known() -> None:
    def load(model: str) -> Reader:
        raise AssertionError(f"{model} was loaded")

    recall = Recall("lengths", load, {"known": vector(7)}, {"said": vector(8)})
    assert recall.encode(["known"]).tolist() == [[7]]
    assert recall.encode_answers(["said"]).tolist() == [[8]]


def test_no_texts_give_no_vectors_of_the_models_length() -> None:
    recall = Recall("lengths", lambda _: Reader(), {}, {})
    assert recall.encode([]).shape == (0, 1)
    assert recall.encode_answers([]).shape == (0, 1)
