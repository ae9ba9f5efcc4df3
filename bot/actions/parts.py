"""The parts of a message as the classifier read each of them, beside the whole."""

from dataclasses import dataclass

from bot.actions.turn import Turn
from language.clauses import asks, clauses

# What a message may want done, and the form that does it.
TASKS = {
    "account_info": "account_info_form",
    "callback_request": "callback_form",
    "open_ticket": "open_ticket_form",
    "ticket_status": "ticket_status_form",
    "track_order": "track_order_form",
    "update_contact": "update_contact_form",
}
_COURTESIES = frozenset({"affirm", "goodbye", "greet", "thanks"})
_LIKELY = 0.5  # of a courtesy, an anger: next to nothing depends on it
_SURE = 0.8  # of what is done because of one part


@dataclass(frozen=True, slots=True)
class Part:
    """One clause, and what it was taken for."""

    text: str
    intent: str
    confidence: float  # 0 to 1


def parts_of(turn: Turn) -> list[Part]:
    """Return the parts that Rasa read one by one; none if the message has only one."""
    return [
        Part(part["text"], part["intent"], part["confidence"])
        for part in turn.tracker.latest_message.get("parts") or []
    ]


def sure_part(turn: Turn, *intents: str) -> Part | None:
    """Return the first part that surely means one of `intents`."""
    found = (part for part in parts_of(turn) if part.intent in intents)
    return next((part for part in found if part.confidence >= _SURE), None)


def courtesy(turn: Turn) -> str | None:
    """Return the intent of the greeting or thanks that a message with a question begins with."""
    first = next(iter(parts_of(turn)), None)
    polite = first is not None and _is_courtesy(first) and first.intent in ("greet", "thanks")
    return first.intent if first is not None and polite else None


def task_beside(turn: Turn) -> Part | None:
    """Return the part that is surely a task, where another part is surely a question."""
    return sure_part(turn, *TASKS) if sure_part(turn, "faq") else None


def question_text(turn: Turn) -> str:
    """Return the message without the greetings, thanks and tasks around what it asks."""
    task = task_beside(turn)
    aside = {part.text for part in parts_of(turn) if _is_courtesy(part) or part == task}
    said = clauses(turn.text)
    while len(said) > 1 and said[0].text in aside:
        said = said[1:]
    while len(said) > 1 and said[-1].text in aside:
        said = said[:-1]
    return turn.text[said[0].start : said[-1].end] if said else turn.text


def is_angry(turn: Turn) -> bool:
    """Whether one of the parts is a complaint."""
    found = (part for part in parts_of(turn) if part.intent == "complaint")
    return any(part.confidence >= _LIKELY for part in found)


def _is_courtesy(part: Part) -> bool:
    return part.intent in _COURTESIES and part.confidence >= _LIKELY and not asks(part.text)
