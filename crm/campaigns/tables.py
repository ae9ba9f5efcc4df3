"""Campaigns as they were written, and each customer who gets one, once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class Campaign(Base):
    """One message to one segment; its content is fixed once it goes out."""

    __tablename__ = "campaigns"

    id: Mapped[str] = mapped_column(primary_key=True)  # the owner's own name for it
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)  # see crm/campaigns/content.py
    version: Mapped[str]  # of the content, a digest
    status: Mapped[str] = mapped_column(default="draft")  # draft, sending, stopped, done
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    started_by: Mapped[str | None]  # an agent's login, or "command"
    ended_at: Mapped[datetime | None]


class CampaignRecipient(Base):
    """One customer of one campaign, and how far it came with them."""

    __tablename__ = "campaign_recipients"
    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id"),
        Index("ix_campaign_recipients_campaign_id_state", "campaign_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    # queued, handed (to the outbox), sent, delivered, read, failed, skipped, stopped
    state: Mapped[str] = mapped_column(default="queued")
    reason: Mapped[str | None]  # why skipped or failed
    message_id: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=now)  # of the state
    handed_at: Mapped[datetime | None] = mapped_column(index=True)
