"""A form: asks for what is missing, takes it from whatever the customer says, and may be left.

Rasa runs `validate_<form>` when the form starts, when the customer answers, and when it comes back
after an interruption. One action does all three, asks the next question itself and finishes the
form: one call per turn. Saying nothing (no slot event) tells Rasa that the message was not for the
form; then the rule of its intent answers, and names the form as what follows.
"""

from abc import abstractmethod
from enum import Enum
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.forms import REQUESTED_SLOT

from bot.actions.answers import answer_beside
from bot.actions.doubt import is_rather_a_question
from bot.actions.handoff import asks_for_a_person, hand_off, soothe, why_a_person, wish_of
from bot.actions.topic import Topic
from bot.actions.turn import LISTEN, Turn
from channels.message import Choice

# What a customer may say in a form without answering it, if the answer is not in it anyway.
INTERRUPTIONS = frozenset(
    {
        "account_info",
        "accept_offer",
        "ask_capabilities",
        "ask_offer",
        "bot_challenge",
        "callback_request",
        "change_language",
        "chitchat",
        "complaint",
        "decline_offer",
        "faq",
        "goodbye",
        "greet",
        "helpful",
        "nlu_fallback",
        "open_ticket",
        "out_of_scope",
        "request_human",
        "stop",
        "thanks",
        "ticket_status",
        "track_order",
        "update_contact",
    }
)
# These are obeyed even where any text would do as an answer.
ALWAYS = frozenset({"request_human", "stop", "change_language"})


class Phase(Enum):
    """Why Rasa runs the form."""

    START = "start"
    ANSWER = "answer"
    RETURN = "return"


