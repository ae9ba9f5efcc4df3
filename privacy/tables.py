"""Wishes to be forgotten, and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class ErasureRequest(Base):
    """One wish to be forgotten. Afterwards nothing in the row names anybody."""

    __tablename__ = "erasure_requests"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[str | None] = mapped_column(index=True)  # None once they are erased
    conversation_id: Mapped[str | None] = mapped_column(index=True)  # of somebody nobody knows
    source: Mapped[str]  # chat, page, widget, csr, command
    requested_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)  # the goodbye goes out before
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    rows: Mapped[dict[str, Any]] = mapped_column(default=dict)  # table -> how many went
    error: Mapped[str | None]
