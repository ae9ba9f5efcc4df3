"""What the assistant says: templates and articles become replies with a source and a version.

The sentences live in bot/templates/*.yml and not in Rasa's domain, so that they are there when
Rasa is not. A fault in a template carries its file and line, as the shop owner edits them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from channels.message import Choice, Kind, Lang, Mood, Reply, Source

LANGUAGES: tuple[Lang, ...] = get_args(Lang)
_MOODS = frozenset(get_args(Mood))
_MAX_CHOICE_BYTES = 64  # Telegram's limit for callback data, the smallest of all channels
_SLOT = re.compile(r"\{([a-z_]+)\}")
_ID = re.compile(r"[a-z][a-z0-9_-]*")
_FOLDER = Path(__file__).parent / "templates"
_PERSONA = Path(__file__).parent / "persona.yml"

Register = Literal["kak", "bapak_ibu", "plain"]


class BrokenTemplates(ValueError):
    """The templates have faults; the message lists each with file and line."""


class UnknownTemplate(KeyError):
    """No template has this id."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Who speaks, and how customers are addressed."""

    name: str
    register: Register
    avatar: str
    greeting: Mapping[Lang, str]


@dataclass(frozen=True, slots=True)
class Template:
    """One approved sentence; `version` changes with any change of its content."""

    id: str
    version: str  # 12 hex digits
    texts: Mapping[Lang, tuple[str, ...]]  # variants of the same meaning
    mood: Mood
    choices: tuple[tuple[str, Mapping[Lang, str]], ...]  # id, label by language
    slots: frozenset[str]


def load_persona(file: Path = _PERSONA) -> Persona:
    """Read who the assistant is. Raises BrokenTemplates."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    try:
        greeting = {lang: content["greeting"][lang].strip() for lang in LANGUAGES}
        register = content["register"]
        if register not in get_args(Register):
            raise BrokenTemplates(f"{file}: register is not one of {', '.join(get_args(Register))}")
        return Persona(content["name"], register, content["avatar"], greeting)
    except (KeyError, TypeError, AttributeError) as error:
        raise BrokenTemplates(f"{file}: {error} is missing") from error


class Templates:
    """All templates, checked, ready to be spoken."""

    def __init__(self, templates: Mapping[str, Template], persona: Persona) -> None:
        self._templates = templates
        self._persona = persona

    @classmethod
    def load(cls, folder: Path = _FOLDER, persona: Persona | None = None) -> "Templates":
        """Read and check every file of `folder`. Raises BrokenTemplates naming each fault."""
        reading = _Reading(_known_slots(folder / "slots.yml"))
        for file in sorted(folder.glob("*.yml")):
            if file.name != "slots.yml":
                reading.read(file)
        reading.finish()
        if reading.faults:
            raise BrokenTemplates("\n".join(reading.faults))
        return cls(reading.templates, persona or load_persona())

    def named(self, name: str) -> "Templates":
        """Return the same, spoken by an assistant of this name."""
        return Templates(self._templates, replace(self._persona, name=name))

    def __iter__(self) -> Iterator[Template]:
        return iter(self._templates.values())

    def __contains__(self, template_id: str) -> bool:
        return template_id in self._templates

    def get(self, template_id: str) -> Template:
        """Return one template. Raises UnknownTemplate."""
        try:
            return self._templates[template_id]
        except KeyError:
            raise UnknownTemplate(template_id) from None

    def text(self, template_id: str, lang: Lang, *, seed: str = "", **slots: object) -> str:
        """Return a template's words; of several variants `seed` picks one, always the same.

        Raises UnknownTemplate, or KeyError for a slot that is not given.
        """
        variants = self.get(template_id).texts[lang]
        values = {"name": self._persona.name, **slots}
        filled = _SLOT.sub(lambda slot: str(values[slot[1]]), variants[_pick(seed, len(variants))])
        return in_register(filled, lang, self._persona.register)

    def label(self, choice: str, lang: Lang) -> Choice:
        """Return the choice with this id, in the words of its intent's label template."""
        return Choice(choice, self.text(_label_id(choice, self._templates), lang))

    def reply(
        self,
        template_id: str,
        lang: Lang,
        *,
        seed: str = "",
        kind: Kind = "text",
        data: Mapping[str, Any] | None = None,
        choices: Sequence[Choice] = (),
        mood: Mood | None = None,
        **slots: object,
    ) -> Reply:
        """Speak a template; `choices` come before its own."""
        template = self.get(template_id)
        own = [Choice(choice, label[lang]) for choice, label in template.choices]
        given = {choice.id for choice in choices}
        return Reply(
            text=self.text(template_id, lang, seed=seed, **slots),
            lang=lang,
            source=Source("template", template.id, template.version),
            kind=kind,
            data=dict(data or {}),
            choices=(*choices, *(choice for choice in own if choice.id not in given)),
            mood=mood or template.mood,
        )

    def article(self, text: str, lang: Lang, article_id: str, version: str, **rest: Any) -> Reply:
        """Speak an article's answer."""
        words = in_register(text, lang, self._persona.register)
        return Reply(words, lang, Source("article", article_id, version), **rest)


def to_json(reply: Reply) -> dict[str, Any]:
    """Return the reply as it crosses from an action through Rasa to the app."""
    return {
        "kind": reply.kind,
        "text": reply.text,
        "lang": reply.lang,
        "data": dict(reply.data),
        "choices": [{"id": choice.id, "label": choice.label} for choice in reply.choices],
        "source": {
            "type": reply.source.type,
            "id": reply.source.id,
            "version": reply.source.version,
        },
        "mood": reply.mood,
    }


