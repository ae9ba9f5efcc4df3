"""Let several app processes count together what nobody may do too fast at any of them.

Each process counts for itself and tells the others; what is on its way is not counted yet, so a
few more may slip through at the same moment. Without Redis each counts alone.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from conversation.bus import Bus

_TOPIC = "pace"


class Counts(Protocol):
    """Something that counts, a pace of customers or a rate of ours."""

    def share(self, tell: Callable[[str], None]) -> None:
        """Call `tell` with the key of whatever is counted."""

    def note(self, key: str) -> None:
        """Count what another process told."""


class SharedPaces:
    """Those paces that count for all processes; one of this per process."""

    def __init__(self, bus: Bus, **paces: Counts) -> None:
        """Name each pace as the other processes do."""
        self._bus = bus
        self._paces = paces
        for name, pace in paces.items():
            pace.share(partial(self._tell, name))

    def _tell(self, name: str, key: str) -> None:
        self._bus.pass_on(_TOPIC, {"pace": name, "key": key})

    async def run(self) -> None:
        """Count what the others tell, until cancelled."""
        with self._bus.subscribe(_TOPIC) as told:
            async for event in told:
                pace = self._paces.get(event["pace"])
                if pace is not None:
                    pace.note(event["key"])