class Form(Topic):
    """One form; subclasses say what is missing and what a message gives."""

    form: ClassVar[str]
    intent: ClassVar[str]  # that starts it
    own_slots: ClassVar[tuple[str, ...]]
    listens = False  # in its own time: the answer to a question may be about danger
    soothes = False  # the same

    def name(self) -> str:
        """Return the name under which Rasa looks for the form's validation."""
        return f"validate_{self.form}"

    def then(self, turn: Turn) -> None:
        """Leave it to Rasa: it listens after a form that has asked, and to the rule otherwise."""

    async def act(self, turn: Turn) -> None:
        """Start, take an answer, or come back."""
        phase = phase_of(turn.tracker, self.form)
        if phase is Phase.START and turn.slots.get("paused_form") == self.form:
            turn.set("paused_form", None)
            phase = Phase.RETURN
        asked = turn.slots.get(REQUESTED_SLOT) if phase is Phase.ANSWER else None
        if phase is Phase.START and await self._starts_not(turn):
            return
        if phase is Phase.RETURN:
            await self._come_back(turn)
        elif phase is Phase.ANSWER and turn.intent in ALWAYS:
            return
        elif phase is Phase.ANSWER and asks_for_a_person(turn):
            await hand_off(turn, wish_of(turn))
        else:
            taken = await self.take(turn, asked)
            if turn.goes_on:
                return
            if taken or phase is Phase.START:
                soothe(turn)
                await self._go_on(turn)
            else:
                await self._not_taken(turn, asked or "")

    @abstractmethod
    async def missing(self, turn: Turn) -> str | None:
        """Return the slot to ask next; None when all is there."""

    @abstractmethod
    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Set the slots that the message gives; False if it gives none. May leave the form."""

    @abstractmethod
    async def finish(self, turn: Turn) -> None:
        """Do what all this was for; a slot that is emptied here is asked again, by this method."""

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask for one slot, with the template ask-SLOT or ask-SLOT-again."""
        template = f"ask-{slot}-again"
        if not again or template not in self.services.templates:
            template = f"ask-{slot}"
        turn.say(template, choices=await self.choices(turn, slot), **self.words(turn, slot))

    async def choices(self, turn: Turn, slot: str) -> list[Choice]:  # noqa: ARG002
        """Return what may be tapped instead of typed."""
        return []

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:  # noqa: ARG002
        """Return the values for the question's template."""
        return {}

    async def _starts_not(self, turn: Turn) -> bool:
        """Leave the turn to a person or to an article; else begin with empty slots."""
        before = _loop_before(turn.tracker)
        why = why_a_person(turn)
        if why is not None:
            await hand_off(turn, why)
            return True
        if not _answered_before(turn.tracker) and await is_rather_a_question(turn):
            if before:
                turn.set("paused_form", before)
            turn.events.append(ActiveLoop(before))
            turn.follow("action_answer")
            return True
        if not before and not _answered_before(turn.tracker):
            await answer_beside(turn)
        turn.forget(*self.own_slots)
        turn.set("last_form", self.form)
        if before and before != self.form and not _has_no_ticket(turn, before):
            turn.set("paused_form", before)
        return False

    def does_not_know(self, turn: Turn, asked: str) -> bool:
        """Whether the customer says so; then it is said what else may help."""
        known = f"{asked}-unknown" in self.services.templates
        return known and self.services.nothing.found(turn.text) == "none"

    async def _go_on(self, turn: Turn) -> None:
        slot = await self.missing(turn)
        if slot is not None:
            if not turn.asked:
                await self.ask(turn, slot, again=False)
            self._request(turn, slot)
            return
        await self.finish(turn)
        if turn.goes_on:
            return
        slot = await self.missing(turn)
        if slot is not None:
            self._request(turn, slot)
            return
        turn.forget(*self.own_slots)
        turn.events += [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]
        paused = turn.slots.get("paused_form")
        if paused:
            turn.say("resume")
        turn.follow(paused or LISTEN)

    async def _come_back(self, turn: Turn) -> None:
        slot = await self.missing(turn)
        await self.ask(turn, slot or "", again=False)
        self._request(turn, slot)

    async def _not_taken(self, turn: Turn, asked: str) -> None:
        """Say what else may help, let the intent's rule answer, or ask again."""
        if self.does_not_know(turn, asked):
            turn.say(f"{asked}-unknown", **self.words(turn, asked))
            self._request(turn, asked)
        elif turn.intent in INTERRUPTIONS and turn.intent != self.intent:
            turn.events.clear()
        else:
            await self._ask_again(turn, asked)

    async def _ask_again(self, turn: Turn, slot: str) -> None:
        tapped = turn.intent == self.intent
        if not tapped:
            turn.command(missed=True)
        if not tapped and turn.conversation.missed_turns:
            turn.say("form-unclear-again")
        await self.ask(turn, slot, again=not tapped and not turn.conversation.missed_turns)
        self._request(turn, slot)

    def _request(self, turn: Turn, slot: str | None) -> None:
        # A slot event, also an unchanged one, tells Rasa that the form has taken the message.
        turn.set("last_form", self.form)
        turn.events.append(SlotSet(REQUESTED_SLOT, slot))


def phase_of(tracker: Tracker, form: str) -> Phase:
    """Tell from what happened since the customer's message why the form is run."""
    since = _since_customer(tracker)
    if any(event["event"] == "active_loop" and event.get("name") == form for event in since):
        return Phase.START
    actions = {event.get("name") for event in since if event["event"] == "action"}
    return Phase.RETURN if actions - {form, LISTEN} else Phase.ANSWER


def _since_customer(tracker: Tracker) -> list[dict[str, object]]:
    since: list[dict[str, object]] = []
    for event in reversed(tracker.events):
        if event["event"] == "user":
            break
        since.insert(0, event)
    return since


def _has_no_ticket(turn: Turn, before: str) -> bool:
    """Whether who was asked for a ticket's number rather does something else: there is none."""
    return before == "ticket_status_form" and not turn.slots.get("ticket_number")


def _answered_before(tracker: Tracker) -> bool:
    """Whether the message's questions were answered already, and this form is what it wants too."""
    return any(event.get("name") == "action_answer" for event in _since_customer(tracker))


def _loop_before(tracker: Tracker) -> str | None:
    """Return the form that was under way when the customer wrote."""
    before = tracker.events[: len(tracker.events) - len(_since_customer(tracker))]
    for event in reversed(before):
        if event["event"] == "active_loop":
            return str(event["name"]) if event.get("name") else None
    return None
