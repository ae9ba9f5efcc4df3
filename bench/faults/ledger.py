"""Compare what customers sent and vendors took with what the database says became of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from sqlalchemy import func, or_, select

from bench.faults.deliveries import judge_deliveries, tags
from bench.faults.findings import Findings
from bench.faults.options import Options
from bench.faults.record import Record, Said
from conversation.tables import Conversation, InboxEvent, Message, OutboxItem, Turn
from db.engine import Database

_REORDER_S = 0.25  # SAPA_WHATSAPP_REORDER_S
_IN_ORDER = ("website", "telegram")  # bring the messages of a customer one after another


async def owed(database: Database) -> int:
    """Count what is owed still: events, turns, messages."""
    async with database.read() as session:
        counts = [
            await session.scalar(select(func.count()).where(wanted))
            for wanted in (
                InboxEvent.status == "new",
                Conversation.pending_since.is_not(None),
                OutboxItem.status == "pending",
            )
        ]
    return sum(count or 0 for count in counts)


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
    delivered = {items[tag.partition(":")[0]].message_id for tag in tags(record.taken, items)}
    _judge_answers(found, stored, turns, replies, items, delivered)
    found.lost += [f"turn {one} never ended" for one in unfinished]
    customers = sum(row.author == "customer" for row in messages.values())
    if customers != len(stored):
        found.doubled.append(f"{customers} messages of customers for {len(stored)} sent")
    if options.assistant == "echo":
        _judge_echo(found, dialogues, messages, turns, replies)
    _judge_order(found, stored)
    judge_deliveries(found, record, items, options)
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
        if said.silent:
            if row.turn_id is None:
                found.silent += 1
            else:
                found.doubled.append(f"{name} answered beside the owner")
        elif turns.get(row.turn_id) != "answered" or not said_back:
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
        written = sorted(lane, key=_written)
        # When each is let through: with the first that is due of it and of those written after it.
        through = [said.began_at + _REORDER_S for said, _ in written]
        for place in range(len(through) - 2, -1, -1):
            through[place] = min(through[place], through[place + 1])
        placed = zip(written, through, strict=True)
        for ((first, one), _), ((second, other), let_through) in combinations(placed, 2):
            if one.seq < other.seq:
                continue
            assert first.accepted_at is not None
            # In time: acknowledged while the later one still had to wait for it.
            if first.channel in _IN_ORDER or first.accepted_at <= let_through:
                found.disordered.append(f"{first.customer} {second.number} before {first.number}")
            else:
                found.too_late += 1


def _written(one: tuple[Said, Any]) -> int:
    return one[0].number
