"""What was said, and whose turn it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now

_ANSWERS = text("kind = 'answer'")


class Conversation(Base):
    """One thread with one customer on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("ix_conversations_state_updated_at", "state", "updated_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str]  # website, whatsapp, telegram
    address: Mapped[str]  # visitor, chat
    site: Mapped[str] = mapped_column(default="")  # site key
    network: Mapped[str] = mapped_column(default="")  # keyed digest of the client address
    lang: Mapped[str] = mapped_column(default="id")
    state: Mapped[str] = mapped_column(default="bot")  # bot, waiting, csr, closed
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    verified: Mapped[bool] = mapped_column(default=False)  # customer_id was proved
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))  # owner in state csr
    last_seq: Mapped[int] = mapped_column(default=0)
    dialogue: Mapped[dict[str, Any]] = mapped_column(default=dict)  # Rasa's state, opaque to us
    missed_turns: Mapped[int] = mapped_column(default=0)  # in a row, not understood
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the bot said last, mood
    pending_since: Mapped[datetime | None] = mapped_column(index=True)  # a turn is owed
    lease_owner: Mapped[str | None]  # the worker that runs the turn
    lease_until: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]  # the owner answers by phone; the bot holds back
    # Of the shop, as its page says: {kind, product…, at, offered: {kind: when help was offered}}.
    page: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    team_id: Mapped[str | None] = mapped_column(index=True)  # whose it is; None: everybody's


class Message(Base):
    """One utterance; `seq` counts 1, 2, 3 … in its conversation without a gap."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_messages_answers", "at", sqlite_where=_ANSWERS, postgresql_where=_ANSWERS),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    author: Mapped[str]  # customer, bot, csr, system
    name: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    choice: Mapped[str | None]  # of a customer who tapped one
    lang: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    choices: Mapped[list[Any]] = mapped_column(default=list)
    source: Mapped[dict[str, Any] | None]
    mood: Mapped[str] = mapped_column(default="neutral")
    at: Mapped[datetime] = mapped_column(default=now)
    owed: Mapped[bool] = mapped_column(default=False)  # the bot has to answer it, in `turn_id`
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turns.id"), index=True)


class Turn(Base):
    """What happens between customer messages and the replies to them."""

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    status: Mapped[str] = mapped_column(default="running")  # running, answered, dropped, failed
    tries: Mapped[int] = mapped_column(default=1)
    intent: Mapped[str | None]
    confidence: Mapped[float | None]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class InboxEvent(Base):
    """One thing a channel delivered, once; kept so that a repeat changes nothing.

    What comes by webhook is stored raw and taken in later, see conversation/inbox.py.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "source_id"),
        Index("ix_inbox_status_next_at", "status", "next_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str]
    source_id: Mapped[str]
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    status: Mapped[str] = mapped_column(default="done", server_default="done")  # new, done, parked
    lane: Mapped[str] = mapped_column(default="", server_default="")  # taken in one after another
    sent_at: Mapped[datetime | None]  # by the channel's clock; the order in a lane
    raw: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # while not done
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_at: Mapped[datetime | None]
    lease_owner: Mapped[str | None]  # the process that takes it in
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]


class ChannelContact(Base):
    """How a pushing channel reaches the customer of one conversation, and until when."""

    __tablename__ = "channel_contacts"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    phone: Mapped[str | None] = mapped_column(index=True)  # as the channel writes it
    name: Mapped[str] = mapped_column(default="")  # of the customer's profile
    last_source_id: Mapped[str | None]  # the customer's latest message
    window_until: Mapped[datetime | None] = mapped_column(index=True)  # then only templates
    reminded_for: Mapped[datetime | None]  # the window_until about which people were told
    blocked_at: Mapped[datetime | None]  # the customer does not want to hear from us


class Lease(Base):
    """What one process at a time may do, such as polling a vendor."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    until: Mapped[datetime]


class Receipt(Base):
    """What became of something a channel sent; may be known before we know that we sent it."""

    __tablename__ = "receipts"

    channel: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str | None] = mapped_column(index=True)  # of the outbox
    part: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]  # accepted, sent, delivered, read, failed
    error: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)


class OutboxItem(Base):
    """One message that a pushing channel still has to send."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_status_next_at", "status", "next_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    channel: Mapped[str]
    address: Mapped[str]
    seq: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")  # pending, held, sent, dead
    part: Mapped[int] = mapped_column(default=0, server_default="0")  # a long text has several
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)
    put_off_at: Mapped[datetime | None]  # when it was put off to next_at, after a failure
    lease_owner: Mapped[str | None]  # the process that sends it
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]
    sent_at: Mapped[datetime | None]


class Handoff(Base):
    """One time that a conversation waited for a person, and what became of it."""

    __tablename__ = "handoffs"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    reason: Mapped[str]  # request, complaint, not_understood, failure, lockout, safety
    brief: Mapped[dict[str, Any]] = mapped_column(default=dict)  # eight fields, see desk/brief.py
    requested_at: Mapped[datetime] = mapped_column(default=now)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # returned, closed, left, passed
    result: Mapped[str | None]  # solved, unsolved: what the CSR said at the end
    # What the customer was told: position, free places, and from_s and to_s where known.
    expected: Mapped[dict[str, Any]] = mapped_column(default=dict)
    told_at: Mapped[datetime | None]  # an update of it, last
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # in that update
    for_agent: Mapped[str | None]  # to whom a colleague passed it on


class ReadMark(Base):
    """The last message that one side has seen."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)  # customer, csr
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)


class UnansweredQuestion(Base):
    """A question the knowledge base could not answer, kept for the shop owner."""

    __tablename__ = "unanswered_questions"

    turn_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    text: Mapped[str]
    lang: Mapped[str]
    best_article: Mapped[str | None]
    confidence: Mapped[float]
    answer: Mapped[str | None]  # a CSR's, who thinks that it should be an article
    at: Mapped[datetime] = mapped_column(default=now)


class AnswerRating(Base):
    """Whether an answer helped, by the customer's own word."""

    __tablename__ = "answer_ratings"

    turn_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    article: Mapped[str]
    version: Mapped[str]
    helped: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=now)
