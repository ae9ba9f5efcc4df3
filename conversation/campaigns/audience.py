"""Whom a campaign goes to, and why the others of its segment get nothing.

The rules are those of offers where they are about the customer: consent, no open problem, one
unasked message in a settable time; asked again for each message just before it goes out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import ChannelContact, Conversation
from crm.campaigns.content import CampaignContent
from crm.campaigns.tables import CampaignRecipient
from crm.consent import agreeing
from crm.segments.tables import Standing
from crm.tables import Customer, Offer, Ticket

CAP = timedelta(days=7)  # one unasked message, offer or campaign, per customer in this time
_BATCH = 400
_OF_CUSTOMER = ("city", "lang")

Reason = Literal["no-consent", "no-channel", "open-problem", "had-one", "gone"]


@dataclass(frozen=True, slots=True)
class Reached:
    """One customer who gets it, where, in which language."""

    customer_id: str
    name: str
    lang: str
    conversation_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets it, and how many of the segment do not, by reason."""

    reached: tuple[Reached, ...]
    left_out: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many customers are in the segment."""
        return len(self.reached) + sum(self.left_out.values())


async def audience_of(session: AsyncSession, content: CampaignContent, at: datetime) -> Audience:
    """Look up everybody of the segment."""
    ids = list(await session.scalars(_segment(content)))
    reached: list[Reached] = []
    left_out: Counter[str] = Counter()
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        for one in await who_may(session, batch, content.channels, at):
            if isinstance(one, Reached):
                reached.append(one)
            else:
                left_out[one] += 1
    return Audience(tuple(reached), dict(left_out))


async def who_may(
    session: AsyncSession, ids: Sequence[str], channels: Sequence[str], at: datetime
) -> list[Reached | Reason]:
    """Say for each customer where they may be written to now, or why not."""
    customers = await session.scalars(select(Customer).where(Customer.id.in_(ids)))
    known = {row.id: row for row in customers if row.name and row.merged_into is None}
    agreed = await agreeing(session, ids, "campaigns")
    troubled = await _troubled(session, ids)
    had = await _had_one(session, ids, at)
    places = await _places(session, ids, channels)
    found: list[Reached | Reason] = []
    for customer_id in ids:
        customer, place = known.get(customer_id), places.get(customer_id)
        if customer is None:
            found.append("gone")
        elif customer_id not in agreed:
            found.append("no-consent")
        elif place is None:
            found.append("no-channel")
        elif customer_id in troubled:
            found.append("open-problem")
        elif customer_id in had:
            found.append("had-one")
        else:
            lang = customer.lang if customer.lang in ("id", "en") else "id"
            found.append(Reached(customer_id, customer.name, lang, place.id, place.channel))
    return found


def _segment(content: CampaignContent) -> Any:
    conditions: list[ColumnElement[bool]] = [Customer.name != "", Customer.merged_into.is_(None)]
    for name, values in content.segment.items():
        table: Any = Customer if name in _OF_CUSTOMER else Standing
        conditions.append(getattr(table, name).in_(values))
    return (
        select(Customer.id)
        .outerjoin(Standing, Standing.customer_id == Customer.id)
        .where(*conditions)
        .order_by(Customer.id)
    )


async def _places(
    session: AsyncSession, ids: Sequence[str], channels: Sequence[str]
) -> dict[str, Conversation]:
    """Find where each has proved who they are and did not block us; the latest counts."""
    rows = await session.scalars(
        select(Conversation)
        .outerjoin(ChannelContact, ChannelContact.conversation_id == Conversation.id)
        .where(
            Conversation.customer_id.in_(ids),
            Conversation.verified,
            Conversation.channel.in_(channels),
            ChannelContact.blocked_at.is_(None),
        )
        .order_by(Conversation.updated_at)
    )
    return {str(row.customer_id): row for row in rows}


async def _troubled(session: AsyncSession, ids: Sequence[str]) -> set[str]:
    tickets = await session.scalars(
        select(Ticket.customer_id).where(
            Ticket.customer_id.in_(ids), Ticket.status.not_in(("solved", "closed"))
        )
    )
    waiting = await session.scalars(
        select(Conversation.customer_id).where(
            Conversation.customer_id.in_(ids), Conversation.state.in_(("waiting", "csr"))
        )
    )
    return {str(one) for one in (*tickets, *waiting)}


async def _had_one(session: AsyncSession, ids: Sequence[str], at: datetime) -> set[str]:
    """Who was offered something unasked lately, or had any campaign."""
    offers = await session.scalars(
        select(Offer.customer_id).where(
            Offer.customer_id.in_(ids),
            or_(
                and_(Offer.asked.is_(False), Offer.shown_at > at - CAP),
                Offer.outcome == "never",
            ),
        )
    )
    campaigns = await session.scalars(
        select(CampaignRecipient.customer_id).where(
            CampaignRecipient.customer_id.in_(ids), CampaignRecipient.handed_at > at - CAP
        )
    )
    return {str(one) for one in (*offers, *campaigns)}
