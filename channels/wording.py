"""Cut what we say to the lengths that vendors allow."""

import re
from collections.abc import Callable, Iterator

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def split(text: str, longest: int) -> list[str]:
    """Cut a text into parts of at most `longest` characters, between sentences where possible."""
    return [text[part] for part in parts(text, longest)]


def parts(text: str, longest: int, size: Callable[[str], int] = len) -> Iterator[slice]:
    """Say where `split` cuts; `size` measures a text, at least 1 for each of its characters.

    Space between the parts and around them is left out. An empty text is one empty part.
    """
    start, end = _trimmed(text, 0, len(text))
    while size(text[start:end]) > longest:
        stop = _cut(text, start, start + _fitting(text[start:], longest, size))
        yield slice(*_trimmed(text, start, stop))
        start, end = _trimmed(text, stop, end)
    yield slice(start, end)


def shortened(text: str, longest: int) -> str:
    """Cut to `longest` characters, and show that something is missing."""
    if len(text) <= longest:
        return text
    kept = text[:longest]
    word = kept.rfind(" ")
    # Between words, unless that would leave next to nothing.
    end = word if word > longest // 2 else longest - 1
    return text[:end].rstrip(" ,.:;-(?!") + "…"


def _fitting(text: str, longest: int, size: Callable[[str], int]) -> int:
    """Count the characters at the front whose size is at most `longest`."""
    count = longest
    while (excess := size(text[:count]) - longest) > 0:
        count -= (excess + 1) // 2
    return count


def _cut(text: str, start: int, end: int) -> int:
    """Find where to cut, at `end` at the latest: after a sentence, else between words."""
    ends = [found.start() for found in _SENTENCE.finditer(text, start, end + 1)]
    cut = ends[-1] if ends else text.rfind(" ", start, end + 1)
    return cut if cut > start else end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
