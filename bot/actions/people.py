"""The ways to a person: asked for, or called for by what happened."""

from bot.actions.doubt import is_rather_a_question
from bot.actions.handoff import asks_for_a_person, be_sorry, hand_off, wish_of
from bot.actions.topic import Topic
from bot.actions.turn import Turn

_PLAIN = 0.8  # of the wish, from which on no article is looked for
_UPSET = 0.8  # of a complaint or a wish, from which on a person takes it over unasked
_SURE = 0.9  # of the wish, from which on a denial belongs to something else in the sentence


class RequestHuman(Topic):
    """Obeys at once, in any form, in any words."""

    action_name = "action_request_human"
    listens = False
    soothes = False

    async def act(self, turn: Turn) -> None:
        """Hand off, with the reason that the last turn suggests, unless the words deny the wish."""
        if turn.confidence < _SURE and self.services.wishes.is_denied(turn.text, "person"):
            turn.follow("action_deny")
            return
        plain = turn.confidence >= _PLAIN or turn.loop is not None or asks_for_a_person(turn)
        if not plain and await is_rather_a_question(turn):
            turn.follow("action_answer")
            return
        await hand_off(turn, self.services.escalation.found(turn.text) or _reason(turn))


class Complaint(Topic):
    """Anger is for people."""

    action_name = "action_complaint"
    listens = False
    soothes = False
    gives_way = True  # "it keeps disconnecting!" has an answer

    async def act(self, turn: Turn) -> None:
        """Say sorry and hand off; where it may be no complaint at all, offer that instead."""
        danger = self.services.escalation.found(turn.text)
        wanted = turn.confidence + turn.likelihood("request_human")
        doubtful = danger is None and wanted < _UPSET
        if doubtful and be_sorry(turn):
            return
        await hand_off(turn, danger or "complaint")


def _reason(turn: Turn) -> str:
    """Tell why a customer asks for a person: what the bot said just before is the best hint."""
    last = {said.source for said in turn.conversation.last_bot_turn}
    if "failure" in last:
        return "failure"
    if last & {"order-locked"}:
        return "lockout"
    wish = wish_of(turn)
    if wish == "request" and turn.conversation.missed_turns:
        return "not_understood"
    return wish


ACTIONS = (RequestHuman, Complaint)
