"""A person's data to take along: one JSON for programs, one text for people, and their files.

Source: UU 27/2022 articles 6 and 7 (access, a copy) and 13 (in a form that machines read).
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from channels.message import Lang
from conversation.view import rfc3339
from db.base import now as current_time
from db.engine import Database
from privacy.belongings import Belongings, belongings_of
from privacy.profile import Section, profile_of
from privacy.words import PrivacyWords

FORMAT = "sapa-person/1"
# How we work, not what we know of them; some of it would open something to whoever reads it.
_OURS = {
    "address",
    "context",
    "dialogue",
    "digest",
    "lane",
    "lease_owner",
    "lease_until",
    "network",
    "next_at",
    "pending_since",
    "token_hash",
    "tries",
    "turn_id",
}
_NOT_ABOUT_THEM = ("channel_codes", "learned_orders", "leases", "turns", "proof_attempts")


class NobodyToExport(LookupError):
    """No such customer or conversation."""


@dataclass(frozen=True, slots=True)
class Export:
    """What one person takes along."""

    customer_id: str | None
    at: datetime
    lang: Lang
    profile: tuple[Section, ...]
    rows: Mapping[str, list[dict[str, Any]]]  # by table, as they are stored
    text: str  # the same to be read by a person
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """Give what json.dumps can write."""
        return {
            "format": FORMAT,
            "exported_at": rfc3339(self.at),
            "customer_id": self.customer_id,
            "profile": {
                section.name: [_plain(asdict(fact)) for fact in section.facts]
                for section in self.profile
            },
            "data": {name: [_plain(row) for row in rows] for name, rows in self.rows.items()},
            "files": [path.name for path in self.files],
        }

    def as_zip(self) -> bytes:
        """Give data.json, the text, and what was sent as files, by the ids of their messages."""
        content = io.BytesIO()
        name = "data-saya.txt" if self.lang == "id" else "my-data.txt"
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", json.dumps(self.as_json(), ensure_ascii=False, indent=2))
            archive.writestr(name, self.text)
            for path in self.files:
                archive.write(path, f"files/{path.name}")
        return content.getvalue()


class Exports:
    """Makes exports and profiles; whoever calls it has proven who asks."""

    def __init__(
        self,
        database: Database,
        words: PrivacyWords,
        files: Path,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """`files` is the folder of what was sent."""
        self._database = database
        self._words = words
        self._files = files
        self._clock = clock

    async def profile(self, customer_id: str) -> list[Section]:
        """Return what we know of a proven customer. Raises NobodyToExport."""
        return profile_of(await self._found(customer_id, ()))

    async def customer(self, customer_id: str, lang: Lang) -> Export:
        """Export all that belongs to a customer. Raises NobodyToExport."""
        return self._export(await self._found(customer_id, ()), customer_id, lang)

    async def conversation(self, conversation_id: str, lang: Lang) -> Export:
        """Export one conversation of somebody nobody knows. Raises NobodyToExport."""
        return self._export(await self._found(None, (conversation_id,)), None, lang)

    def describe(self, sections: list[Section], lang: Lang) -> str:
        """Write a profile for its owner."""
        lines = []
        for section in sections:
            lines += ["", self._words.say(f"section-{section.name}", lang)]
            lines += [f"- {self._words.fact(fact, lang)}" for fact in section.facts]
        return "\n".join(lines).strip()

    async def _found(self, customer_id: str | None, conversations: tuple[str, ...]) -> Belongings:
        async with self._database.read() as session:
            found = await belongings_of(session, customer_id, conversations)
        if not found.rows.get("customers") and not found.conversations:
            raise NobodyToExport
        return found

    def _export(self, found: Belongings, customer_id: str | None, lang: Lang) -> Export:
        sections = profile_of(found)
        paths = (self._files / message_id for message_id in found.ids("messages"))
        at = self._clock()
        return Export(
            customer_id=customer_id,
            at=at,
            lang=lang,
            profile=tuple(sections),
            rows={
                name: [{key: row[key] for key in row if key not in _OURS} for row in rows]
                for name, rows in found.rows.items()
                if name not in _NOT_ABOUT_THEM
            },
            text=self._text(found, sections, at, lang),
            files=tuple(path for path in paths if path.is_file()),
        )

    def _text(self, found: Belongings, sections: list[Section], at: datetime, lang: Lang) -> str:
        head = self._words.say("export-head", lang, at=self._words.moment(at, lang))
        parts = [head, self.describe(sections, lang)]
        for conversation in found.rows.get("conversations", ()):
            title = self._words.say(
                "export-talk", lang, channel=self._words.word(conversation["channel"], lang)
            )
            messages = sorted(
                (
                    row
                    for row in found.rows.get("messages", ())
                    if row["conversation_id"] == conversation["id"]
                ),
                key=lambda row: row["seq"],
            )
            lines = [
                f"{self._words.moment(row['at'], lang)} "
                f"{row['name'] or self._words.word('author-' + row['author'], lang)}: {row['text']}"
                for row in messages
            ]
            parts.append("\n".join([title, *lines]))
        parts.append(self._words.say("export-foot", lang))
        return "\n\n".join(parts) + "\n"


def _plain(value: Any) -> Any:
    """Turn what the database holds into what JSON can say."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
