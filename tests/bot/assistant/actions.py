"""The small assistant's actions: each says what it was told, so that a test can see it."""

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

Events = list[dict[str, Any]]


def _entity(tracker: Tracker, name: str) -> str | None:
    return next(iter(tracker.get_latest_entity_values(name)), None)


class Echo(Action):
    def name(self) -> str:
        return "action_echo"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: object) -> Events:
        message = tracker.latest_message
        dispatcher.utter_message(
            json_message={
                "did": self.name(),
                "conversation": tracker.sender_id,
                "text": message["text"],
                "metadata": message["metadata"],
                "value": _entity(tracker, "value"),
                "slots": {k: v for k, v in tracker.slots.items() if v is not None},
            }
        )
        return self.then(tracker)

    def then(self, tracker: Tracker) -> Events:
        return []


class Followed(Echo):
    def name(self) -> str:
        return "action_followed"

    def then(self, tracker: Tracker) -> Events:
        return [FollowupAction(tracker.active_loop_name)] if tracker.active_loop_name else []


class Stop(Echo):
    def name(self) -> str:
        return "action_stop"

    def then(self, tracker: Tracker) -> Events:
        return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("order_number", None)]


class Done(Echo):
    def name(self) -> str:
        return "action_done"

    def then(self, tracker: Tracker) -> Events:
        return [SlotSet(name, None) for name in ("order_number", "proof", "description")]


class Broken(Echo):
    def name(self) -> str:
        return "action_broken"

    def then(self, tracker: Tracker) -> Events:
        raise RuntimeError("broken on purpose")


class AskOrderNumber(Echo):
    def name(self) -> str:
        return "action_ask_order_number"


class AskProof(Echo):
    def name(self) -> str:
        return "action_ask_proof"


class AskDescription(Echo):
    def name(self) -> str:
        return "action_ask_description"


class ValidateTrack(FormValidationAction):
    def name(self) -> str:
        return "validate_track_form"

    def extract_order_number(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: object
    ) -> dict[str, Any]:
        number = _entity(tracker, "order_number")
        return {"order_number": number} if number else {}

    def extract_proof(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: object
    ) -> dict[str, Any]:
        digits = _entity(tracker, "phone_last4")
        return {"proof": digits} if digits else {}


class ValidateTicket(FormValidationAction):
    def name(self) -> str:
        return "validate_ticket_form"

    def extract_description(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: object
    ) -> dict[str, Any]:
        asked = tracker.get_slot("requested_slot") == "description"
        interrupts = tracker.get_intent_of_latest_message() in ("faq", "stop", "ticket")
        return {"description": tracker.latest_message["text"]} if asked and not interrupts else {}


ALL = (
    Echo,
    Followed,
    Stop,
    Done,
    Broken,
    AskOrderNumber,
    AskProof,
    AskDescription,
    ValidateTrack,
    ValidateTicket,
)
