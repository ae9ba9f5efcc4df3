"""What customers send instead of words: a photo, a voice message, a place.

An attachment is `{"kind", "name", "caption"}` and, where there is a file, `{"media_id", "mime"}`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from channels.message import AttachmentKind, Lang


def described(attachment: Mapping[str, Any], lang: Lang) -> str:
    """Say in words what was sent, for those who read the conversation."""
    words = _descriptions()[attachment["kind"]][lang]
    return words.format(
        name=attachment.get("name", ""), caption=attachment.get("caption", "")
    ).strip()


def kind_of(kind: str) -> AttachmentKind:
    """Give the kind, or "unsupported" for one that nobody here knows."""
    return cast("AttachmentKind", kind) if kind in get_args(AttachmentKind) else "unsupported"


@cache
def _descriptions() -> Mapping[str, Mapping[str, str]]:
    file = Path(__file__).parent / "content" / "attachments.yml"
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found
