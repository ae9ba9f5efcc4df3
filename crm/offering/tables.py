"""Whether offers are made at all, switched by people in the console; every switch is kept."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class OfferSwitch(Base):
    """One time that somebody stopped offers, or let them go on; the newest holds."""

    __tablename__ = "offer_switches"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now)
    stopped: Mapped[bool]
    agent_id: Mapped[str]
    agent_name: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
