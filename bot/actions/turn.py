"""One turn as an action sees it: what was meant, by whom, and the ways to answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT

from bot.actions.conversations import ConversationView
from bot.actions.services import Services
from bot.speech import to_json
from channels.message import Choice, Kind, Lang, Mood, Reply
from crm.proofs import Attempt

LANGUAGE_SLOT = "switched_language"
LISTEN = "action_listen"


@dataclass(slots=True)
class Turn:
    """What a customer said, and what is answered to it so far."""

    services: Services
    tracker: Tracker
    dispatcher: CollectingDispatcher
    conversation: ConversationView
    id: str
    lang: Lang
    slots: dict[str, Any] = field(default_factory=dict)  # as they will be after this action
    asked: bool = False  # what was said asks already for what is missing
    events: list[EventType] = field(default_factory=list)  # what changes in the dialogue

    @classmethod
    async def begin(
        cls, services: Services, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> "Turn":
        """Read what this turn stands on; a publication meanwhile changes nothing for it."""
        conversation = await services.under_way.of(tracker.sender_id, turn_id(tracker))
        return cls(
            services=replace(services.at(conversation.site), faq=services.faq.pinned()),
            tracker=tracker,
            dispatcher=dispatcher,
            conversation=conversation,
            id=turn_id(tracker),
            lang=language(tracker),
            slots=dict(tracker.slots),
        )

    @property
    def text(self) -> str:
        """The customer's own words; empty after a tapped choice."""
        return (self.tracker.latest_message.get("text") or "").strip()

    @property
    def intent(self) -> str:
        """What the message was taken for."""
        return str((self.tracker.latest_message.get("intent") or {}).get("name") or "")

    @property
    def confidence(self) -> float:
        """How sure that is, 0 to 1."""
        return float((self.tracker.latest_message.get("intent") or {}).get("confidence") or 0.0)

    def likelihood(self, intent: str) -> float:
        """How likely the classifier holds `intent`, 0 to 1; 0 if it is not among the first five."""
        ranking = self.tracker.latest_message.get("intent_ranking") or []
        return next((float(one["confidence"]) for one in ranking if one["name"] == intent), 0.0)

    @property
    def value(self) -> str | None:
        """What stands behind the colon of a tapped choice."""
        return next(iter(self.entities("value")), None)

    @property
    def loop(self) -> str | None:
        """The form that is under way."""
        return self.tracker.active_loop_name

    @property
    def attempt(self) -> Attempt:
        """This turn as a place where a proof may be tried."""
        return Attempt(self.conversation.id, self.id)

    def entities(self, *names: str) -> list[str]:
        """Return the different values of these entities, in the order of the text."""
        found = self.tracker.latest_message.get("entities") or []
        values = [str(one["value"]) for one in found if one.get("entity") in names]
        return list(dict.fromkeys(values))

    def words(self, template: str, **slots: object) -> str:
        """Return a template's text, to be put into another."""
        return self.services.templates.text(template, self.lang, seed=self.id, **slots)

    def choice(self, choice: str, label: str | None = None) -> Choice:
        """Make a choice, with the words of the labels unless `label` says others."""
        if label is not None:
            return Choice(choice, label)
        return self.services.templates.label(choice, self.lang)

    def choices(self, ids: Iterable[str]) -> list[Choice]:
        """Make several choices with the words of the labels."""
        return [self.choice(choice) for choice in ids]

    def say(
        self,
        template: str,
        *,
        kind: Kind = "text",
        data: Mapping[str, Any] | None = None,
        choices: Sequence[Choice] = (),
        mood: Mood | None = None,
        **slots: object,
    ) -> None:
        """Answer with a template."""
        self.speak(
            self.services.templates.reply(
                template,
                self.lang,
                seed=self.id,
                kind=kind,
                data=data,
                choices=choices,
                mood=mood,
                **slots,
            )
        )

    def speak(self, reply: Reply) -> None:
        """Answer with a finished reply."""
        self.dispatcher.utter_message(json_message={"reply": to_json(reply)})

    def command(self, **command: Any) -> None:
        """Ask the app to change the conversation, see docs/architecture.md."""
        self.dispatcher.utter_message(json_message={"command": command})

    def remember(self, **context: Any) -> None:
        """Keep something for later turns of this conversation."""
        self.command(context=context)

    def set(self, slot: str, value: Any) -> None:
        """Set a slot, visible at once to the rest of this action."""
        self.slots[slot] = value
        self.events.append(SlotSet(slot, value))

    def forget(self, *slots: str) -> None:
        """Empty these slots."""
        for slot in slots:
            if self.slots.get(slot) is not None:
                self.set(slot, None)

    def follow(self, action: str) -> None:
        """Let this action or form go on in the same turn."""
        self.events.append(FollowupAction(action))

    @property
    def goes_on(self) -> bool:
        """Whether it is said already what comes after this action."""
        return any(event["event"] in ("followup", "active_loop") for event in self.events)

    def leave_form(self) -> None:
        """End the form under way, if any, forget all it asked, and listen."""
        self.forget(*(slot for slot in self.slots if slot != REQUESTED_SLOT))
        self.events += [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None), FollowupAction(LISTEN)]


def turn_id(tracker: Tracker) -> str:
    """Return the id that is the same when this turn is repeated."""
    return str((tracker.latest_message.get("metadata") or {}).get("turn_id") or "")


def language(tracker: Tracker) -> Lang:
    """Return the language to answer in: the app's word, unless this very turn changed it."""
    turn, _, switched = str(tracker.get_slot(LANGUAGE_SLOT) or "").rpartition(":")
    told = (tracker.latest_message.get("metadata") or {}).get("language")
    if switched and turn == turn_id(tracker):
        told = switched
    return cast("Lang", told) if told in ("id", "en") else "id"
