"""What vendors took: in order, and each thing once, but for one of each crash."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.faults.findings import Findings
from bench.faults.options import Options
from bench.faults.record import Fault, Record, Taken

_GUESS_S = 15.0  # a send that was under way when something broke ends at most so much later
_SLACK_S = 0.5  # a message that was claimed when something broke is sent so much later


def tags(taken: Iterable[Taken], items: Mapping[str, Any]) -> list[str]:
    return [one.tag for one in taken if one.tag.partition(":")[0] in items]


def judge_deliveries(
    found: Findings, record: Record, items: Mapping[str, Any], options: Options
) -> None:
    """Count what vendors took twice, and blame a fault for it where there was one."""
    before: dict[str, Taken] = {}  # by tag, the last that was sent
    by_fault: Counter[int] = Counter()
    # A vendor may be slower over the first than over the second.
    for one in sorted(record.taken, key=lambda taken: taken.began_at):
        last, before[one.tag] = before.get(one.tag), one
        if last is None:
            continue
        if last.unanswered and not _has_receipts(one, options):
            found.duplicates_unanswered += 1
            continue
        blame = _blame(record.faults, last, one)
        if blame is None:
            found.duplicates_otherwise.append(f"{one.channel} {one.tag}")
        else:
            by_fault[blame] += 1
    found.disordered += _late(record.taken, items)
    found.duplicates_by_fault = [by_fault[n] for n in range(len(record.faults))]


def _late(taken: Iterable[Taken], items: Mapping[str, Any]) -> list[str]:
    """Name what a vendor took after a later message of its conversation."""
    late, known = [], set()
    seqs: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in sorted(taken, key=lambda taken: taken.at):
        if one.tag in known:
            continue
        known.add(one.tag)
        seq = items[one.tag.partition(":")[0]].seq
        if seq < seqs[one.channel, one.address]:
            late.append(f"answer {seq} to {one.address} came late")
        seqs[one.channel, one.address] = seq
    return late


def _blame(faults: Sequence[Fault], first: Taken, again: Taken) -> int | None:
    """Name the fault during which the first send was under way.

    That is the first crash after its request came in: from then on nobody could note it. Where no
    process died it is whatever else broke.
    """
    until = min(first.at + _GUESS_S, again.began_at)
    found = [
        place
        for place, fault in enumerate(faults)
        if first.began_at - _SLACK_S <= fault.at <= until
    ]
    return next((place for place in found if faults[place].deadly), found[0] if found else None)


def _has_receipts(one: Taken, options: Options) -> bool:
    """Whether the vendor told later that it had taken the message whose answer was lost."""
    return one.channel == "whatsapp" and options.receipts
