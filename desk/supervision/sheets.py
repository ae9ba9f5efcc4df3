"""The supervisor's figures as CSV, for spreadsheets; what customers wrote is defused there."""

import io
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from fastapi import Response

from desk.supervision.contacts import Contact
from desk.supervision.insight import Period
from desk.supervision.satisfaction import Mark
from spreadsheets.writing import ENCODING, write_records

CONTACTS = (
    "begun_at", "ended_at", "channel", "topic", "by", "resolution", "reason", "agent_id",
    "wait_s", "handled_s", "bot_first_response_s", "person_first_response_s",
)  # fmt: skip
SURVEYS = (
    "asked_at", "scale", "solver", "agent", "channel", "segment", "topic", "score", "comment",
    "conversation_id",
)  # fmt: skip


def contacts_sheet(found: Iterable[Contact], zone: ZoneInfo, period: Period) -> Response:
    """Give one row for each contact; times in the shop's zone."""
    rows: list[Sequence[object]] = [CONTACTS]
    for contact in found:
        last = contact.handed[-1] if contact.handed else None
        taken = last.taken_at if last else None
        rows.append(
            (
                contact.begun_at.astimezone(zone).isoformat(timespec="seconds"),
                contact.ended_at.astimezone(zone).isoformat(timespec="seconds"),
                contact.channel,
                contact.topic,
                contact.by,
                contact.resolution,
                last.reason if last else "",
                (last.agent_id or "") if last else "",
                _seconds((taken - last.requested_at).total_seconds() if last and taken else None),
                _seconds(
                    (last.ended_at - taken).total_seconds()
                    if last and taken and last.ended_at
                    else None
                ),
                _seconds(contact.bot_s),
                _seconds(contact.person_s),
            )
        )
    return _file("contacts", period, rows)


def surveys_sheet(found: Iterable[Mark], zone: ZoneInfo, period: Period) -> Response:
    """Give one row for each survey that was sent."""
    rows: list[Sequence[object]] = [SURVEYS]
    rows += [
        (
            mark.asked_at.astimezone(zone).isoformat(timespec="seconds"),
            mark.scale,
            mark.solver,
            mark.agent,
            mark.channel,
            mark.segment,
            mark.topic,
            "" if mark.score is None else mark.score,
            mark.comment or "",
            mark.conversation_id,
        )
        for mark in found
    ]
    return _file("surveys", period, rows)


def _seconds(value: float | None) -> object:
    return "" if value is None else round(max(0.0, value))


def _file(name: str, period: Period, rows: Iterable[Sequence[object]]) -> Response:
    text, file = io.StringIO(newline=""), f"{name}-{period.since}-{period.until}.csv"
    write_records(text, rows)
    return Response(
        text.getvalue().encode(ENCODING),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file}"',
            "Cache-Control": "no-store",
        },
    )
