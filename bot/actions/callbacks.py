"""Promise a call: which number, when in the customer's words, and the nearest slot otherwise."""

import re
from datetime import datetime

from bot.actions.form import Form
from bot.actions.moments import moment
from bot.actions.turn import Turn
from crm.callbacks import CallBackRefused
from crm.contacts import BadPhone, masked_phone, phone_e164
from crm.when import parse_when
from db.base import now

_LONG_NUMBER = re.compile(r"[\w-]*\d[\d\s().-]{6,}\d")
_ABOUT = 200  # characters of what it is about


class CallBackForm(Form):
    """The form and its booking."""

    form = "callback_form"
    intent = "callback_request"
    own_slots = ("phone", "callback_time", "callback_nearest")

    async def missing(self, turn: Turn) -> str | None:
        """Ask the number, then the time."""
        return next((slot for slot in ("phone", "callback_time") if not turn.slots.get(slot)), None)

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take a number and a time from one sentence or from two."""
        phone = await self._take_phone(turn, asked)
        when = self._take_time(turn, asked)
        return phone or when

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask; the number on file is offered, the nearest slot too."""
        known = await self._known_phone(turn) if slot == "phone" and not again else None
        if known:
            turn.say("ask-phone-known", phone=masked_phone(known))
            return
        nearest = turn.slots.get("callback_nearest")
        if slot == "callback_time" and nearest and not again:
            self._propose(turn, datetime.fromisoformat(str(nearest)))
            return
        await super().ask(turn, slot, again=again)

    async def finish(self, turn: Turn) -> None:
        """Book the call, or propose the nearest time at which somebody can phone."""
        try:
            booked = await self.services.callbacks.book(
                turn.id,
                conversation_id=turn.conversation.id,
                customer_id=turn.conversation.owner,
                phone=str(turn.slots["phone"]),
                at=datetime.fromisoformat(str(turn.slots["callback_time"])),
                about=_about(turn),
            )
        except CallBackRefused as refused:
            turn.forget("callback_time")
            turn.set("callback_nearest", refused.nearest.isoformat())
            if refused.reason == "past":
                turn.say("callback-past", choices=[turn.choice("stop")])
            else:
                self._propose(turn, refused.nearest)
            return
        turn.say("callback-booked", phone=masked_phone(booked.phone), at=moment(turn, booked.at))

    def _propose(self, turn: Turn, nearest: datetime) -> None:
        choices = turn.choices(["affirm", "stop"])
        turn.say("callback-nearest", choices=choices, at=moment(turn, nearest))

    async def _take_phone(self, turn: Turn, asked: str | None) -> bool:
        known = await self._known_phone(turn) if asked == "phone" else None
        if known and (turn.value == "known" or turn.intent == "affirm"):
            turn.set("phone", known)
            return True
        for given in turn.entities("phone"):
            try:
                turn.set("phone", phone_e164(given))
            except BadPhone:
                continue
            return True
        return False

    def _take_time(self, turn: Turn, asked: str | None) -> bool:
        nearest = turn.slots.get("callback_nearest")
        if asked == "callback_time" and nearest and turn.intent == "affirm":
            turn.set("callback_time", nearest)
            return True
        # A phone number holds digits that would pass for a time.
        words = _LONG_NUMBER.sub(" ", turn.text)
        when = parse_when(words, turn.lang, now(), self.services.hours.zone)
        if when is None or (asked != "callback_time" and when < now()):
            return False
        turn.set("callback_time", when.isoformat())
        return True

    async def _known_phone(self, turn: Turn) -> str | None:
        if turn.conversation.owner is None:
            return None
        customer = await self.services.customers.get(turn.conversation.owner)
        return customer.phone if customer else None


def _about(turn: Turn) -> str:
    said = [
        message.text
        for message in turn.conversation.recent
        if message.author == "customer" and message.text
    ]
    return " / ".join(said[-3:])[:_ABOUT]


FORMS = (CallBackForm,)
