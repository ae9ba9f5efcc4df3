"""The table of one run."""

import os
from collections import Counter
from statistics import median
from time import monotonic

from bench.faults.ledger import Findings
from bench.faults.options import Options
from bench.faults.record import Fault, Record


def table(options: Options, record: Record, findings: Findings) -> str:
    """Write the figures of a run as Markdown."""
    deadly = [fault for fault in record.faults if fault.deadly]
    by_fault = findings.duplicates_by_fault
    rows = {
        "command": _command(options),
        "messages of customers": len(record.said),
        "requests that brought events, repeats and receipts too": record.posts,
        "of them met a dead process and came again": record.refused,
        "sends that the vendor failed, hung or left unanswered": record.spoiled,
        "crashes of the app": len(deadly),
        "all faults": _counts(record.faults),
        "accepted": findings.accepted,
        "processed": findings.processed,
        "answered": findings.answered,
        "answered with an apology": findings.apologies,
        "lost": len(findings.lost),
        "processed twice": len(findings.doubled),
        "out of order": len(findings.disordered),
        "came too late to be put in order": findings.too_late,
        "outbound duplicates, all": sum(by_fault) + len(findings.duplicates_otherwise),
        "outbound duplicates per crash, most": max(by_fault, default=0),
        "ready again after a crash, p50 / max": _seconds(deadly),
        "ready again after another fault, p50 / max": _seconds(
            [fault for fault in record.faults if not fault.deadly]
        ),
        "took": f"{(monotonic() - record.begun_at) / 60:.1f} min; load {os.getloadavg()[0]:.1f}",
    }
    return "\n".join(
        ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    )


def _command(options: Options) -> str:
    words = ["python -m bench.faults", f"--seed {options.seed}", f"--events {options.events}"]
    words += [f"--database {options.database}", f"--assistant {options.assistant}"]
    if options.minutes:
        words.append(f"--minutes {options.minutes:g}")
    if options.channels != Options().channels:
        words.append(f"--channels {','.join(options.channels)}")
    if not options.receipts:
        words.append("--no-receipts")
    return f"`{' '.join(words)}`"


def _counts(faults: list[Fault]) -> str:
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(Counter(f.kind for f in faults).items()))


def _seconds(faults: list[Fault]) -> str:
    times = [fault.recovered_s for fault in faults if fault.recovered_s is not None]
    return f"{median(times):.1f} s / {max(times):.1f} s" if times else "–"
