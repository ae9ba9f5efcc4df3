"""What the orders taught, kept so that an offer is chosen in milliseconds."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Fit(Base):
    """How much having bought one product speaks for another, and the count behind it."""

    __tablename__ = "fits"

    because: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True, index=True)
    customers: Mapped[int]  # who bought both
    weight: Mapped[float]  # above 0


class Demand(Base):
    """How many customers buy a product, ever and lately."""

    __tablename__ = "demands"

    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True)
    buyers: Mapped[int]
    recent: Mapped[float]  # the same, older purchases counting less, as of `Lesson.at`
    anybody: Mapped[float]  # what speaks for it without knowing the customer


class LearnedOrder(Base):
    """An order that is counted in, so that it is counted once."""

    __tablename__ = "learned_orders"

    number: Mapped[str] = mapped_column(
        ForeignKey("orders.number", ondelete="CASCADE"), primary_key=True
    )


class Lesson(Base):
    """When everything was learned anew last, and from how many customers; one row."""

    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    customers: Mapped[int]
