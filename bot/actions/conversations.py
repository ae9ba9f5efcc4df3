"""Read how the conversation stands: its row and what was said last; actions never write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, select

from conversation.tables import Conversation, Message
from db.engine import Database
from db.statement import Statement

_RECENT = 30  # messages
_NOT_LONG_AGO = 8  # messages
_conversations = cast("Table", Conversation.__table__)
_messages = cast("Table", Message.__table__)
# Of the tables, not of the objects, which take five times as long to load.
_CONVERSATION = Statement(
    select(
        *_conversations.c[
            "id", "site", "channel", "customer_id", "verified", "missed_turns", "context"
        ]
    ).where(_conversations.c.id == bindparam("conversation"))
)
_RECENTLY_SAID = Statement(
    select(*_messages.c["author", "text", "kind", "data", "choices", "source", "mood"])
    .where(_messages.c.conversation_id == bindparam("conversation"))
    .order_by(_messages.c.seq.desc())
    .limit(_RECENT)
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the transcript."""

    author: str
    text: str
    kind: str
    data: Mapping[str, Any]
    choices: Sequence[str]  # ids
    labels: Sequence[str]  # what stands on each choice
    source: str | None  # id of the template or article
    mood: str


@dataclass(frozen=True, slots=True)
class ConversationView:
    """The conversation as this turn found it."""

    id: str
    site: str = ""
    channel: str = ""
    customer_id: str | None = None
    verified: bool = False
    missed_turns: int = 0
    context: Mapping[str, Any] = field(default_factory=dict)
    recent: tuple[Said, ...] = ()  # oldest first

    @property
    def owner(self) -> str | None:
        """Return the customer who proved who they are; nothing else may open their data."""
        return self.customer_id if self.verified else None

    @property
    def last_bot_turn(self) -> tuple[Said, ...]:
        """Return what the bot said since the customer's last but one message."""
        said: list[Said] = []
        for message in reversed(self.recent):
            if message.author == "bot":
                said.insert(0, message)
            elif said:
                break
        return tuple(said)

    @property
    def offered_order(self) -> str | None:
        """Return the order that the bot has just offered to track."""
        return _order_in(self.last_bot_turn)

    @property
    def named_order(self) -> str | None:
        """Return the order that was last offered to be tracked, not long ago."""
        return _order_in(tuple(reversed(self.recent[-_NOT_LONG_AGO:])))


def _order_in(said: tuple[Said, ...]) -> str | None:
    # A card shows an order that was asked for; who then asks for an order may mean another.
    offered = (choice for one in said if one.kind != "order" for choice in one.choices)
    tracks = (choice.partition(":") for choice in offered if choice.startswith("track_order:"))
    return next((number for _, _, number in tracks), None)


async def read_conversation(database: Database, conversation_id: str) -> ConversationView:
    """Return the conversation; one that is not stored is anonymous and new."""
    return await database.ask(lambda connection: _view(connection, conversation_id))


def _view(connection: Connection, conversation_id: str) -> ConversationView:
    given = {"conversation": conversation_id}
    found = _CONVERSATION.found(connection, given)
    if not found:
        return ConversationView(conversation_id)
    recent = [_said(*row) for row in _RECENTLY_SAID.rows(connection, given)]
    row = {**found[0], "context": found[0]["context"] or {}}
    return ConversationView(**row, recent=tuple(reversed(recent)))


def _said(
    author: str, text: str, kind: str, data: Any, choices: Any, source: Any, mood: str
) -> Said:
    return Said(
        author=author,
        text=text,
        kind=kind,
        data=data or {},
        choices=[choice["id"] for choice in choices or []],
        labels=[choice["label"] for choice in choices or []],
        source=(source or {}).get("id"),
        mood=mood,
    )


class TurnsUnderWay:
    """Each conversation as its turn found it: read once, though several actions look at it.

    What changes it while the turn runs is seen by the next turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[str, ConversationView] = {}  # by turn

    async def begin(self, conversation_id: str, turn_id: str) -> ConversationView:
        """Read the conversation and keep what was found until `end`."""
        found = await read_conversation(self._database, conversation_id)
        self._found[turn_id] = found
        return found

    async def of(self, conversation_id: str, turn_id: str) -> ConversationView:
        """Return what the turn found; read it where another process began the turn."""
        found = self._found.get(turn_id)
        if found is not None and found.id == conversation_id:
            return found
        return await read_conversation(self._database, conversation_id)

    def end(self, turn_id: str) -> None:
        """Forget it."""
        self._found.pop(turn_id, None)
