"""Make any text a customer can send storable, without changing what they said."""

import re
import unicodedata

_KEPT_CONTROLS = "\n\t"
_NUMBER = re.compile(r"\d{7,}")


def clean(text: str) -> str:
    """Drop what no database or page can hold: lone surrogates, NUL and other control characters.

    Direction marks, joiners and combining marks (category Cf, Mn) stay: Arabic and emoji need them.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        character
        for character in lines
        if character in _KEPT_CONTROLS or unicodedata.category(character) != "Cc"
    )
    return "".join(kept).strip()


def without_numbers(text: str) -> str:
    """Hide what could be a phone number or an account; reasons are logged and shown."""
    return _NUMBER.sub("…", text)
