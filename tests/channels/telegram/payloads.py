"""Updates as Telegram sends them, with fresh times."""

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

BUDI = 7_777_777_777  # beyond 32 bits
GROUP = -1_001_234_567_890
SECRET = "s3cret_" + "a" * 40

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "updates.json").read_text(encoding="utf-8")
)


def example(name: str, **fields: Any) -> dict[str, Any]:
    """Give what an update tells, as if it were sent now; `fields` are put into it."""
    found = deepcopy(EXAMPLES[name])
    for item in found.values():
        item.update({key: int(time.time()) for key in ("date", "edit_date") if key in item})
        item.update(fields)
    return found


def text(words: str, number: int = 11, *, user: int = BUDI, age_s: int = 0) -> dict[str, Any]:
    """Somebody writes `words`, as their message `number`."""
    chat = {"id": user, "type": "private", "first_name": "Budi"}
    who = {"id": user, "is_bot": False, "first_name": "Budi", "last_name": "Santoso"}
    date = int(time.time()) - age_s
    return example("text", text=words, message_id=number, chat=chat, date=date, **{"from": who})


def edited(words: str, number: int = 11, **fields: Any) -> dict[str, Any]:
    """Budi puts other words into his message `number`."""
    return example("edited", text=words, message_id=number, **fields)


def tap(data: str, tap_id: str = "tap1") -> dict[str, Any]:
    """Budi taps a button."""
    return example("tap", data=data, id=tap_id)
