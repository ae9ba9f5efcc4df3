"""What a run showed."""

from dataclasses import dataclass, field


@dataclass
class Findings:
    """The figures of one run; `broken` names each guarantee that did not hold, with examples."""

    accepted: int = 0
    processed: int = 0
    answered: int = 0
    apologies: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    too_late: int = 0  # pairs that came in the wrong order, too far apart to be put right
    duplicates_by_fault: list[int] = field(default_factory=list)  # one number for each fault
    duplicates_otherwise: list[str] = field(default_factory=list)
    duplicates_unanswered: int = 0  # the vendor took it, did not say so, and has no receipts
    silent: int = 0  # messages of customers whom the owner answers, and the bot did not

    @property
    def broken(self) -> dict[str, list[str]]:
        """Name the guarantees that do not hold."""
        most = [f"{n} of fault {at}" for at, n in enumerate(self.duplicates_by_fault, 1) if n > 1]
        found = {
            "lost": self.lost,
            "processed twice": self.doubled,
            "out of order": self.disordered,
            "more than one outbound duplicate of a crash": most,
            "outbound duplicates without a crash": self.duplicates_otherwise,
        }
        return {name: examples for name, examples in found.items() if examples}
