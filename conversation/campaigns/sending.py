"""Start, send and stop campaigns.

A message and the note that its customer had it are one transaction, so that whatever dies, nobody
gets it twice; from there on the outbox keeps its own promise. Messages are handed over one by one,
so slowly that answers to customers never stand in line behind them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Lang, Reply, Source
from conversation.campaigns.audience import Audience, Reached, audience_of, who_may
from conversation.campaigns.progress import note_progress
from conversation.rows import held
from conversation.tables import OutboxItem
from conversation.transcript import Transcript
from crm.campaigns.content import CampaignContent, content_of
from crm.campaigns.tables import Campaign, CampaignRecipient
from crm.locks import serialise
from db.base import now as current_time
from db.engine import Database

log = structlog.get_logger()

_MOST_WAITING = 5  # messages of campaigns in the outbox at a time
_PAUSE_S = 2.0
_FOLLOW_EVERY = 15  # rounds


class CampaignUnknown(LookupError):
    """No campaign has this id."""


class CampaignRefused(Exception):
    """It cannot be done with a campaign as it stands: `status`."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the campaign is {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the shop's day in which nobody is written to unasked."""

    begins: time
    ends: time
    zone: ZoneInfo

    @classmethod
    def read(cls, hours: str, zone: ZoneInfo) -> "Quiet":
        """Read "20:00-08:00". Raises ValueError."""
        begins, _, ends = hours.partition("-")
        try:
            return cls(time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()), zone)
        except ValueError as error:
            raise ValueError(f"{hours!r} is no span like 20:00-08:00") from error

    def at(self, moment: datetime) -> bool:
        """Whether `moment` is in them."""
        clock = moment.astimezone(self.zone).time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


