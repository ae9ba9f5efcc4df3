"""Which app processes have the same SQLite file open: a lock on a file for each of them.

The system frees a lock when its process ends, however it ends. Works on one machine, not over a
network file system, where SQLite itself is not safe either.
"""

import fcntl
import os
from pathlib import Path

_MOST = 16


class Neighbours:
    """This process's place among those that share a file."""

    def __init__(self, file: Path, name: str = "") -> None:
        """Take a place beside `file` as `name`. Raises OSError when all places are taken."""
        self._places = [file.with_name(f"{file.name}.app-{number}") for number in range(_MOST)]
        for number, place in enumerate(self._places):
            held = _lock(place)
            if held is not None:
                self._held, self._number = held, number
                place.write_text(name)
                return
        raise OSError(f"{_MOST} app processes use {file} already; take PostgreSQL for more")

    def alone(self) -> bool:
        """Whether no other process has the file open."""
        for number, place in enumerate(self._places):
            if number == self._number or not place.exists():
                continue
            free = _lock(place)
            if free is None:
                return False
            os.close(free)
        return True

    async def present(self) -> frozenset[str]:
        """Name all processes that have the file open, this one too."""
        names = set()
        for number, place in enumerate(self._places):
            free = None if number == self._number or not place.exists() else _lock(place)
            if free is not None:
                os.close(free)
            elif place.exists():
                names.add(place.read_text())
        return frozenset(names)

    def leave(self) -> None:
        """Give the place back."""
        os.close(self._held)


def _lock(place: Path) -> int | None:
    """Lock the file, and give what closing it unlocks; None if another process has it."""
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
