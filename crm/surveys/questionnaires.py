"""Which question a customer is asked, by segment; the content file crm/content/surveys.yml.

The shop owner edits it, so a fault names its file and line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml

_FILE = Path(__file__).parents[1] / "content" / "surveys.yml"
_DEFAULT = "default"
_LANGUAGES = ("id", "en")

Scale = Literal["csat", "nps"]
# Source: NPS asks 0 to 10 (Reichheld 2003, "The One Number You Need to Grow"), CSAT 1 to 5.
MARKS: Mapping[str, range] = {"csat": range(1, 6), "nps": range(11)}


class BrokenQuestionnaires(ValueError):
    """The content file has faults; the message lists each with file and line."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One way to ask; marks up to `bad` call for a follow-up."""

    name: str
    scale: Scale
    bad: int

    @property
    def marks(self) -> range:
        """All marks that may be given, worst first."""
        return MARKS[self.scale]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The ticket that a bad mark opens."""

    category: str
    description: Mapping[str, str]  # by language; {score}, {most}
    comment: Mapping[str, str]  # by language; {comment}


@dataclass(frozen=True, slots=True)
class Questionnaires:
    """All of them, and who gets which."""

    by_name: Mapping[str, Questionnaire]
    segments: Mapping[str, str]  # segment -> name
    follow_up: FollowUp

    @classmethod
    def load(cls, path: Path = _FILE) -> Self:
        """Read and check the content file. Raises BrokenQuestionnaires."""
        reading = _Reading(path)
        found = cls(
            {name: reading.questionnaire(name) for name in reading.part("questionnaires")},
            {str(key): str(value) for key, value in reading.part("segments").items()},
            reading.follow_up(),
        )
        if _DEFAULT not in found.segments:
            reading.fault(("segments",), f"must say what {_DEFAULT!r} is")
        for segment, name in found.segments.items():
            if name not in found.by_name:
                reading.fault(("segments", segment), f"there is no questionnaire {name!r}")
        if reading.faults:
            raise BrokenQuestionnaires("\n".join(reading.faults))
        return found

    def for_segment(self, segment: str | None) -> Questionnaire:
        """Give the questionnaire of a customer's segment."""
        return self.by_name[self.segments.get(segment or "", self.segments[_DEFAULT])]

    def is_bad(self, questionnaire: str, scale: str, score: int) -> bool:
        """Whether a mark calls for a follow-up; of a removed questionnaire the scale decides."""
        named = self.by_name.get(questionnaire)
        same = named if named is not None and named.scale == scale else None
        limits = [one.bad for one in self.by_name.values() if one.scale == scale]
        return score <= (same.bad if same else max(limits, default=MARKS[scale][0]))


class _Reading:
    """The file as it is read, with what is wrong in it."""

    def __init__(self, path: Path) -> None:
        self.faults: list[str] = []
        self._path = path
        try:
            self._root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
            self._content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BrokenQuestionnaires(f"{path}:{line}: broken YAML: {error.problem}") from error
        if not isinstance(self._content, dict):
            raise BrokenQuestionnaires(f"{path}:1: must hold questionnaires, segments, follow_up")

    def fault(self, place: tuple[str, ...], reason: str) -> None:
        """Note what is wrong at `place`, the keys that lead there."""
        self.faults.append(f"{self._path}:{self._line(place)}: {'.'.join(place)}: {reason}")

    def part(self, *place: str) -> dict[str, Any]:
        """Give the mapping at `place`; an empty one, and a fault, where there is none."""
        found: Any = self._content
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and found:
            return found
        self.fault(place, "is missing or empty")
        return {}

    def questionnaire(self, name: str) -> Questionnaire:
        """Read one questionnaire."""
        place = ("questionnaires", name)
        content = self.part(*place)
        given, bad = content.get("scale"), content.get("bad")
        if given not in get_args(Scale):
            self.fault((*place, "scale"), f"{given!r} is not one of {', '.join(get_args(Scale))}")
        scale: Scale = "nps" if given == "nps" else "csat"
        if not isinstance(bad, int) or isinstance(bad, bool) or bad not in MARKS[scale][:-1]:
            self.fault((*place, "bad"), f"{bad!r} is not a mark below the best one")
            bad = MARKS[scale][0]
        return Questionnaire(name, scale, bad)

    def follow_up(self) -> FollowUp:
        """Read what becomes of a bad mark."""
        category = self.part("follow_up").get("category")
        if not isinstance(category, str):
            self.fault(("follow_up", "category"), "is missing")
        return FollowUp(
            str(category), self._texts("description", "score", "most"), self._texts("comment")
        )

    def _texts(self, key: str, *slots: str) -> Mapping[str, str]:
        texts = {str(lang): str(text) for lang, text in self.part("follow_up", key).items()}
        for lang in _LANGUAGES:
            try:
                texts.get(lang, "").format(**dict.fromkeys((*slots, "comment"), ""))
            except (KeyError, IndexError, ValueError):
                self.fault(("follow_up", key, lang), "has a slot that is not known")
            if not texts.get(lang):
                self.fault(("follow_up", key, lang), "is missing")
        return texts

    def _line(self, place: tuple[str, ...]) -> int:
        node, line = self._root, 1
        for key in place:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next(((k, v) for k, v in pairs if str(k.value) == key), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        return line
