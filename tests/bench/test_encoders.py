from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.encoders import Kept, Vectors
from faq.profiles import LIGHT


class Counting:
    """Encodes a text as its length, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_a_text_is_encoded_once_also_by_the_next_run(tmp_path: Path) -> None:
    encode = Counting()
    assert Kept(LIGHT, tmp_path).encode(["four", "six...", "four"], encode).tolist() == [
        [4],
        [6],
        [4],
    ]
    assert Kept(LIGHT, tmp_path).encode(["six...", "a"], encode).tolist() == [[6], [1]]
    assert encode.asked == ["four", "six...", "a"]


def test_vectors_of_another_version_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = Counting()
    Kept(LIGHT, tmp_path).encode(["four"], encode)
    monkeypatch.setattr("bench.encoders.version", lambda model: f"{model}, a newer one")
    Kept(LIGHT, tmp_path).encode(["four"], encode)
    assert encode.asked == ["four", "four"]
