"""The surveys that customers were sent, each with its answer."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class Survey(Base):
    """One question about one case that was solved."""

    __tablename__ = "surveys"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    cause: Mapped[str] = mapped_column(unique=True)  # what was solved; asked about once
    person: Mapped[str] = mapped_column(index=True)  # a proven customer, else the conversation
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    lang: Mapped[str]
    segment: Mapped[str | None]  # of the customer, as it was then
    topic: Mapped[str] = mapped_column(default="")  # of the last article, else what was wanted
    solver: Mapped[str]  # bot, person
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"), index=True)
    questionnaire: Mapped[str]
    scale: Mapped[str]  # csat (1 to 5), nps (0 to 10)
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
    until: Mapped[datetime]  # then no answer is taken any more
    score: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    answered_in: Mapped[str | None]  # the message or turn; a repeat of it is no second answer
    comment: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))  # after a bad mark
    noted_at: Mapped[datetime | None]  # when the comment went to the ticket
