"""What the benches let visitors say: bench/messages.yml."""

from functools import cache
from pathlib import Path

import yaml

Dialogue = tuple[str, list[str]]  # what kind it is, and what is said


@cache
def _read() -> list[Dialogue]:
    said = yaml.safe_load(Path(__file__).with_name("messages.yml").read_text(encoding="utf-8"))
    return [
        (kind, texts if isinstance(texts, list) else [texts])
        for kind, dialogues in said.items()
        for texts in dialogues
    ]


def dialogues() -> list[Dialogue]:
    """Return every dialogue once, in a list of the caller's own."""
    return list(_read())
