"""What customers agreed to, which of them are one person, and who is to be known no more."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class ConsentEntry(Base):
    """One yes or no of one customer to one purpose. Rows are only ever added."""

    __tablename__ = "consent_log"
    __table_args__ = (Index("ix_consent_log_customer_id_purpose", "customer_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    purpose: Mapped[str]  # offers, campaigns, analytics
    granted: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=now)
    source: Mapped[str]  # chat, page, stop-word, csr, import, merge
    place: Mapped[str] = mapped_column(default="")  # the conversation, page or file
    noted_at: Mapped[datetime] = mapped_column(default=now)  # by us; `at` may come from elsewhere


class CustomerMerge(Base):
    """Two customers who proved to be one person, and all that is needed to part them again."""

    __tablename__ = "customer_merges"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)  # who stays
    merged_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    proof: Mapped[str]  # how both were proven, without the proof itself
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  # both, as they were
    given: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what who stays got of the other
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)  # table -> keys of its rows
    at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class ErasedCustomer(Base):
    """A customer who was erased, so that an import does not bring them back."""

    __tablename__ = "erased_customers"

    digest: Mapped[str] = mapped_column(primary_key=True)  # of their id in the shop
    at: Mapped[datetime] = mapped_column(default=now)
