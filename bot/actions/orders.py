"""Track an order: number, proof, then where it is and what to do when it is late."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.actions.form import Form
from bot.actions.moments import day, moment, money
from bot.actions.offers import find_offer
from bot.actions.proofs import (
    find_orders,
    gave_whole_proof,
    needs_proof,
    numbers_of,
    say_not_found,
    take_order_number,
    take_proof,
)
from bot.actions.turn import Turn
from bot.order_words import event_words, status_words
from channels.message import Choice
from crm.orders import OrderSourceDown, OrderView
from db.base import now

_REPORT_WITHIN = timedelta(hours=48)  # a parcel that is said to be delivered
_MOST_CHOICES = 4
_MOST_EVENTS = 8
_FEW_WORDS = 4


class TrackOrder(Form):
    """The form and what it shows."""

    form = "track_order_form"
    intent = "track_order"
    own_slots = ("order_number", "proof")

    async def missing(self, turn: Turn) -> str | None:
        """Ask the number, then a proof unless the order is theirs for sure."""
        if not turn.slots.get("order_number"):
            return "order_number"
        if not turn.slots.get("proof") and await needs_proof(turn):
            return "proof"
        return None

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take number and proof, in any order, also both at once."""
        number = take_order_number(turn)
        if asked is None and not number:
            gives_proof = turn.entities("email", "phone", "phone_last4")
            said = turn.conversation
            offered = said.named_order if gives_proof else said.offered_order
            if offered:
                turn.set("order_number", offered)
                number = True
        known = bool(turn.slots.get("proof"))
        proof = (number or asked is not None or bool(turn.slots.get("order_number"))) and (
            take_proof(turn)
        )
        if asked == "order_number" and not number and known:
            return False  # again a proof, where the number is what is missing
        if asked is None and not number:
            await self._take_only_open_order(turn)
        return number or proof

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask; who is verified picks among their own orders."""
        if slot == "order_number" and turn.slots.get("proof") and not again:
            turn.say("order_number-missing")
            return
        if slot == "order_number" and turn.conversation.owner:
            own = await self._own_choices(turn)
            if own:
                turn.say("ask-order_number-own", choices=[*own, turn.choice("stop")])
                return
        await super().ask(turn, slot, again=again)

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:
        """Name the order whose proof is asked."""
        return {"order": ", ".join(numbers_of(turn))} if slot == "proof" else {}

    def does_not_know(self, turn: Turn, asked: str) -> bool:
        """Also who asks whether an e-mail will do wants to hear what may be given."""
        email = self.services.fields.found(turn.text) == "email"
        short = len(turn.text.split()) <= _FEW_WORDS
        return (asked == "proof" and email and short) or super().does_not_know(turn, asked)

    async def finish(self, turn: Turn) -> None:
        """Show the orders; if none is proved, ask again."""
        result = await find_orders(turn)
        if result is None:
            return
        orders, missing = result
        if not orders:
            say_not_found(turn, missing)
            return
        late = [order for order in orders if order.late]
        offer = None
        if not late and not missing and not turn.slots.get("paused_form"):
            offer = await find_offer(turn, asked=False, order=orders[0].number)
        for order in orders:
            alone = len(orders) == 1 and offer is None
            show_order(turn, order, _next_steps(turn, order) if alone else ())
        if missing:
            turn.say("order-others-not-found", kind="error", orders=", ".join(missing))
        for order in late:
            report = turn.choice(f"open_ticket:{order.number}")
            turn.say("order-late", choices=[report], order=order.number)
        turn.remember(order=orders[0].number, problem="late order" if late else None)
        if offer is not None:
            turn.speak(offer)

    async def _take_only_open_order(self, turn: Turn) -> None:
        """Who is verified and waits for one order means that one."""
        owner = turn.conversation.owner
        if owner is None:
            return
        try:
            orders = await turn.services.orders.of_customer(owner)
        except OrderSourceDown:
            return
        waited_for = [order for order in orders if order.is_open]
        if len(waited_for) == 1:
            turn.set("order_number", waited_for[0].number)

    async def _own_choices(self, turn: Turn) -> list[Choice]:
        owner = turn.conversation.owner or ""
        try:
            orders = await turn.services.orders.of_customer(owner)
        except OrderSourceDown:
            return []
        newest = sorted(orders, key=lambda order: not order.is_open)[:_MOST_CHOICES]
        return [turn.choice(f"inform:{order.number}", _label(turn, order)) for order in newest]


def _label(turn: Turn, order: OrderView) -> str:
    return f"{order.number} · {status_words(turn.services.templates, order.status, turn.lang)}"


def _next_steps(turn: Turn, order: OrderView) -> list[Choice]:
    """Offer what may be wanted next, below an order that stands alone.

    An offer has choices enough for WhatsApp's three buttons, and what is late has its own. Looking
    again is for those who are not asked for a proof again.
    """
    if order.late:
        return []
    if not order.is_open:
        return [turn.choice(f"open_ticket:{order.number}")]
    if turn.conversation.owner == order.customer_id or gave_whole_proof(turn):
        again = turn.words("label-track_order-again")
        return [turn.choice(f"track_order:{order.number}", again)]
    return [turn.choice("request_human")]


def show_order(turn: Turn, order: OrderView, choices: Sequence[Choice] = ()) -> None:
    """Say how an order stands; the card carries the rest."""
    last = order.events[-1] if order.events else None
    slots: dict[str, Any] = {
        "order": order.number,
        "items": _items(turn, order),
        "total": money(order.total_idr),
        "status": status_words(turn.services.templates, order.status, turn.lang),
    }
    template = "order-shown"
    if last is not None and order.status == "delivered":
        recent = now() - last.at < _REPORT_WITHIN
        template = "order-shown-delivered" if recent else "order-shown-delivered-before"
        slots |= {"at": moment(turn, last.at), "courier": order.courier or ""}
    elif last is not None and order.status == "shipped":
        template = "order-shown-shipped"
        slots |= {
            "courier": order.courier or "",
            "tracking": order.tracking_number or "-",
            "event": event_words(turn.services.templates, last.code, last.city, turn.lang),
            "at": moment(turn, last.at),
        }
        if order.eta is None or order.late:
            template = "order-shown-shipped-no-date"
        else:
            slots["date"] = day(turn, order.eta)
    mood: Any = "sorry" if order.late else "happy" if order.status == "delivered" else "neutral"
    turn.say(template, kind="order", data=_card(turn, order), choices=choices, mood=mood, **slots)


def _card(turn: Turn, order: OrderView) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "status_text": status_words(turn.services.templates, order.status, turn.lang),
        "courier": order.courier,
        "tracking_number": order.tracking_number,
        "eta": order.eta.isoformat() if order.eta else None,
        "late": order.late,
        "total_idr": order.total_idr,
        "items": [
            {"name": line.name(turn.lang), "quantity": line.quantity} for line in order.lines
        ],
        "events": [
            {
                "at": event.at.isoformat(),
                "code": event.code,
                "city": event.city,
                "text": event_words(turn.services.templates, event.code, None, turn.lang),
            }
            for event in order.events[-_MOST_EVENTS:]
        ],
    }


def _items(turn: Turn, order: OrderView) -> str:
    """Name the first product, and how many there are besides."""
    if not order.lines:
        return "-"
    first = order.lines[0].name(turn.lang)
    more = len(order.lines) - 1
    return turn.words("order-items-more", items=first, count=more) if more else first


FORMS = (TrackOrder,)
