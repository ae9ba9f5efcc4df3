from pathlib import Path

import pytest

from bench import parts
from bench.public_sets import load
from faq.encoder import Encoder
from faq.profiles import LIGHT


def test_parts_are_measured_alone_and_joined_up_to_the_whole_engine(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Encoder(LIGHT)
    monkeypatch.setattr(parts, "encoder", lambda _: encoder)
    without_head = parts.measure(load("pegadaian", data), LIGHT)
    assert list(without_head["joined"]) == ["meaning", "letters", "whole", "answer"]
    with_head = parts.measure(load("banking77", data), LIGHT)
    assert with_head["joined"] == {"meaning": 1, "letters": 1, "whole": 1, "head": 1}
    assert with_head["alone"].keys() == with_head["joined"].keys()
    assert with_head["any"] == {"": 1}
