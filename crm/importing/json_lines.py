"""Read a JSON list of objects, each with the line of the file where it begins."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.importing.problems import ImportRefused, Problem

_BETWEEN = re.compile(r"[\s,]*")

Numbered = tuple[int, dict[str, Any]]


def read_objects(file: Path) -> list[Numbered]:
    """Give the objects of a list, or of one object. Raises ImportRefused, OSError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(str(file), [Problem(1, "", "is not UTF-8 text")]) from error
    try:
        return list(_objects(text))
    except json.JSONDecodeError as error:
        reason = f"is no JSON from here on: {error.msg}"
        raise ImportRefused(str(file), [Problem(error.lineno, "", reason)]) from error
    except RecursionError as error:
        raise ImportRefused(str(file), [Problem(1, "", "is nested too deeply")]) from error


def _objects(text: str) -> Iterator[Numbered]:
    decoder = json.JSONDecoder()
    at = len(text) - len(text.lstrip())
    is_list = text[at : at + 1] == "["
    at += is_list
    line, counted = 1, 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if at >= len(text) or text[at] == "]":
            if is_list and at >= len(text):
                raise json.JSONDecodeError("the list has no end", text, len(text))
            return
        found, end = decoder.raw_decode(text, at)
        if not isinstance(found, dict):
            raise json.JSONDecodeError("an object is expected", text, at)
        line += text.count("\n", counted, at)
        counted = at
        yield line, found
        at = end
