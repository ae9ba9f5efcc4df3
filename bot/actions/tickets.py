"""Log a ticket: what is wrong, what kind of case, which order, and where to answer."""

from datetime import datetime
from typing import Any

from bot.actions.form import ALWAYS, INTERRUPTIONS, Form
from bot.actions.moments import moment
from bot.actions.turn import Turn
from channels.message import Choice
from crm.contacts import BadEmail, BadPhone, phone_e164, plain_email
from crm.tickets import Ticket
from db.base import now

_WORDS_THAT_TELL = 4  # an opening sentence this long may already be the description
_ABOUT_NO_ORDER = frozenset({"internet", "account", "other"})
# Alone, as a description:
_SAYS_NOTHING = frozenset({"affirm", "deny", "goodbye", "greet", "thanks"})
_OTHER, _LATE = "other", "delivery"
_MAX_DESCRIPTION = 4000


class OpenTicket(Form):
    """The form, and the number and the promise at its end."""

    form = "open_ticket_form"
    intent = "open_ticket"
    own_slots = (
        "ticket_description",
        "ticket_guess",
        "ticket_category",
        "ticket_order",
        "ticket_contact",
    )

    async def missing(self, turn: Turn) -> str | None:
        """Ask in the order of a natural talk; skip what is known or makes no sense."""
        slots = turn.slots
        if not slots.get("ticket_description"):
            return "ticket_description"
        if not slots.get("ticket_category"):
            return "ticket_category"
        if not slots.get("ticket_order") and slots["ticket_category"] not in _ABOUT_NO_ORDER:
            return "ticket_order"
        if not slots.get("ticket_contact") and not await self._known_contact(turn):
            return "ticket_contact"
        return None

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take the answer to the question; an order number counts at any time."""
        taken = self._take_order(turn, asked)
        if asked is None:
            self._take_opening(turn)
        elif asked == "ticket_description":
            taken = self._take_description(turn)
        elif asked == "ticket_category":
            taken = self._take_category(turn) or taken
        if asked not in (None, "ticket_description"):
            taken = self._take_contact(turn) or taken
        if asked == "ticket_category" and not turn.slots.get("ticket_category"):
            self._go_on_without_category(turn, taken=taken)
        return taken or bool(asked == "ticket_category" and turn.slots.get("ticket_category"))

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask; a guess at the category is offered first, all of them after a no."""
        if slot == "ticket_category" and turn.slots.get("ticket_guess") == _OTHER:
            turn.say("ask-ticket_category-open", choices=await self.choices(turn, slot))
            return
        await super().ask(turn, slot, again=again)

    async def choices(self, turn: Turn, slot: str) -> list[Choice]:
        """Return the categories as choices."""
        if slot != "ticket_category":
            return []
        kinds = self.services.tickets.kinds
        guess = turn.slots.get("ticket_guess")
        if guess == _OTHER:
            named = [
                turn.choice(f"inform:{category}", kinds.name(category, turn.lang))
                for category in kinds.categories
            ]
            return [*named, turn.choice("stop")]
        return [*turn.choices(["affirm", "deny"]), turn.choice("stop")]

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:
        """Name the guess."""
        guess = str(turn.slots.get("ticket_guess") or "")
        if slot != "ticket_category" or guess in ("", _OTHER):
            return {}
        return {"category": self.services.tickets.kinds.name(guess, turn.lang)}

    async def finish(self, turn: Turn) -> None:
        """Open the ticket, and promise when it is answered."""
        slots = turn.slots
        order = slots.get("ticket_order")
        ticket = await self.services.tickets.open(
            turn.id,
            conversation_id=turn.conversation.id,
            customer_id=turn.conversation.owner,
            order_number=None if order in (None, "none") else str(order),
            category=str(slots["ticket_category"]),
            description=str(slots["ticket_description"]),
            contact=str(slots.get("ticket_contact") or await self._known_contact(turn)),
            lang=turn.lang,
        )
        self._promise(turn, ticket)
        turn.remember(ticket=ticket.number, ticket_id=ticket.id, problem="ticket")

    def _promise(self, turn: Turn, ticket: Ticket) -> None:
        """Say the number, and by when somebody answers; at night also that nobody works now."""
        kinds = self.services.tickets.kinds
        template = "ticket-opened-urgent" if ticket.priority == "urgent" else "ticket-opened"
        opens_at = self.services.hours.next_opening(ticket.created_at)
        slots: dict[str, Any] = {}
        if opens_at > ticket.created_at:
            template, slots = f"{template}-closed", {"opens": moment(turn, opens_at)}
        turn.say(
            template,
            kind="ticket",
            data=ticket_card(ticket),
            ticket=ticket.number,
            category=kinds.name(ticket.category, turn.lang),
            priority=kinds.priority_name(ticket.priority, turn.lang),
            due=moment(turn, ticket.due_at),
            **slots,
        )

    async def _known_contact(self, turn: Turn) -> str | None:
        if turn.conversation.owner is None:
            return None
        customer = await self.services.customers.get(turn.conversation.owner)
        return (customer.phone or customer.email) if customer else None

    def _take_order(self, turn: Turn, asked: str | None) -> bool:
        numbers = turn.entities("order_number")
        none = turn.value == "none" or self.services.nothing.found(turn.text) == "none"
        if numbers:
            turn.set("ticket_order", numbers[0])
        elif asked == "ticket_order" and (none or turn.intent == "deny"):
            turn.set("ticket_order", "none")
        else:
            return False
        return True

    def _take_opening(self, turn: Turn) -> None:
        """Take the sentence that started the form, if it says what is wrong."""
        if turn.value and turn.value.startswith("TL-"):
            # Only an order that was just shown as late is tapped like this: all is said.
            turn.set("ticket_order", turn.value)
            turn.set("ticket_category", _LATE)
            turn.set("ticket_description", turn.words("ticket-late", order=turn.value))
            return
        guess = self.services.tickets.kinds.guess(turn.text)
        turn.set("ticket_guess", guess)
        known = guess != _OTHER and len(turn.text.split()) >= _WORDS_THAT_TELL
        told = self.services.openings.rest(turn.text)
        if known or len(told) >= _WORDS_THAT_TELL:
            self._describe(turn, turn.text)

    def _take_description(self, turn: Turn) -> bool:
        """Any text is a description, also an angry one or one that sounds like a question."""
        if not turn.text or turn.intent in ALWAYS:
            return False
        short = len(turn.text.split()) < _WORDS_THAT_TELL
        wordless = not any(letter.isalpha() for letter in turn.text)
        if wordless or (short and turn.intent in _SAYS_NOTHING):
            return False
        self._describe(turn, turn.text)
        return True

    def _describe(self, turn: Turn, text: str) -> None:
        turn.set("ticket_description", text[:_MAX_DESCRIPTION])
        guess = self.services.tickets.kinds.guess(text)
        if guess != _OTHER:  # else what the opening sentence suggested stays
            turn.set("ticket_guess", guess)

    def _go_on_without_category(self, turn: Turn, *, taken: bool) -> None:
        """Keep the guess of who answers with something else, and ask nobody three times."""
        asked_back = turn.intent not in INTERRUPTIONS or turn.intent == "nlu_fallback"
        if turn.intent == "deny" or not (taken or (asked_back and turn.conversation.missed_turns)):
            return
        guess = turn.slots.get("ticket_guess")
        turn.set("ticket_category", guess if taken and guess else _OTHER)

    def _take_category(self, turn: Turn) -> bool:
        kinds = self.services.tickets.kinds
        guess = str(turn.slots.get("ticket_guess") or _OTHER)
        written = turn.text.casefold()
        named = (
            one for one in kinds.categories if kinds.name(one, turn.lang).casefold() in written
        )
        said = next(named, kinds.guess(turn.text) if turn.text else _OTHER)
        if turn.value in kinds.categories:
            turn.set("ticket_category", turn.value)
        elif turn.intent == "affirm" and guess != _OTHER:
            turn.set("ticket_category", guess)
        elif said not in (_OTHER, guess):
            turn.set("ticket_category", said)
        elif turn.intent == "deny":
            turn.set("ticket_guess", _OTHER)
        elif said != _OTHER:  # the guess by its name
            turn.set("ticket_category", said)
        else:
            return False
        return True

    def _take_contact(self, turn: Turn) -> bool:
        for given in turn.entities("email", "phone"):
            try:
                contact = plain_email(given) if "@" in given else phone_e164(given)
            except (BadEmail, BadPhone):
                continue
            turn.set("ticket_contact", contact)
            return True
        return False


def ticket_card(ticket: Ticket) -> dict[str, str]:
    """Return what the client's ticket card shows."""
    return {
        "number": ticket.number,
        "category": ticket.category,
        "priority": ticket.priority,
        "status": ticket.status,
        "due_at": ticket.due_at.isoformat(),
    }


def is_overdue(ticket: Ticket, at: datetime | None = None) -> bool:
    """Say whether the promised moment has passed without an end."""
    return ticket.status == "open" and ticket.due_at < (at or now())


FORMS = (OpenTicket,)
