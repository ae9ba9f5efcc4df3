import pytest

from language.phrases import Phrases

_PHRASES = Phrases(
    {
        "internet": {"id": ["wifi", "putus-putus"], "en": ["wifi", "slow connection"]},
        "broken": {"id": ["rusak", "mati total"], "en": ["won't turn on"]},
    }
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("WIFInya lemot", "internet"),
        ("kok (rusaknya) parah?", "broken"),
        ("it won’t  turn on...", "broken"),
        ("internet putus-putus,rusak", "internet"),
        ("wifis/router", "internet"),
        ("kerusakan", None),
        ("mati", None),
        ("", None),
    ],
)
def test_a_phrase_is_found_with_any_case_sign_and_ending(text: str, meaning: str | None) -> None:
    assert _PHRASES.found(text) == meaning


def test_a_phrase_weighs_more_than_a_word_and_a_word_of_both_languages_more_than_one() -> None:
    assert _PHRASES.weigh("wifi mati total, wifi rusak") == {"internet": 2, "broken": 3}


def test_the_meaning_that_weighs_most_is_the_strongest_and_nothing_is_stronger_than_none() -> None:
    assert _PHRASES.strongest("wifi mati total, rusak") == "broken"
    assert _PHRASES.strongest("wifi mati, rusak") == "internet"
    assert _PHRASES.strongest("halo") is None
