"""Compare what customers sent and vendors took with what the database says became of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from sqlalchemy import func, or_, select

from bench.faults.options import Options
from bench.faults.record import Fault, Record, Said, Taken
from conversation.tables import Conversation, InboxEvent, Message, OutboxItem, Turn
from db.engine import Database

_REORDER_S = 0.25  # SAPA_WHATSAPP_REORDER_S
_GUESS_S = 15.0  # a send that was under way when something broke ends at most so much later


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

    @property
    def broken(self) -> dict[str, list[str]]:
        """Name the guarantees that do not hold."""
        most = [str(n) for n in self.duplicates_by_fault if n > 1]
        found = {
            "lost": self.lost,
            "processed twice": self.doubled,
            "out of order": self.disordered,
            "more than one outbound duplicate of a crash": most,
            "outbound duplicates without a crash": self.duplicates_otherwise,
        }
        return {name: examples for name, examples in found.items() if examples}


async def drained(database: Database) -> bool:
    """Whether nothing is owed any more: no event, no turn, no message."""
    async with database.read() as session:
        for owed in (
            select(InboxEvent.id).where(InboxEvent.status == "new"),
            select(Conversation.id).where(Conversation.pending_since.is_not(None)),
            select(OutboxItem.id).where(OutboxItem.status == "pending"),
        ):
            if await session.scalar(owed.limit(1)) is not None:
                return False
    return True


async def audit(database: Database, record: Record, options: Options) -> Findings:
    """Read the database and judge."""
    found = Findings()
    async with database.read() as session:
        keys = {
            (row.channel, row.source_id): row
            for row in await session.execute(
                select(InboxEvent.channel, InboxEvent.source_id, InboxEvent.message_id)
            )
        }
        messages = {
            row.id: row
            for row in await session.execute(
                select(
                    Message.id,
                    Message.conversation_id,
                    Message.seq,
                    Message.author,
                    Message.turn_id,
                )
            )
        }
        turns = dict((await session.execute(select(Turn.id, Turn.status))).all())
        items = {
            row.id: row
            for row in await session.execute(
                select(OutboxItem.id, OutboxItem.message_id, OutboxItem.seq, OutboxItem.status)
            )
        }
        found.apologies = (
            await session.scalar(
                select(func.count()).where(Message.author == "bot", Message.kind == "error")
            )
            or 0
        )
        dialogues = (await session.execute(select(Conversation.id, Conversation.dialogue))).all()
        unfinished = list(
            await session.scalars(
                select(Turn.id).where(or_(Turn.status == "running", Turn.status == "failed"))
            )
        )
    stored = _match(found, record.said, keys, messages)
    replies: defaultdict[str, list[Any]] = defaultdict(list)
    for row in messages.values():
        if row.author == "bot" and row.turn_id:
            replies[row.turn_id].append(row)
    delivered = {items[tag.partition(":")[0]].message_id for tag in _tags(record.taken, items)}
    _judge_answers(found, stored, turns, replies, items, delivered)
    found.lost += [f"turn {one} never ended" for one in unfinished]
    customers = sum(row.author == "customer" for row in messages.values())
    if customers != len(stored):
        found.doubled.append(f"{customers} messages of customers for {len(stored)} sent")
    if options.assistant == "echo":
        _judge_echo(found, dialogues, messages, turns, replies)
    _judge_order(found, stored)
    _judge_deliveries(found, record, items)
    return found


def _match(
    found: Findings, said: Sequence[Said], keys: Mapping[Any, Any], messages: Mapping[str, Any]
) -> list[tuple[Said, Any]]:
    """Find the stored message of each that was sent."""
    stored = []
    for one in said:
        if one.accepted_at is None:
            continue
        found.accepted += 1
        if len(one.acknowledged_as) > 1:
            found.doubled.append(f"{one.customer} {one.number} has two ids")
        if one.channel == "website":
            row = messages.get(one.source_id)
        else:
            key = keys.get((one.channel, one.source_id))
            row = messages.get(key.message_id) if key is not None else None
        if row is None:
            found.lost.append(f"{one.channel} {one.customer} {one.number} not stored")
        else:
            stored.append((one, row))
    found.processed = len(stored)
    return stored


def _judge_answers(
    found: Findings,
    stored: Sequence[tuple[Said, Any]],
    turns: Mapping[str, str],
    replies: Mapping[str, Sequence[Any]],
    items: Mapping[str, Any],
    delivered: set[str],
) -> None:
    sent = {row.message_id for row in items.values() if row.status == "sent"}
    for said, row in stored:
        said_back = replies.get(row.turn_id, ())
        name = f"{said.channel} {said.customer} {said.number}"
        if turns.get(row.turn_id) != "answered" or not said_back:
            found.lost.append(f"{name} not answered")
        elif said.channel != "website" and any(one.id not in sent for one in said_back):
            found.lost.append(f"{name}: the answer was not sent")
        elif said.channel != "website" and said_back[0].id not in delivered:
            found.lost.append(f"{name}: the vendor has no answer")
        else:
            found.answered += 1


def _judge_echo(
    found: Findings,
    dialogues: Iterable[tuple[str, Mapping[str, Any]]],
    messages: Mapping[str, Any],
    turns: Mapping[str, str],
    replies: Mapping[str, Sequence[Any]],
) -> None:
    """The echo says one thing a turn and counts its turns, so both must agree."""
    answered: defaultdict[str, set[str]] = defaultdict(set)
    for row in messages.values():
        if row.turn_id and turns.get(row.turn_id) == "answered":
            answered[row.conversation_id].add(row.turn_id)
    for conversation, dialogue in dialogues:
        if dialogue.get("turns", 0) > len(answered[conversation]):
            found.doubled.append(f"conversation {conversation}: {dialogue}")
    found.doubled += [
        f"turn {one} said {len(said)}" for one, said in replies.items() if len(said) > 1
    ]


def _judge_order(found: Findings, stored: Sequence[tuple[Said, Any]]) -> None:
    lanes: defaultdict[tuple[str, str], list[tuple[Said, Any]]] = defaultdict(list)
    for said, row in stored:
        lanes[said.channel, said.customer].append((said, row))
    for lane in lanes.values():
        for (first, one), (second, other) in combinations(sorted(lane, key=_written), 2):
            if one.seq < other.seq:
                continue
            assert first.accepted_at is not None
            # In time: acknowledged while the later one still had to wait for it.
            if first.channel == "website" or first.accepted_at <= second.began_at + _REORDER_S:
                found.disordered.append(f"{first.customer} {second.number} before {first.number}")
            else:
                found.too_late += 1


def _written(one: tuple[Said, Any]) -> int:
    return one[0].number


def _tags(taken: Iterable[Taken], items: Mapping[str, Any]) -> list[str]:
    return [one.tag for one in taken if one.tag.partition(":")[0] in items]


def _judge_deliveries(found: Findings, record: Record, items: Mapping[str, Any]) -> None:
    """What vendors took: in order, and each thing once, but for one of each crash."""
    firsts: dict[str, Taken] = {}
    seqs: defaultdict[tuple[str, str], int] = defaultdict(int)
    by_fault: Counter[int] = Counter()
    for one in sorted(record.taken, key=lambda taken: taken.at):
        if one.tag in firsts:
            blame = _blame(record.faults, firsts[one.tag], one)
            if blame is None:
                found.duplicates_otherwise.append(f"{one.channel} {one.tag}")
            else:
                by_fault[blame] += 1
            continue
        firsts[one.tag] = one
        seq = items[one.tag.partition(":")[0]].seq
        if seq < seqs[one.channel, one.address]:
            found.disordered.append(f"answer {seq} to {one.address} came late")
        seqs[one.channel, one.address] = seq
    found.duplicates_by_fault = [by_fault[n] for n in range(len(record.faults))]


def _blame(faults: Sequence[Fault], first: Taken, again: Taken) -> int | None:
    """Name the fault during which the first send was under way."""
    found = [
        place
        for place, fault in enumerate(faults)
        if first.began_at - _GUESS_S <= fault.at <= min(first.at + _GUESS_S, again.began_at)
    ]
    return found[-1] if found else None
