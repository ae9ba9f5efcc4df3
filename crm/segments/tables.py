"""Where each customer stands, as computed last, and what they were measured against."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Standing(Base):
    """One customer's segments, value and future, with the figures behind them."""

    __tablename__ = "standings"

    customer_id: Mapped[str] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]
    activity: Mapped[str] = mapped_column(index=True)  # new, active, passive, lapsed, bad_debtor
    size: Mapped[str | None]  # big, regular, micro; None: nothing bought in the history
    region: Mapped[str | None]  # of content/segments.yml
    line: Mapped[str | None]  # category with most revenue
    rfm: Mapped[str | None]
    recency: Mapped[int | None]  # scores 1 to 5
    frequency: Mapped[int | None]
    money: Mapped[int | None]
    value_class: Mapped[str]  # high, medium, low, new
    orders: Mapped[int] = mapped_column(default=0)  # ever
    spent_idr: Mapped[int] = mapped_column(BigInteger, default=0)  # ever
    last_order_at: Mapped[datetime | None]
    revenue_idr: Mapped[int] = mapped_column(BigInteger, default=0)  # of the history
    margin_idr: Mapped[int] = mapped_column(BigInteger, default=0)
    service_idr: Mapped[int] = mapped_column(BigInteger, default=0)  # what contacts cost
    contacts: Mapped[int] = mapped_column(default=0)
    bot_days: Mapped[int] = mapped_column(default=0)  # of the contacts, with the bot only
    people: Mapped[int] = mapped_column(default=0)  # of the contacts, with a CSR
    trend: Mapped[str] = mapped_column(default="steady")  # of profit: rising, steady, falling
    overdue_bills: Mapped[int] = mapped_column(default=0)
    overdue_since: Mapped[datetime | None]
    expected_orders: Mapped[float | None]  # in the horizon
    churn: Mapped[float | None]  # 0 to 1; unknown of who bought once
    silent: Mapped[float | None]  # 0 to 1, of buying nothing in the horizon
    need: Mapped[str | None]  # warranty, refill, bill
    need_at: Mapped[datetime | None]
    need_about: Mapped[str | None]  # SKU, or number of the invoice

    @property
    def profit_idr(self) -> int:
        """Margin less what serving cost, of the history."""
        return self.margin_idr - self.service_idr


class Yardstick(Base):
    """What customers are measured against, computed with all of them; one row."""

    __tablename__ = "yardsticks"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    marks: Mapped[dict[str, Any]]  # see crm/segments/marks.py
