"""What one run of the harness is told."""

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Assistant = Literal["echo", "rasa"]
Store = Literal["sqlite", "postgresql"]
Updates = Literal["polling", "webhook"]


@dataclass(frozen=True, slots=True)
class Options:
    """One run. Times in seconds."""

    seed: int = 1
    events: int = 1000  # messages of customers; repeats and receipts come on top
    minutes: float = 0.0  # over which they come; 0: at 20 a second
    database: Store = "sqlite"
    assistant: Assistant = "echo"
    channels: tuple[str, ...] = ("website", "whatsapp", "telegram")
    telegram: Updates = "polling"  # how its updates come
    every_s: float = 10.0  # between two faults
    faults: tuple[str, ...] = ()  # only these; empty: all that fit
    send_lease_s: float = 60.0  # so long a send that a crash left in doubt waits for a receipt
    receipts: bool = True  # WhatsApp tells what became of messages
    repeats: float = 0.1  # how often a message comes again, on average; 1.5: once or twice
    vendor_faults: float = 0.02  # share of sends that fail, hang or lose their answer
    vendor_s: tuple[float, float] = (0.02, 0.12)  # an answer of the vendor takes
    port: int = 8670  # the first of ten
    folder: Path | None = None  # kept; else a temporary one

    @property
    def lasts_s(self) -> float:
        """How long customers write."""
        return self.minutes * 60 or self.events / 20

    def times_again(self, luck: float) -> int:
        """Say how often a message with this luck, 0 to 1, comes again."""
        return int(self.repeats) + (luck < self.repeats % 1)


def read_options() -> Options:
    """Read the command line."""
    parser = ArgumentParser(prog="python -m bench.faults", description=__doc__)
    plain = Options()
    for name in ("seed", "events", "port"):
        parser.add_argument(f"--{name}", type=int, default=getattr(plain, name))
    parser.add_argument("--minutes", type=float, default=plain.minutes)
    parser.add_argument(
        "--every", type=float, default=plain.every_s, help="seconds from fault to fault"
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default=plain.database)
    parser.add_argument("--assistant", choices=["echo", "rasa"], default=plain.assistant)
    parser.add_argument("--channels", default=",".join(plain.channels))
    parser.add_argument("--telegram", choices=["polling", "webhook"], default=plain.telegram)
    parser.add_argument("--faults", default="", help="comma-separated; see bench/faults/damage.py")
    parser.add_argument("--repeats", type=float, default=plain.repeats)
    parser.add_argument("--vendor-faults", type=float, default=plain.vendor_faults)
    parser.add_argument("--no-receipts", action="store_true")
    parser.add_argument("--folder", type=Path)
    said = parser.parse_args()
    return Options(
        seed=said.seed,
        events=said.events,
        minutes=said.minutes,
        database=cast("Store", said.database),
        assistant=cast("Assistant", said.assistant),
        channels=tuple(said.channels.split(",")),
        telegram=cast("Updates", said.telegram),
        every_s=said.every,
        faults=tuple(filter(None, said.faults.split(","))),
        receipts=not said.no_receipts,
        repeats=said.repeats,
        vendor_faults=said.vendor_faults,
        port=said.port,
        folder=said.folder,
    )
