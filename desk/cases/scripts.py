"""Situational scripts for CSRs: content files, and which of them fits a situation best.

A script says when it holds; the one that names most of the situation wins. Between equals the
order reason, bill, value, promotion, cross-sell decides, then the file's own order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import structlog
from pydantic import Field, model_validator

from crm.rule_files import BadRules, Fault, RuleFiles, RuleModel, Text, parse

log = structlog.get_logger()

FOLDER = Path(__file__).parents[1] / "content" / "scripts"
# What may stand in {braces}; an unknown one is a mistake.
SLOTS = frozenset(
    {
        *("name", "csr", "order", "order_status", "eta", "ticket"),
        *("bill", "bill_amount", "bill_date", "product", "price", "why"),
    }
)
_SLOT = re.compile(r"{(\w*)}")
_ORDER = ("reason", "bill_due", "value", "promotion", "cross_sell")

Reason = Literal[
    "request", "complaint", "not_understood", "failure", "lockout", "safety", "refund", "legal",
    "anger", "takeover",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a script is chosen."""

    reason: str
    value: str  # high, medium, low, new
    cross_sell: bool  # something fits that may be offered
    promotion: bool  # and it is cheaper now
    bill_due: bool


class Line(Text):
    """One sentence or step, with slots."""

    @model_validator(mode="after")
    def _slots_are_known_and_the_same(self) -> Self:
        found = [set(_SLOT.findall(text)) for text in (self.id, self.en)]
        if unknown := sorted((found[0] | found[1]) - SLOTS):
            raise ValueError(f"unknown slot {{{unknown[0]}}}; known are {', '.join(sorted(SLOTS))}")
        if found[0] != found[1]:
            raise ValueError("both languages need the same slots")
        if not self.id.strip() or not self.en.strip():
            raise ValueError("a text is empty")
        return self


class When(RuleModel):
    """The situations a script is for; what is left out may be anything."""

    reason: tuple[Reason, ...] | None = Field(None, min_length=1)
    value: tuple[Literal["high", "medium", "low", "new"], ...] | None = Field(None, min_length=1)
    cross_sell: bool | None = None
    promotion: bool | None = None
    bill_due: bool | None = None

    def holds(self, situation: Situation) -> bool:
        """Say whether this is one of them."""
        return (
            (self.reason is None or situation.reason in self.reason)
            and (self.value is None or situation.value in self.value)
            and self.cross_sell in (None, situation.cross_sell)
            and self.promotion in (None, situation.promotion)
            and self.bill_due in (None, situation.bill_due)
        )

    @property
    def rank(self) -> tuple[int, tuple[bool, ...]]:
        """How much it names of a situation; more is more specific."""
        named = tuple(getattr(self, name) is not None for name in _ORDER)
        return sum(named), named


class Script(RuleModel):
    """How to lead one conversation."""

    script: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    when: When = When()
    title: Text
    opening: Line
    questions: tuple[Line, ...] = Field(min_length=1, max_length=8)
    actions: tuple[Line, ...] = Field(min_length=1, max_length=8)
    closing: Line

    def steps(self) -> list[tuple[str, Line]]:
        """Give all steps in their order, each with its key."""
        return [
            ("opening", self.opening),
            *((f"question-{n}", line) for n, line in enumerate(self.questions, 1)),
            *((f"action-{n}", line) for n, line in enumerate(self.actions, 1)),
            ("closing", self.closing),
        ]


class ScriptFile(RuleModel):
    """One content file."""

    scripts: tuple[Script, ...] = Field(min_length=1)


class Scripts:
    """The scripts in use; files are read again when they change, and mistakes change nothing."""

    def __init__(self, folder: Path = FOLDER, kept: Path | None = None) -> None:
        """Read `folder`; the last valid text of each file is kept in `kept`. Raises BadRules."""
        self._files = RuleFiles(folder, kept)
        self._folder = folder
        self._sign = _sign(folder)
        self._scripts = self._read()

    def fitting(self, situation: Situation) -> Script:
        """Give the most specific script for a situation; there is one for any."""
        self._read_again()
        found = [script for script in self._scripts if script.when.holds(situation)]
        return max(found, key=lambda script: script.when.rank)  # of equals the first

    def _read_again(self) -> None:
        sign = _sign(self._folder)
        if sign == self._sign:
            return
        self._sign = sign
        try:
            self._scripts = self._read()
        except (BadRules, OSError) as error:
            log.error("scripts refused, those before stay", faults=str(error))

    def _read(self) -> list[Script]:
        read = {file: self._files.load(file.name, ScriptFile) for file in _files(self._folder)}
        return _together(self._folder, read)


def check(folder: Path = FOLDER) -> list[Script]:
    """Read all files as they are. Raises BadRules for the first with a mistake, OSError."""
    read = {
        file: parse(file, file.read_text(encoding="utf-8"), ScriptFile) for file in _files(folder)
    }
    return _together(folder, read)


def filled(line: Line, lang: str, slots: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Write a line; a slot of which nothing is known shows its name in brackets."""
    text = line.en if lang == "en" else line.id
    return _SLOT.sub(
        lambda found: slots.get(found[1]) or f"[{names.get(found[1], found[1])}]", text
    )


def _together(folder: Path, read: Mapping[Path, ScriptFile]) -> list[Script]:
    found: dict[str, Script] = {}
    whens: dict[str, str] = {}
    for file, content in read.items():
        for script in content.scripts:
            if script.script in found:
                raise BadRules(file, [_fault(file, script, "this name is taken already")])
            same = whens.setdefault(script.when.model_dump_json(), script.script)
            if same != script.script:
                reason = f"is for exactly the same situations as {same!r}"
                raise BadRules(file, [_fault(file, script, reason)])
            found[script.script] = script
    if not any(script.when == When() for script in found.values()):
        raise BadRules(folder, [Fault(1, "", "no script without `when`, for all that is left")])
    return list(found.values())


def _fault(file: Path, script: Script, reason: str) -> Fault:
    lines = file.read_text(encoding="utf-8").splitlines()
    named = re.compile(rf"\s*-?\s*script:\s*[\"']?{script.script}[\"']?\s*(#.*)?$")
    places = [number for number, line in enumerate(lines, 1) if named.match(line)]
    return Fault(places[-1] if places else 1, script.script, reason)


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("*.yml"))


def _sign(folder: Path) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in _files(folder)
    )