def from_json(row: Mapping[str, Any]) -> Reply:
    """Read back what `to_json` wrote."""
    source = row["source"]
    return Reply(
        text=row["text"],
        lang=row["lang"],
        source=Source(source["type"], source["id"], source["version"]),
        kind=row["kind"],
        data=row["data"],
        choices=tuple(Choice(choice["id"], choice["label"]) for choice in row["choices"]),
        mood=row["mood"],
    )


def in_register(text: str, lang: Lang, register: Register) -> str:
    """Address the customer as the shop wishes; only Indonesian has such a word."""
    if lang != "id" or register == "kak":
        return text
    if register == "bapak_ibu":
        return re.sub(r"\bKak(?:ak)?\b", "Bapak/Ibu", text)
    text = re.sub(r",? Kak\b", "", text)
    return re.sub(r"\bKakak\b", "Anda", text)


def _pick(seed: str, variants: int) -> int:
    if variants == 1:
        return 0
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest(), "big") % variants


def _label_id(choice: str, known: Mapping[str, object]) -> str:
    """`inform:payment` has the words of label-inform-payment, else of label-inform."""
    intent, _, value = choice.partition(":")
    exact = f"label-{intent}-{value.replace(':', '-')}"
    return exact if value and exact in known else f"label-{intent}"


def _known_slots(file: Path) -> frozenset[str]:
    return frozenset(yaml.safe_load(file.read_text(encoding="utf-8")))


class _Reading:
    """What has been read so far, across files, and the faults found."""

    def __init__(self, known_slots: frozenset[str]) -> None:
        self.templates: dict[str, Template] = {}
        self.faults: list[str] = []
        self._known_slots = known_slots
        self._raw: dict[str, tuple[dict[str, Any], str]] = {}  # id -> content, file:line

    def read(self, file: Path) -> None:
        """Take in one file; choices are resolved later, as their labels may be in another."""
        try:
            root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.faults.append(f"{file}:{line}: broken YAML: {error.problem}")
            return
        if not isinstance(root, yaml.MappingNode):
            self.faults.append(f"{file}:1: must be a mapping of template ids")
            return
        loader = yaml.SafeLoader("")
        for key, value in root.value:
            place = f"{file}:{key.start_mark.line + 1}"
            content = loader.construct_document(value)
            if key.value in self._raw:
                first = self._raw[key.value][1]
                self.faults.append(f"{place}: {key.value!r} is there already, at {first}")
            elif not _ID.fullmatch(key.value):
                self.faults.append(f"{place}: {key.value!r} is no template id")
            elif isinstance(content, dict):
                self._raw[key.value] = content, place
            else:
                self.faults.append(f"{place}: {key.value!r} must have texts in id and en")

    def finish(self) -> None:
        """Make templates of all that was read."""
        for template_id, (content, place) in self._raw.items():
            before = len(self.faults)
            template = self._template(template_id, content, place)
            if len(self.faults) == before:
                self.templates[template_id] = template

    def _template(self, template_id: str, content: dict[str, Any], place: str) -> Template:
        def fault(reason: str) -> None:
            self.faults.append(f"{place}: {template_id!r} {reason}")

        for key in content.keys() - {*LANGUAGES, "mood", "choices"}:
            fault(f"has the unknown key {key!r}")
        texts = {lang: _variants(content.get(lang)) for lang in LANGUAGES}
        # The name is always known, and languages place it differently.
        slots = [
            frozenset(_SLOT.findall(text)) - {"name"} for lang in LANGUAGES for text in texts[lang]
        ]
        for lang in LANGUAGES:
            if not texts[lang] or not all(texts[lang]):
                fault(f"has no text in {lang!r}")
        if len(set(slots)) > 1:
            fault("has different slots in its languages or variants")
        unknown = frozenset().union(*slots) - self._known_slots
        if unknown:
            fault(f"has slots that slots.yml does not know: {', '.join(sorted(unknown))}")
        mood = content.get("mood", "neutral")
        if mood not in _MOODS:
            fault(f"has the unknown mood {mood!r}")
        choices = tuple(self._choices(content.get("choices") or [], fault))
        said = repr((template_id, sorted(texts.items()), mood, choices)).encode()
        version = hashlib.sha256(said).hexdigest()[:12]
        known = slots[0] if slots else frozenset()
        return Template(template_id, version, texts, cast("Mood", mood), choices, known)

    def _choices(self, rows: list[Any], fault: Any) -> Iterator[tuple[str, Mapping[Lang, str]]]:
        """Yield choices; a plain id takes its words from the template label-ID."""
        for row in rows:
            choice = row["id"] if isinstance(row, dict) else row
            if len(choice.encode()) > _MAX_CHOICE_BYTES:
                fault(f"has a choice longer than {_MAX_CHOICE_BYTES} bytes: {choice!r}")
            content = row.get("label") if isinstance(row, dict) else None
            if content is None:
                content = self._raw.get(_label_id(choice, self._raw), ({}, ""))[0]
            label = {lang: next(iter(_variants(content.get(lang))), "") for lang in LANGUAGES}
            if not all(label.values()):
                fault(f"has the choice {choice!r} without a label in both languages")
            yield choice, label


def _variants(content: object) -> tuple[str, ...]:
    if isinstance(content, list):
        return tuple(str(text).strip() for text in content)
    return (str(content).strip(),) if content else ()
