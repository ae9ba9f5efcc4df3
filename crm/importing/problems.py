"""What is wrong with a file, each place named so that its owner finds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


class FilesRefused(Exception):
    """Several files that belong together have problems; nothing of any was stored."""

    def __init__(self, problems: Mapping[Path, Sequence[Problem]]) -> None:
        self.problems = {file: sorted(found) for file, found in problems.items()}
        refused = [str(ImportRefused(str(file), found)) for file, found in self.problems.items()]
        super().__init__("\n".join(refused))
