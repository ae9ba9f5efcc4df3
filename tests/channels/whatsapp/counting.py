"""What the metrics counted and the log said while something happened."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

_OURS = ("sapa_webhook_", "sapa_inbox_", "sapa_outbox_")


@dataclass
class Seen:
    """Filled when the block ends; a metric is written as `name label label`."""

    counted: dict[str, int] = field(default_factory=dict)
    logs: list[MutableMapping[str, Any]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """What the log says, as `event reason-or-error`."""
        told = [line for line in self.logs if line["log_level"] != "info"]
        details = [(line.get(key) for key in ("reason", "error", "type")) for line in told]
        return [
            " ".join(filter(None, [line["event"], next(filter(None, detail), "")]))
            for line, detail in zip(told, details, strict=True)
        ]


@contextmanager
def watched() -> Iterator[Seen]:
    """Note what is counted and logged inside the block."""
    seen, before = Seen(), _values()
    with capture_logs() as logs:
        yield seen
    seen.logs = list(logs)
    after = _values()
    seen.counted = {
        name: int(after[name] - before.get(name, 0))
        for name in after
        if after[name] != before.get(name, 0)
    }


def _values() -> dict[str, float]:
    return {
        " ".join(
            [sample.name.removeprefix("sapa_").removesuffix("_total"), *sample.labels.values()]
        ): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith(_OURS) and sample.name.endswith("_total")
    }
