"""The rules of routing as an admin writes them: YAML, checked whole, errors with file and line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

DEFAULT = Path(__file__).parent.parent / "content" / "routing.yml"
_LONGEST = 50_000  # characters
_Points = Annotated[float, Field(ge=0, le=1000)]
_Seconds = Annotated[int, Field(ge=0, le=86_400)]


class BadRules(ValueError):
    """The rules cannot be used; the text says file, line and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Points(_Part):
    """What each criterion is worth."""

    language: _Points = 50
    topic: _Points = 40
    line: _Points = 20
    city: _Points = 15
    channel: _Points = 5
    free: _Points = 30
    idle: _Points = 20


class Urgency(_Part):
    """What is added to the minutes of waiting."""

    reasons: Mapping[str, _Points] = {}
    values: Mapping[str, _Points] = {}


class TopicSigns(_Part):
    """By what a topic is known."""

    reasons: Sequence[str] = ()
    intents: Sequence[str] = ()
    articles: Sequence[str] = ()


class When(_Part):
    """A condition; an empty list fits anything."""

    reasons: Sequence[str] = ()
    topics: Sequence[str] = ()
    values: Sequence[str] = ()
    langs: Sequence[str] = ()
    channels: Sequence[str] = ()
    lines: Sequence[str] = ()
    cities: Sequence[str] = ()


class Special(_Part):
    """What holds instead where `when` fits."""

    when: When
    team: str | None = None
    urgency: Annotated[float, Field(ge=-1000, le=1000)] = 0


class Rules(_Part):
    """All of it."""

    accept_s: Annotated[int, Field(ge=5, le=3600)] = 30
    again_after_s: _Seconds = 300
    away_after_misses: Annotated[int, Field(ge=0, le=100)] = 2
    language_patience_s: _Seconds = 3600
    overflow_s: _Seconds = 900
    points: Points = Points()
    idle_full_s: Annotated[int, Field(ge=1, le=86_400)] = 900
    urgency: Urgency = Urgency()
    topics: Mapping[str, TopicSigns] = {}
    exceptions: Sequence[Special] = ()

    def topic(self, reason: str, intents: Sequence[str], articles: Sequence[str]) -> str | None:
        """Tell what a conversation is about; `intents` and `articles` the latest first."""
        for name, signs in self.topics.items():
            begins = tuple(signs.articles)
            if (
                reason in signs.reasons
                or any(one in signs.intents for one in intents)
                or (begins and any(one.startswith(begins) for one in articles))
            ):
                return name
        return None


def parse_rules(text: str, name: str = "routing.yml", teams: Sequence[str] | None = None) -> Rules:
    """Read rules; `teams` are the names that exist. Raises BadRules."""
    if len(text) > _LONGEST:
        raise BadRules(f"{name}: longer than {_LONGEST} characters")
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadRules(f"{name}:{line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRules(f"{name}: {error}") from error
    if not isinstance(content, dict):
        raise BadRules(f"{name}:1: a mapping is expected, such as `accept_s: 30`")
    try:
        rules = Rules.model_validate(content)
    except ValidationError as errors:
        raise BadRules(_told(name, tree, errors)) from errors
    for number, exception in enumerate(rules.exceptions):
        if teams is not None and exception.team is not None and exception.team not in teams:
            line = _line(tree, ("exceptions", number, "team"))
            raise BadRules(f"{name}:{line}: no team is called {exception.team!r}")
    return rules


def _told(name: str, tree: Any, errors: ValidationError) -> str:
    return "\n".join(
        f"{name}:{_line(tree, error['loc'])}: {'.'.join(map(str, error['loc']))}: {error['msg']}"
        for error in errors.errors()
    )


def _line(node: Any, place: Sequence[int | str]) -> int:
    """Give the line on which `place` begins, or the nearest one around it."""
    line = node.start_mark.line + 1 if node is not None else 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
