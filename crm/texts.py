"""Make what a person typed fit to be stored and compared."""

import re

_NUMBER_LENGTH = 64


def storable(text: str) -> str:
    """Drop what no database text can hold: NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def plain_number(text: str) -> str:
    """Write an order or ticket number as it is stored: no spaces, capitals, ordinary hyphens."""
    squeezed = re.sub(r"\s+", "", re.sub(r"[‐-―−]", "-", storable(text)))
    return squeezed.strip("#.,;:!?\"'").upper()[:_NUMBER_LENGTH]
