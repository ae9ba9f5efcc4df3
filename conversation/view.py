"""How a stored message looks to its readers: the website's clients, the console, the terminal."""

from datetime import datetime
from typing import Any

from conversation.tables import Message


def as_json(message: Message) -> dict[str, Any]:
    """Give the message object that every client sees (design, section 5)."""
    return {
        "seq": message.seq,
        "id": message.id,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "lang": message.lang,
        "kind": message.kind or "text",
        "data": message.data,
        "choices": message.choices,
        "source": message.source,
        "mood": message.mood or "neutral",
        "at": rfc3339(message.at),
    }


def rfc3339(moment: datetime) -> str:
    """Write a moment as clients read it, UTC with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
