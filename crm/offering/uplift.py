"""What offers bring beyond what is bought anyway: those who got one beside the control group.

Compared are customers, each by their first unasked offer in the time: who would have got an offer
and is in the control group (by hash, so like all others) is noted as "withheld". The uplift is the
difference of the shares that bought the product in the days of the rules. Its 95 % interval is
Newcombe's hybrid of Wilson's (Statistics in Medicine 17, 1998, 873-890, method 10), which holds for
small groups and shares near 0 too, where the usual one promises too much.
"""

from dataclasses import dataclass
from math import sqrt

_Z = 1.959964  # standard deviations: 95 %, both sides


@dataclass(frozen=True, slots=True)
class Uplift:
    """Two groups, and what the offer brought; shares are 0 to 1."""

    offered: int
    offered_bought: int
    withheld: int
    withheld_bought: int

    @property
    def difference(self) -> float | None:
        """The uplift, None while a group is empty."""
        if not self.offered or not self.withheld:
            return None
        return self.offered_bought / self.offered - self.withheld_bought / self.withheld

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the uplift, None while a group is empty."""
        difference = self.difference
        if difference is None:
            return None
        low1, high1 = wilson(self.offered_bought, self.offered)
        low2, high2 = wilson(self.withheld_bought, self.withheld)
        share1 = self.offered_bought / self.offered
        share2 = self.withheld_bought / self.withheld
        return (
            difference - sqrt((share1 - low1) ** 2 + (high2 - share2) ** 2),
            difference + sqrt((high1 - share1) ** 2 + (share2 - low2) ** 2),
        )


def wilson(some: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); of nothing it may be anything."""
    if not of:
        return 0.0, 1.0
    share, z2 = some / of, _Z**2
    middle = share + z2 / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max((middle - spread) / (1 + z2 / of), 0.0), min((middle + spread) / (1 + z2 / of), 1.0)
