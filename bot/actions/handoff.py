"""Hand the conversation to people, and say at once what to expect."""

from datetime import datetime
from typing import Any, cast

from bot.actions.brief import brief_of
from bot.actions.moments import moment
from bot.actions.parts import is_angry, sure_part
from bot.actions.turn import Turn
from bot.speech import Templates
from channels.message import Lang
from db.base import now
from desk.queue import Waiting

POSSIBLE = 0.25  # of a complaint beside what the message is taken for
_SORRY = frozenset({"complaint", "failure"})
_WAIT = "wait"  # a customer's choice: for the next shift
_PRIORITY = "high"  # of the ticket that is promised outside hours


async def hand_off(turn: Turn, reason: str) -> None:
    """Queue for a person, or outside hours promise a ticket or a call instead; leave any form."""
    if reason == "complaint":
        turn.remember(problem="complaint")
    expected = await turn.services.queue.expected(turn.conversation.id)
    data = {**wait_data(expected), "reason": reason}
    if turn.value == _WAIT and not expected.open:
        await _keep_place(turn, reason, expected, data)
    elif expected.open or reason == "safety":
        wait = wait_words(turn.services.templates, expected, turn.lang)
        slots: dict[str, Any] = {"position": str(expected.position)}
        if wait is not None and reason != "safety":
            slots["wait"] = wait
        turn.say(
            _waiting_template(reason, known=wait is not None),
            kind="handoff",
            data={"state": "waiting", **data},
            **slots,
        )
        turn.command(
            handoff={
                "reason": reason,
                "brief": await brief_of(turn, reason),
                "expected": expected.record(),
            }
        )
    else:
        opens_at = cast("datetime", expected.opens_at)
        due = turn.services.hours.add_service_time(
            now(), turn.services.tickets.kinds.first_response_hours(_PRIORITY)
        )
        template = "handoff-sorry-closed" if reason in _SORRY else "handoff-closed"
        named: dict[str, Any] = {}
        if template == "handoff-closed" and turn.lang in expected.holiday:
            template, named = "handoff-holiday", {"holiday": expected.holiday[turn.lang]}
        turn.say(
            template,
            kind="handoff",
            data={"state": "bot", **data, "position": None, "opens_at": opens_at.isoformat()},
            opens=moment(turn, opens_at),
            due=moment(turn, due),
            **named,
        )
    turn.leave_form()


async def _keep_place(turn: Turn, reason: str, expected: Waiting, data: dict[str, Any]) -> None:
    """Queue outside hours, because the customer would rather wait for the next shift."""
    opens_at = cast("datetime", expected.opens_at)
    turn.say(
        "handoff-until-open",
        kind="handoff",
        data={"state": "waiting", **data, "opens_at": opens_at.isoformat()},
        position=str(expected.position),
        opens=moment(turn, opens_at),
    )
    turn.command(
        handoff={
            "reason": reason,
            "brief": await brief_of(turn, reason),
            # Shut, so that the first news is that the desk is open again.
            "expected": {**expected.record(), "shut": 1},
        }
    )


def why_a_person(turn: Turn) -> str | None:
    """Return why a person must answer these very words, whatever they were taken for."""
    danger = turn.services.escalation.found(turn.text)
    if danger is not None:
        return danger
    return wish_of(turn) if asks_for_a_person(turn) else None


def asks_for_a_person(turn: Turn) -> bool:
    """Whether the words or one of the parts ask for a person, whatever the rest asks."""
    plainly = turn.services.wishes.stands(turn.text, "person")
    return plainly or sure_part(turn, "request_human") is not None


def wish_of(turn: Turn) -> str:
    """Return why somebody who asks for a person does: "complaint" if the words are angry."""
    return "complaint" if is_upset(turn) else "request"


def is_upset(turn: Turn, likely: float = POSSIBLE) -> bool:
    """Whether the words are angry, also where they ask for something; `likely`: 0 to 1."""
    angry_words = turn.services.moods.stands(turn.text, "angry")
    return angry_words or is_angry(turn) or turn.likelihood("complaint") >= likely


def soothe(turn: Turn, likely: float = POSSIBLE) -> None:
    """Be sorry before all else where the words are angry, and offer a person; once in a row."""
    if is_upset(turn, likely) and not _was_sorry(turn, "sorry-first"):
        turn.say("sorry-first")
        turn.remember(problem="complaint")


def be_sorry(turn: Turn) -> bool:
    """Be sorry and offer a person, where it is not sure that one is called for.

    False if that was the last thing said: whoever is upset twice is not asked again.
    """
    if _was_sorry(turn, "sorry-offer", "sorry-first"):
        return False
    turn.say("sorry-offer" if turn.loop is None else "sorry-first")
    turn.remember(problem="complaint")
    return True


def _was_sorry(turn: Turn, *templates: str) -> bool:
    now_said = (
        (message.get("custom") or {}).get("reply", {}).get("source", {}).get("id")
        for message in turn.dispatcher.messages
    )
    before = {said.source for said in turn.conversation.last_bot_turn}
    return bool((before | set(now_said)) & set(templates))


def _waiting_template(reason: str, *, known: bool) -> str:
    if reason == "safety":
        return "handoff-safety-waiting"
    template = "handoff-sorry-waiting" if reason in _SORRY else "handoff-waiting"
    return template if known else f"{template}-unknown"


def wait_words(templates: Templates, expected: Waiting, lang: Lang) -> str | None:
    """Write a wait as a customer is told it: "5 to 10 minutes"; None if nobody can say."""
    if expected.wait is None:
        return None
    low, high = expected.wait.rounded()
    if low:
        return templates.text("wait-between", lang, low=low, high=high)
    return (
        templates.text("wait-below", lang, high=high)
        if high > 1
        else templates.text("wait-short", lang)
    )


def wait_data(expected: Waiting) -> dict[str, Any]:
    """Give what a card shows: the position, and the wait as [from, to] whole minutes or None."""
    wait = list(expected.wait.rounded()) if expected.wait else None
    return {"position": expected.position, "wait_minutes": wait}
