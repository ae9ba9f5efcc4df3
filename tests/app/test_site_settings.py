"""What a shop may say about its sites, and what is refused with a reason."""

from typing import Any

import pytest
from pydantic import ValidationError

from site_settings import Site, Theme, contrast


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"theme": {"accent": "teal"}}, "String should match pattern"),
        ({"theme": {"accent": "#ffe000", "on_accent": "#ffffff"}}, "has a contrast of 1.3"),
        ({"theme": {"accent": "#0b5f5c", "x": 1}}, "Extra inputs are not permitted"),
        ({"position": "middle"}, "Input should be 'right' or 'left'"),
        ({"avatar": "javascript:alert(1)"}, "must be an https:// address"),
        ({"avatar": "//evil.example.com/a.png"}, "must be an https:// address"),
        ({"avatar": "http://shop.example.com/a.png"}, "must be an https:// address"),
        ({"pictures": {"happy": "/a.png"}}, "at least one for the mood neutral"),
        ({"pictures": {"neutral": "/a.png", "angry": "/b.png"}}, "Input should be 'neutral'"),
        ({"greeting": {"id": "Hai"}}, "greeting is needed in both languages"),
        ({"suggestions": {"id": ["a"] * 5, "en": []}}, "at most 4 items"),
        ({"suggestions": {"id": ["a" * 81], "en": []}}, "at most 80 characters"),
        ({"link_hosts": ["https://shop.example.com"]}, "must be a host's name"),
        ({"link_hosts": ["user@evil.example.com"]}, "must be a host's name"),
    ],
)
def test_what_a_site_may_not_be_is_refused_with_the_reason(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Site(name="Toko", **wrong)


def test_the_ink_on_a_sites_colour_is_the_one_that_can_be_read() -> None:
    inks = [Theme(accent=accent).on_accent for accent in ("#0b5f5c", "#ffe000", "#767676")]

    assert inks == ["#ffffff", "#12201f", "#ffffff"]
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