class Campaigns:
    """All campaigns; one per process."""

    def __init__(
        self,
        database: Database,
        transcript: Transcript,
        quiet: Quiet,
        per_minute: int,
        bot_name: str,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Hand over at most `per_minute` messages a minute, in all processes together."""
        self._database = database
        self._transcript = transcript
        self._quiet = quiet
        self._per_minute = per_minute
        self._bot_name = bot_name
        self._clock = clock

    async def add(self, content: CampaignContent) -> None:
        """Keep a draft, or a new wording of one. Raises CampaignRefused once it went out."""
        async with self._database.write() as session:
            row = await session.get(Campaign, content.id, with_for_update=True)
            if row is None:
                row = Campaign(id=content.id, status="draft")
                session.add(row)
            elif row.status != "draft":
                raise CampaignRefused(row.status)
            row.content, row.version = content.as_json(), content.version

    async def all(self) -> list[Campaign]:
        """Return all, newest first."""
        async with self._database.read() as session:
            found = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id)
            return list(await session.scalars(found))

    async def preview(self, campaign_id: str) -> Audience:
        """Say who would get it now. Raises CampaignUnknown."""
        async with self._database.read() as session:
            row = await session.get(Campaign, campaign_id)
            if row is None:
                raise CampaignUnknown(campaign_id)
            return await audience_of(session, content_of(row.content), self._clock())

    async def start(self, campaign_id: str, by: str, *, expected: int | None = None) -> int:
        """Queue everybody who may have it, and say how many; twice is once.

        `expected` is the count that was looked at: with another one nothing is sent.
        Raises CampaignUnknown, CampaignRefused.
        """
        async with self._database.write() as session:
            await serialise(session, f"campaign {campaign_id}")
            row = await _locked(session, campaign_id)
            if row.status != "draft":
                raise CampaignRefused(row.status)
            audience = await audience_of(session, content_of(row.content), self._clock())
            if expected is not None and expected != len(audience.reached):
                raise CampaignRefused(f"now for {len(audience.reached)} people")
            session.add_all(
                CampaignRecipient(
                    campaign_id=campaign_id,
                    customer_id=one.customer_id,
                    conversation_id=one.conversation_id,
                    channel=one.channel,
                    at=self._clock(),
                )
                for one in audience.reached
            )
            row.status, row.started_at, row.started_by = "sending", self._clock(), by
            return len(audience.reached)

    async def stop(self, campaign_id: str) -> int:
        """Stop at once, also what waits in the outbox; say how many do not get it.

        What is under way to a vendor at this moment cannot be called back. Raises CampaignUnknown.
        """
        at = self._clock()
        async with self._database.write() as session:
            row = await _locked(session, campaign_id)
            if row.status == "done":
                return 0
            row.status, row.ended_at = "stopped", at
            waiting = select(CampaignRecipient.message_id).where(
                CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.state == "handed"
            )
            unsent = list(
                await session.scalars(
                    update(OutboxItem)
                    .where(
                        OutboxItem.message_id.in_(waiting),
                        OutboxItem.status.in_(("pending", "held")),
                        OutboxItem.lease_until.is_(None) | (OutboxItem.lease_until < at),
                    )
                    .values(status="dropped", error="campaign stopped")
                    .returning(OutboxItem.message_id)
                )
            )
            stopped = await session.execute(
                update(CampaignRecipient)
                .where(
                    CampaignRecipient.campaign_id == campaign_id,
                    (CampaignRecipient.state == "queued")
                    | CampaignRecipient.message_id.in_(unsent),
                )
                .values(state="stopped", at=at)
            )
            return int(cast("Any", stopped).rowcount)

    async def run(self) -> None:
        """Send until cancelled."""
        rounds = 0
        while True:
            try:
                busy = await self.send_next()
                rounds += 1
                if rounds % _FOLLOW_EVERY == 0:
                    await note_progress(self._database)
            except Exception:
                log.exception("campaigns stopped for a moment")
                busy = False
            await asyncio.sleep(60.0 / self._per_minute if busy else _PAUSE_S)

    async def send_next(self) -> bool:
        """Hand one message to the outbox; False where there is none, or it is not the time."""
        at = self._clock()
        if self._quiet.at(at) or not await self._anything_to_do():
            return False
        async with self._database.write() as session:
            await serialise(session, "campaigns")  # several processes keep one pace
            if await self._too_fast(session, at):
                return False
            recipient = await session.scalar(
                select(CampaignRecipient)
                .join(Campaign, Campaign.id == CampaignRecipient.campaign_id)
                .where(CampaignRecipient.state == "queued", Campaign.status == "sending")
                .order_by(Campaign.started_at, CampaignRecipient.id)
                .limit(1)
            )
            if recipient is None:
                await _finish(session, at)
                return False
            campaign = await _locked(session, recipient.campaign_id)
            (may,) = await who_may(session, [recipient.customer_id], [recipient.channel], at)
            recipient.at = at
            if not isinstance(may, Reached):
                recipient.state, recipient.reason = "skipped", may
                return True
            connection = await session.connection()
            recipient.message_id = await connection.run_sync(
                lambda sync: self._say(sync, campaign, may)
            )
            recipient.state, recipient.handed_at = "handed", at
            recipient.conversation_id = may.conversation_id
        self._transcript.announce(may.conversation_id)
        return True

    def _say(self, connection: Connection, campaign: Campaign, to: Reached) -> str:
        content = content_of(campaign.content)
        reply = _reply(content, campaign.version, to)
        with held(connection, to.conversation_id) as conversation:
            said = self._transcript.add_reply(
                connection, conversation, reply, "bot", self._bot_name
            )
        return said.id

    async def _anything_to_do(self) -> bool:
        async with self._database.read() as session:
            open_ones = select(Campaign.id).where(Campaign.status == "sending").limit(1)
            return await session.scalar(open_ones) is not None

    async def _too_fast(self, session: AsyncSession, at: datetime) -> bool:
        lately = await session.scalar(
            select(func.count()).where(CampaignRecipient.handed_at > at - timedelta(minutes=1))
        )
        waiting = await session.scalar(
            select(func.count())
            .select_from(CampaignRecipient)
            .join(OutboxItem, OutboxItem.message_id == CampaignRecipient.message_id)
            .where(CampaignRecipient.state == "handed", OutboxItem.status == "pending")
        )
        return (lately or 0) >= self._per_minute or (waiting or 0) >= _MOST_WAITING


def _reply(content: CampaignContent, version: str, to: Reached) -> Reply:
    lang = cast("Lang", to.lang)
    first = to.name.split()[0]
    data: dict[str, Any] = {"campaign": content.id}
    if to.channel == "whatsapp":
        values = [first] if content.template_names else []
        data["template"] = {"name": content.template, "values": values}
    return Reply(
        text=content.words(lang, first),
        lang=lang,
        source=Source("template", f"campaign:{content.id}", version),
        data=data,
    )


async def _locked(session: AsyncSession, campaign_id: str) -> Campaign:
    row = await session.get(Campaign, campaign_id, with_for_update=True)
    if row is None:
        raise CampaignUnknown(campaign_id)
    return row


async def _finish(session: AsyncSession, at: datetime) -> None:
    """End those that are through."""
    left = select(CampaignRecipient.id).where(
        CampaignRecipient.campaign_id == Campaign.id, CampaignRecipient.state == "queued"
    )
    await session.execute(
        update(Campaign)
        .where(Campaign.status == "sending", ~left.exists())
        .values(status="done", ended_at=at)
    )
