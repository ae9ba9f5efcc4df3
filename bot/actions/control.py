"""Turns that steer the dialogue itself: stop, another language, corrections, yes and no."""

from typing import cast

from bot.actions.topic import Topic
from bot.actions.turn import LANGUAGE_SLOT, Turn
from channels.message import Lang

_PLAIN_WORDS = 3
_POSSIBLE = 0.1  # of thanks in what looks like a yes
_FORM_OF_ENTITY = {
    "order_number": ("track_order_form", "account_info_form", "update_contact_form"),
    "ticket_number": ("ticket_status_form",),
}


class Stop(Topic):
    """Leaves whatever is under way."""

    action_name = "action_stop"

    async def act(self, turn: Turn) -> None:
        """Say that it is over."""
        turn.say("stop" if turn.loop else "stop-nothing")
        turn.leave_form()


class ChangeLanguage(Topic):
    """Goes on in the other language, also with a form's pending question."""

    action_name = "action_change_language"

    async def act(self, turn: Turn) -> None:
        """Switch, for this turn and those that follow."""
        wanted = self._wanted(turn)
        turn.set(LANGUAGE_SLOT, f"{turn.id}:{wanted}")
        turn.command(language=wanted)
        turn.lang = wanted
        turn.say("language-changed")

    def _wanted(self, turn: Turn) -> Lang:
        if turn.value in ("id", "en"):
            return cast("Lang", turn.value)
        named = self.services.languages.found(turn.text)
        return cast("Lang", named) if named else ("en" if turn.lang == "id" else "id")


class Correct(Topic):
    """Takes a correction that came after a form was finished."""

    action_name = "action_correct"
    gives_way = True

    async def act(self, turn: Turn) -> None:
        """Run the last form again with the right value, or ask what was wrong."""
        last = turn.slots.get("last_form")
        for entity, forms in _FORM_OF_ENTITY.items():
            if turn.entities(entity):
                turn.follow(last if last in forms else forms[0])
                return
        if last == "callback_form" and turn.loop is None:
            turn.follow(last)
            return
        if last is None:  # nothing was given that could be wrong
            turn.follow("action_answer")
            return
        turn.say("correct-nothing")


class Affirm(Topic):
    """A yes outside forms answers what was offered last."""

    action_name = "action_affirm"

    async def act(self, turn: Turn) -> None:
        """Do what was offered, or ask what is wanted."""
        offered = {choice for said in turn.conversation.last_bot_turn for choice in said.choices}
        kinds = {said.kind for said in turn.conversation.last_bot_turn}
        if "offer" in kinds:
            turn.follow("action_accept_offer")
        elif "helpful:yes" in offered:
            turn.follow("action_helpful")
        elif "request_human" in offered and _asked_for_person(turn) and _is_plain(turn):
            turn.follow("action_request_human")
        elif turn.conversation.offered_order:
            turn.follow("track_order_form")
        elif "open_ticket" in offered and "request_human" not in offered:
            turn.follow("open_ticket_form")
        else:
            turn.say("affirm-nothing")


class Deny(Topic):
    """A no outside forms declines what was offered last."""

    action_name = "action_deny"

    async def act(self, turn: Turn) -> None:
        """Take the no."""
        offered = {choice for said in turn.conversation.last_bot_turn for choice in said.choices}
        if any(said.kind == "offer" for said in turn.conversation.last_bot_turn):
            turn.follow("action_decline_offer")
        elif "helpful:no" in offered:
            turn.follow("action_helpful")
        elif any(said.kind == "clarify" for said in turn.conversation.last_bot_turn):
            turn.follow("action_answer")
        else:
            turn.say("deny-nothing")


class Inform(Topic):
    """A fact that no form asked for."""

    action_name = "action_inform"

    async def act(self, turn: Turn) -> None:
        """Offer what the number is good for, or treat it as a question."""
        orders, tickets = turn.entities("order_number"), turn.entities("ticket_number")
        if turn.value == "note" or self.services.wishes.found(turn.text) == "note":
            turn.follow("ticket_note_form")
        elif turn.loop is None and orders and turn.entities("email", "phone", "phone_last4"):
            turn.follow("track_order_form")
        elif turn.loop is None and orders:
            turn.say(
                "inform-order",
                order=orders[0],
                choices=[turn.choice(f"track_order:{orders[0]}"), turn.choice("open_ticket")],
            )
        elif turn.loop is None and tickets:
            turn.follow("ticket_status_form")
        else:
            turn.follow("action_answer")


def _is_plain(turn: Turn) -> bool:
    """Whether a yes says nothing else: "oke so ga bisa ya" is none."""
    return len(turn.text.split()) <= _PLAIN_WORDS and turn.likelihood("thanks") < _POSSIBLE


def _asked_for_person(turn: Turn) -> bool:
    """Whether the last thing said was a question whose yes means a person."""
    asked = {
        "answer-missed",
        "answer-missed-again",
        "answer-none-of-these",
        "answer-part-missed",
        "failure",
        "order-locked",
        "sorry-offer",
    }
    return any(said.source in asked for said in turn.conversation.last_bot_turn)


ACTIONS = (Stop, ChangeLanguage, Correct, Affirm, Deny, Inform)
