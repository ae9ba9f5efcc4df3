"""What is wrong with a file, each place named so that its owner finds it."""

from collections.abc import Sequence
from dataclasses import dataclass

_PRINTED = 50


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to correct; `line` is the physical line in the file, column "" the whole row."""

    line: int
    column: str
    reason: str


class ImportRefused(Exception):
    """A file has problems; nothing of it was stored."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems)
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        lines = [
            f"{self.file}:{problem.line}: "
            + (f"{problem.column}: " if problem.column else "")
            + problem.reason
            for problem in self.problems[:_PRINTED]
        ]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"… and {hidden} more")
        lines.append(f"{len(self.problems)} problem(s); nothing was imported from {self.file}")
        return lines
