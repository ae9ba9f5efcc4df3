"""What a campaign file says, and everything that is wrong with one, by line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml

from crm.importing.problems import ImportRefused, Problem

CHANNELS = ("whatsapp", "telegram")
LANGS = ("id", "en")
# Columns of a customer or of where they stand (crm/segments/tables.py) that may be asked for.
CONDITIONS = ("activity", "size", "region", "line", "rfm", "value_class", "city", "lang", "need")
SLOTS = ("name",)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")
_SLOT = re.compile(r"\{([^}]*)\}")
_LONGEST = 1000
_STOP = {
    "id": "Balas BERHENTI kalau tidak mau menerima pesan promo lagi.",
    "en": "Reply STOP if you want no more promotional messages.",
}


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """One campaign; `segment` maps a condition to the values that fit."""

    id: str
    name: str
    segment: Mapping[str, tuple[str, ...]]
    channels: tuple[str, ...]
    text: Mapping[str, str]
    template: str  # WhatsApp's name of the approved template; its one variable, if any, is the name
    template_names: bool  # whether the template has that variable

    @property
    def version(self) -> str:
        """Name what it says, so that each message tells which words it was."""
        return blake2b(repr(self.as_json()).encode(), digest_size=6).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Give what the database keeps."""
        return {
            "id": self.id,
            "name": self.name,
            "segment": {key: list(self.segment[key]) for key in sorted(self.segment)},
            "channels": list(self.channels),
            "text": {lang: self.text[lang] for lang in LANGS},
            "template": self.template,
            "template_names": self.template_names,
        }

    def words(self, lang: str, name: str) -> str:
        """Say it to somebody, with the way out."""
        return f"{self.text[lang].replace('{name}', name)}\n\n{_STOP[lang]}"


def content_of(stored: Mapping[str, Any]) -> CampaignContent:
    """Read what `as_json` gave."""
    return CampaignContent(
        id=stored["id"],
        name=stored["name"],
        segment={key: tuple(values) for key, values in stored["segment"].items()},
        channels=tuple(stored["channels"]),
        text=dict(stored["text"]),
        template=stored["template"],
        template_names=bool(stored["template_names"]),
    )


def read_campaign(file: Path) -> CampaignContent:
    """Read a campaign file. Raises ImportRefused with all that is wrong, OSError."""
    return parse_campaign(file.read_text(encoding="utf-8"), str(file))


def parse_campaign(text: str, source: str) -> CampaignContent:
    """Read a campaign's YAML. Raises ImportRefused with all that is wrong."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ImportRefused(source, [Problem(line, "", "is no YAML from here on")]) from error
    if not isinstance(found, dict) or not isinstance(root, yaml.MappingNode):
        raise ImportRefused(source, [Problem(1, "", "is no campaign: fields are expected")])
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in root.value}
    problems = [Problem(lines.get(name, 1), name, reason) for name, reason in _wrong(found)]
    if problems:
        raise ImportRefused(source, problems)
    whatsapp = found.get("whatsapp") or {}
    return CampaignContent(
        id=found["id"],
        name=found.get("name") or found["id"],
        segment={key: _listed(value) for key, value in (found.get("segment") or {}).items()},
        channels=_listed(found["channels"]),
        text={lang: " ".join(found["text"][lang].split(" ")).strip() for lang in LANGS},
        template=str(whatsapp.get("template", "")),
        template_names=bool(whatsapp.get("names", False)),
    )


def _wrong(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = ("id", "name", "segment", "channels", "text", "whatsapp")
    for name in found:
        if name not in known:
            yield str(name), f"unknown field; known are {', '.join(known)}"
    if not isinstance(found.get("id"), str) or not _NAME.fullmatch(found["id"]):
        yield "id", "small letters, digits and hyphens, such as gajian-november"
    yield from _wrong_segment(found.get("segment") or {})
    channels = found.get("channels")
    listed = _listed(channels) if channels else ()
    if not listed or set(listed) - set(CHANNELS):
        yield "channels", f"some of {', '.join(CHANNELS)}: the others cannot be written to first"
    whatsapp = found.get("whatsapp") or {}
    if "whatsapp" in listed and not (isinstance(whatsapp, dict) and whatsapp.get("template")):
        yield "channels", "WhatsApp needs an approved template: whatsapp: {template: its_name}"
    yield from _wrong_text(found.get("text"))


def _wrong_segment(segment: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(segment, dict):
        yield "segment", "is no list of conditions"
        return
    for name in segment:
        if name not in CONDITIONS:
            yield "segment", f"unknown condition {name!r}; known are {', '.join(CONDITIONS)}"


def _wrong_text(text: Any) -> Iterator[tuple[str, str]]:
    for lang in LANGS:
        words = text.get(lang) if isinstance(text, dict) else None
        if not isinstance(words, str) or not words.strip():
            yield "text", f"needs {lang}"
        elif len(words) > _LONGEST:
            yield "text", f"{lang} is longer than {_LONGEST} characters"
        else:
            for slot in _SLOT.findall(words):
                if slot not in SLOTS:
                    yield "text", f"{lang} has the unknown slot {{{slot}}}; known: {{name}}"


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),)
