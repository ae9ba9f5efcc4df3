"""Whether this process is about to end; /readyz says so, and proxies stop sending to it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Leaving:
    """One per process."""

    begun: bool = False
    because: Exception | None = None  # what made going on impossible
