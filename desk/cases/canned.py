"""Replies that are ready to be inserted; the CSR reads and changes them before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from crm.rule_files import RuleFiles, RuleModel, Text
from desk.cases.scripts import Line, filled

_FILE = Path(__file__).parents[1] / "content" / "canned.yml"


class CannedReply(RuleModel):
    """One reply."""

    reply: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    title: Text
    text: Line


class CannedFile(RuleModel):
    """The content file."""

    replies: tuple[CannedReply, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [one.reply for one in self.replies]
        if len(set(names)) < len(names):
            raise ValueError("two replies have the same name")
        return self


@dataclass(frozen=True, slots=True)
class Ready:
    """A reply in the customer's language, with what is known filled in."""

    name: str
    title: str  # in the CSR's language
    text: str


class CannedReplies:
    """The replies in use."""

    def __init__(self, file: Path = _FILE, kept: Path | None = None) -> None:
        """Read `file`; its last valid text is kept in `kept`. Raises BadRules."""
        self._replies = RuleFiles(file.parent, kept).load(file.name, CannedFile).replies

    def ready(
        self, lang: str, console_lang: str, slots: Mapping[str, str], names: Mapping[str, str]
    ) -> list[Ready]:
        """Fill all in for a customer who speaks `lang`."""
        return [
            Ready(
                one.reply,
                one.title.say(console_lang),
                filled(one.text, lang, slots, names),
            )
            for one in self._replies
        ]
