"""The table of one run."""

import os
from collections import Counter
from statistics import median
from time import monotonic

from bench.faults.findings import Findings
from bench.faults.options import Options
from bench.faults.record import Fault, Record


def table(options: Options, record: Record, findings: Findings) -> str:
    """Write the figures of a run as Markdown."""
    deadly = [fault for fault in record.faults if fault.deadly]
    by_fault = findings.duplicates_by_fault
    rows = {
        "command": _command(options),
        "messages of customers": len(record.said),
        "events: messages, repeats, receipts, the owner's own words": record.events,
        "requests that brought them": record.posts,
        "of them met a dead process and came again": record.refused,
        "sends that the vendor failed, hung or left unanswered": record.spoiled,
        "crashes of the app": len(deadly),
        "all faults": _counts(record.faults),
        "accepted": findings.accepted,
        "processed": findings.processed,
        "answered": findings.answered,
        "left to the owner, who answers by phone": findings.silent,
        "answered with an apology": findings.apologies,
        "lost": len(findings.lost),
        "processed twice": len(findings.doubled),
        "out of order": len(findings.disordered),
        "came too late to be put in order": findings.too_late,
        "outbound duplicates, all but the next line's": sum(by_fault)
        + len(findings.duplicates_otherwise),
        "outbound duplicates where Telegram took it and did not say so": (
            findings.duplicates_unanswered
        ),
        "outbound duplicates per crash, most": max(by_fault, default=0),
        "ready again after a crash, p50 / max": _seconds(deadly),
        "ready again after another fault, p50 / max": _seconds(
            [fault for fault in record.faults if not fault.deadly]
        ),
        "took": _took(record),
    }
    return "\n".join(
        ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    )


def _took(record: Record) -> str:
    seconds = monotonic() - record.begun_at
    pace = record.events / seconds
    return f"{seconds / 60:.1f} min, {pace:.0f} events/s; load {os.getloadavg()[0]:.1f}"


def _command(options: Options) -> str:
    words = ["python -m bench.faults", f"--seed {options.seed}", f"--events {options.events}"]
    words += [f"--database {options.database}", f"--assistant {options.assistant}"]
    if options.minutes:
        words.append(f"--minutes {options.minutes:g}")
    if options.channels != Options().channels:
        words.append(f"--channels {','.join(options.channels)}")
    if options.telegram != Options().telegram:
        words.append(f"--telegram {options.telegram}")
    if options.faults:
        words.append(f"--faults {','.join(options.faults)}")
    if options.every_s != Options().every_s:
        words.append(f"--every {options.every_s:g}")
    if options.repeats != Options().repeats:
        words.append(f"--repeats {options.repeats:g}")
    if not options.receipts:
        words.append("--no-receipts")
    return f"`{' '.join(words)}`"


def _counts(faults: list[Fault]) -> str:
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(Counter(f.kind for f in faults).items()))


def _seconds(faults: list[Fault]) -> str:
    times = [fault.recovered_s for fault in faults if fault.recovered_s is not None]
    return f"{median(times):.1f} s / {max(times):.1f} s" if times else "–"
