import time
from pathlib import Path

import pytest
import yaml

from language import Detection, Lang, detect

HELD_OUT = yaml.safe_load(Path(__file__).with_name("held_out.yml").read_text(encoding="utf-8"))


def test_short_chat_messages_nobody_tuned_for_are_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = [
        (row["text"], found)
        for row in HELD_OUT
        if (found := detect(row["text"], row.get("previous")).lang) != row["lang"]
    ]
    with capsys.disabled():
        print(f"\nlanguage: {len(HELD_OUT) - len(wrong)} of {len(HELD_OUT)} right; wrong: {wrong}")

    assert len(HELD_OUT) >= 60
    assert len(wrong) / len(HELD_OUT) <= 0.05


@pytest.mark.parametrize("previous", ["id", "en"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ok",
        "oke",
        "TL-240815-0042",
        "4321",
        "👍",
        "budi@example.com",
        "0812 0000 1234",
        "?",
    ],
)
def test_a_text_that_tells_nothing_keeps_the_language_of_the_conversation(
    text: str, previous: Lang
) -> None:
    assert detect(text, previous) == Detection(previous, sure=False)


def test_a_first_message_that_tells_nothing_is_in_the_language_of_the_shop() -> None:
    assert detect("TL-240815-0042", None) == Detection("id", sure=False)


def test_a_telling_message_changes_the_language() -> None:
    assert detect("where is my parcel", "id") == Detection("en", sure=True)
    assert detect("paket saya di mana", "en") == Detection("id", sure=True)


def test_stretched_words_are_still_words() -> None:
    assert detect("kapannnn sampainyaaa", "en") == Detection("id", sure=True)


def test_malay_counts_as_indonesian() -> None:
    assert detect("pakej saya tiada dalam peti pos lagi", "en") == Detection("id", sure=True)


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "ا" * 5000, "a" * 5000, "<script>", "\ud800"])
def test_any_text_has_a_language(text: str) -> None:
    assert detect(text).lang in ("id", "en")


@pytest.mark.parametrize("text", ["😀" * 4096, "a\u0301" * 2048, "a." * 2048, "kucing " * 585])
def test_the_longest_message_does_not_stop_everybody_elses(text: str) -> None:
    detect("please tell me kapan sampai", "id")  # loads what is loaded once
    started = time.process_time()
    detect(text[:4096], "id")

    assert time.process_time() - started < 1  # what grows with the square takes many
