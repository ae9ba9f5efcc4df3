"""One turn inside Rasa: the state comes in, the message is answered, the state goes out.

Nothing of a conversation stays here between turns, so that any Rasa process may take any turn,
a repeated turn starts from the same state, and the 200th turn costs what the first did.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, DEFAULT_SLOT_NAMES, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa.action_server import failures
from language.clauses import clauses

CHANNEL = "sapa"
LANGUAGES = ("id", "en")
MOST_CHARS_IN_PARTS = 600  # of a text that is read in parts; a longer one is a story
SLASH_LOOKALIKE = "\N{DIVISION SLASH}"


class TurnFailed(RuntimeError):
    """Rasa went on after an error that the customer would only notice as silence."""


class InvalidTurn(ValueError):
    """The request is not a turn; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one conversation, and where its dialogue stood before."""

    conversation_id: str
    turn_id: str
    text: str | None
    choice: str | None  # INTENT or INTENT:VALUE, checked by the app
    language: str
    slots: dict[str, Any]
    loop: str | None
    requested_slot: str | None

    @classmethod
    def of(cls, body: object) -> "Turn":
        """Read a request's JSON. Raises InvalidTurn if it does not keep the contract."""
        body = _object(body or [], "the body")
        dialogue = _object(body.get("dialogue"), "dialogue")
        text, choice = _text(body, "text"), _text(body, "choice")
        if (text is None) == (choice is None):
            raise InvalidTurn("give either text or choice")
        conversation_id, turn_id = _text(body, "conversation_id"), _text(body, "turn_id")
        if not conversation_id or not turn_id:
            raise InvalidTurn("conversation_id and turn_id are needed")
        if body.get("language") not in LANGUAGES:
            raise InvalidTurn(f"language is not one of {', '.join(LANGUAGES)}")
        return cls(
            conversation_id=conversation_id,
            turn_id=turn_id,
            text=text,
            choice=choice,
            language=body["language"],
            slots=_object(dialogue.get("slots"), "dialogue.slots"),
            loop=_text(dialogue, "loop"),
            requested_slot=_text(dialogue, "requested_slot"),
        )


def _object(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidTurn(f"{name} is not an object")
    return value


def _text(holder: dict[str, Any], name: str) -> str | None:
    value = holder.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidTurn(f"{name} is not a text")
    # A lone surrogate is valid JSON but cannot be written to the action server.
    return None if value is None else value.encode("utf-8", "replace").decode()


# A context variable, as turns of different conversations run concurrently.
_tracker: ContextVar[DialogueStateTracker] = ContextVar("tracker")


class TurnTrackers(TrackerStore):
    """A tracker store that knows only the tracker of the turn it is asked in."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        tracker = _tracker.get()
        return tracker if tracker.sender_id == sender_id else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        _tracker.set(tracker)

    async def keys(self) -> Iterable[str]:
        return []


class TurnOutput(CollectingOutputChannel):
    """Collects what the actions of one turn say."""

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    def said(self) -> list[dict[str, Any]]:
        """Return the actions' own JSON; a plain text, which none of ours sends, is wrapped."""
        return [
            message["custom"]
            if "custom" in message
            else {"reply": {"kind": "text", "text": message.get("text", "")}}
            for message in self.messages
        ]


def restore(turn: Turn, domain: Domain) -> DialogueStateTracker:
    """Build the tracker as it stood when the last turn ended.

    A slot or form that the present model no longer knows is left out, so that a conversation
    survives a new model. The form's own run stands before the listening: Rasa folds a form's later
    runs into it, and rules that watch a form see the same past as in one long conversation.
    """
    tracker = DialogueStateTracker(turn.conversation_id, domain.slots)
    known = tracker.slots.keys() - DEFAULT_SLOT_NAMES
    events: list[Event] = [
        SlotSet(name, value) for name, value in turn.slots.items() if name in known
    ]
    if turn.loop in domain.form_names:
        events += [ActionExecuted(turn.loop), ActiveLoop(turn.loop)]
        events.append(SlotSet(REQUESTED_SLOT, turn.requested_slot))
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    tracker.update_with_events(events, domain)
    return tracker


def dialogue_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """Return the state that `restore` needs for the next turn."""
    slots = tracker.current_slot_values()
    return {
        "slots": {
            name: value
            for name, value in slots.items()
            if value is not None and name not in DEFAULT_SLOT_NAMES
        },
        "loop": tracker.active_loop_name,
        "requested_slot": slots.get(REQUESTED_SLOT) if tracker.active_loop_name else None,
    }


async def understand(
    turn: Turn, processor: MessageProcessor, tracker: DialogueStateTracker
) -> dict[str, Any]:
    """Return Rasa's reading of the message: intent, entities, text.

    A text that begins with "/" would be run as an intent with entities of the writer's choosing;
    the parser sees a look-alike of the same length instead, everything after it the real text.
    """
    metadata = {"turn_id": turn.turn_id, "language": turn.language}
    if turn.choice is not None:
        return _chosen(turn.choice, metadata)
    text = turn.text or ""
    message = UserMessage(_shown(text), sender_id=turn.conversation_id, metadata=metadata)
    parsed: dict[str, Any] = await processor.parse_message(message, tracker)
    return {**parsed, "text": text.strip(), "parts": await _parts(text, message, processor)}


def _shown(text: str) -> str:
    return text.replace("/", SLASH_LOOKALIKE, 1) if text.strip().startswith("/") else text


async def _parts(
    text: str, message: UserMessage, processor: MessageProcessor
) -> list[dict[str, Any]]:
    """Read each part of a message that may hold several requests; the app decides if it does."""
    said = clauses(text) if len(text) <= MOST_CHARS_IN_PARTS else []
    if len(said) < 2:  # noqa: PLR2004 - a part is one of several
        return []
    parts = []
    for clause in said:
        part = UserMessage(_shown(clause.text), metadata=message.metadata)
        intent = (await processor.parse_message(part))["intent"]
        name, confidence = intent["name"], intent["confidence"]
        parts.append({"text": clause.text, "intent": name, "confidence": confidence})
    return parts


def _chosen(choice: str, metadata: dict[str, Any]) -> dict[str, Any]:
    name, _, value = choice.partition(":")
    intent = {"name": name, "confidence": 1.0}
    entities = [{"entity": "value", "value": value, "start": 0, "end": len(value)}]
    return {
        "text": "",
        "intent": intent,
        "intent_ranking": [intent],
        "entities": entities if value else [],
        "metadata": metadata,
    }


async def take(turn: Turn, processor: MessageProcessor) -> dict[str, Any]:
    """Run one turn and return the answer of the contract.

    Raises TurnFailed if an action could not be asked: Rasa itself would answer with nothing.
    """
    tracker = restore(turn, processor.domain)
    _tracker.set(tracker)
    failed: list[str] = []
    failures.set(failed)
    parsed = await understand(turn, processor, tracker)
    output = TurnOutput()
    await processor.handle_message(
        UserMessage(
            parsed["text"],
            output,
            turn.conversation_id,
            parse_data=parsed,
            input_channel=output.name(),
            metadata={"turn_id": turn.turn_id, "language": turn.language},
        )
    )
    if failed:
        raise TurnFailed("; ".join(failed))
    intent = parsed["intent"]
    return {
        "messages": output.said(),
        "dialogue": dialogue_of(tracker),
        "intent": {"name": intent["name"], "confidence": round(intent["confidence"], 4)},
    }
