"""Read the rules that a shop's owner writes in YAML; what is wrong is named with file and line.

A file with a mistake changes nothing: what was valid before stays in force, also after a restart,
because the last valid text of each file is kept (`RuleFiles`).
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

log = structlog.get_logger()

FOLDER = Path(__file__).parent / "content"


class RuleModel(BaseModel):
    """A part of a rule file: an unknown name in it is a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(RuleModel):
    """One text in both languages."""

    id: str
    en: str

    def say(self, lang: str, **slots: object) -> str:
        """Give the text in `lang` with its slots filled."""
        return (self.en if lang == "en" else self.id).format(**slots)


Rules = TypeVar("Rules", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake; `place` is the path of names that leads to it."""

    line: int
    place: str
    reason: str


class BadRules(ValueError):
    """A rule file cannot be used; the message names file, line and reason of each mistake."""

    def __init__(self, file: Path, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = sorted(faults)
        super().__init__(
            "\n".join(
                f"{file}:{fault.line}: {fault.place + ': ' if fault.place else ''}{fault.reason}"
                for fault in self.faults
            )
        )


def parse(file: Path, text: str, model: type[Rules]) -> Rules:
    """Read `text`, the content of `file`. Raises BadRules."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error)
        raise BadRules(file, [Fault(mark.line + 1 if mark else 1, "", reason)]) from error
    faults = list(_named_twice(node))
    if faults:
        raise BadRules(file, faults)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BadRules(
            file,
            [
                Fault(
                    _line(node, one["loc"]),
                    ".".join(str(part) for part in one["loc"]),
                    one["msg"].removeprefix("Value error, "),
                )
                for one in error.errors()
            ],
        ) from error


class RuleFiles:
    """The rule files of a shop, and the last valid text of each."""

    def __init__(self, folder: Path = FOLDER, kept: Path | None = None) -> None:
        """Read from `folder`; keep what is valid in `kept`, or nothing if that is None."""
        self.folder = folder
        self._kept = kept

    def load(self, name: str, model: type[Rules]) -> Rules:
        """Give the rules of a file, or those that were valid last.

        Raises BadRules if the file is wrong and none were valid before, OSError if it is missing.
        """
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        try:
            rules = parse(file, text, model)
        except BadRules as error:
            before = self._before(name)
            if before is None:
                raise
            log.error("rules refused, those before stay", file=str(file), faults=str(error))
            return parse(file, before, model)
        self._keep(name, text)
        return rules

    def _before(self, name: str) -> str | None:
        if self._kept is None:
            return None
        try:
            return (self._kept / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _keep(self, name: str, text: str) -> None:
        if self._kept is None or self._before(name) == text:
            return
        self._kept.mkdir(parents=True, exist_ok=True)
        fresh = self._kept / f"{name}.{secrets.token_hex(4)}"
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, self._kept / name)  # noqa: PTH105 - whole or not at all


def _line(node: Node | None, path: Sequence[int | str]) -> int:
    """Return the line where `path` leads in the file, or the nearest above it."""
    line = node.start_mark.line if node else 0
    for part in path:
        if isinstance(node, MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _named_twice(node: Node | None) -> Iterator[Fault]:
    """YAML takes the second of two equal names in silence."""
    if isinstance(node, MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                yield Fault(line, str(key.value), f"is already in line {seen[key.value]}")
            seen[key.value] = line
            yield from _named_twice(value)
    elif isinstance(node, SequenceNode):
        for value in node.value:
            yield from _named_twice(value)
