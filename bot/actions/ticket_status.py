"""Say how a ticket stands, to its owner only, and add to it."""

from typing import Any

from bot.actions.form import ALWAYS, Form
from bot.actions.moments import moment
from bot.actions.proofs import take_proof
from bot.actions.tickets import is_overdue, ticket_card
from bot.actions.turn import Turn
from channels.message import Choice
from crm.proofs import LookupLocked, NotProven, Proof, Verified
from crm.tickets import Ticket

_MOST_CHOICES = 4
_DONE = frozenset({"solved", "closed"})
_MAX_NOTE = 4000


class TicketStatus(Form):
    """Number, then a proof unless the ticket is theirs for sure."""

    form = "ticket_status_form"
    intent = "ticket_status"
    own_slots = ("ticket_number", "ticket_proof")

    async def missing(self, turn: Turn) -> str | None:
        """Ask for what is needed to find the ticket."""
        if not turn.slots.get("ticket_number"):
            return "ticket_number"
        if not turn.slots.get("ticket_proof") and await self._find_without_proof(turn) is None:
            return "ticket_proof"
        return None

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take number and proof, in any order."""
        numbers = turn.entities("ticket_number")
        if turn.value and turn.value.upper().startswith("TK-"):
            numbers = [turn.value.upper()]
        if numbers:
            turn.set("ticket_number", numbers[0])
            turn.forget("ticket_proof")
        elif asked is None:
            await self._take_only_ticket(turn)
        proof = asked == "ticket_proof" and take_proof(turn, "ticket_proof")
        return bool(numbers) or proof

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask; who is verified picks among their own tickets."""
        if slot == "ticket_number":
            own = await self._own(turn)
            if own:
                choices = [*own, turn.choice("stop")]
                turn.say("ask-ticket_number-own", choices=choices)
                return
        await super().ask(turn, slot, again=again)

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:
        """Name the ticket whose proof is asked."""
        return {"ticket": str(turn.slots["ticket_number"])} if slot == "ticket_proof" else {}

    async def finish(self, turn: Turn) -> None:
        """Show the ticket; wrong number and wrong proof get the same words."""
        number, proof = str(turn.slots["ticket_number"]), turn.slots.get("ticket_proof")
        try:
            ticket = await self._find_without_proof(turn)
            if ticket is None:
                ticket = await self.services.tickets.status(turn.attempt, number, str(proof or ""))
        except NotProven:
            turn.say("ticket-not-found", kind="error", ticket=number)
            turn.forget("ticket_proof")
            return
        except LookupLocked as locked:
            if locked.digits_only:
                turn.say("proof-digits-locked", kind="error", order=number)
                turn.forget("ticket_proof")
                return
            turn.say("order-locked", kind="error", time=moment(turn, locked.until))
            turn.leave_form()
            return
        self._show(turn, ticket)
        turn.remember(ticket=ticket.number, ticket_id=ticket.id)

    def _show(self, turn: Turn, ticket: Ticket) -> None:
        kinds = self.services.tickets.kinds
        slots: dict[str, Any] = {
            "ticket": ticket.number,
            "category": kinds.name(ticket.category, turn.lang),
            "status": kinds.status_name(ticket.status, turn.lang),
        }
        template = "ticket-status-done"
        if ticket.status not in _DONE:
            template = "ticket-status-late" if is_overdue(ticket) else "ticket-status"
            slots["due"] = moment(turn, ticket.due_at)
        turn.say(template, kind="ticket", data=ticket_card(ticket), **slots)

    async def _find_without_proof(self, turn: Turn) -> Ticket | None:
        """Return the ticket if this conversation opened it, or who is verified owns it."""
        owner = turn.conversation.owner
        proof: Proof | None = Verified(owner) if owner else None
        try:
            return await self.services.tickets.status(
                turn.attempt, str(turn.slots["ticket_number"]), proof
            )
        except NotProven:
            return None

    async def _take_only_ticket(self, turn: Turn) -> None:
        """Without a number, the ticket of this conversation is meant, or the only open one."""
        known = turn.conversation.context.get("ticket")
        if known:
            turn.set("ticket_number", str(known))
        elif turn.conversation.owner:
            open_ones = await self.services.tickets.of_customer(
                turn.conversation.owner, only_open=True
            )
            if len(open_ones) == 1:
                turn.set("ticket_number", open_ones[0].number)

    async def _own(self, turn: Turn) -> list[Choice]:
        if turn.conversation.owner is None:
            return []
        kinds = self.services.tickets.kinds
        tickets = await self.services.tickets.of_customer(turn.conversation.owner)
        return [
            turn.choice(
                f"inform:{ticket.number}",
                f"{ticket.number} · {kinds.name(ticket.category, turn.lang)}",
            )
            for ticket in tickets[:_MOST_CHOICES]
        ]


class TicketNote(Form):
    """Adds to the ticket that was shown last in this conversation."""

    form = "ticket_note_form"
    intent = "inform"
    own_slots = ("ticket_note",)

    async def missing(self, turn: Turn) -> str | None:
        """Ask the note."""
        return None if turn.slots.get("ticket_note") else "ticket_note"

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Any text is a note."""
        if asked is None:
            if not turn.conversation.context.get("ticket_id"):
                turn.say("ticket-note-unknown")
                turn.leave_form()
            return False
        if not turn.text or turn.intent in ALWAYS:
            return False
        turn.set("ticket_note", turn.text[:_MAX_NOTE])
        return True

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:  # noqa: ARG002
        """Name the ticket."""
        return {"ticket": str(turn.conversation.context.get("ticket") or "")}

    async def finish(self, turn: Turn) -> None:
        """Add the note; the id comes from what was shown here, never from a slot.

        What ended long ago comes up again as a ticket of its own.
        """
        shown = int(turn.conversation.context["ticket_id"])
        ticket = await self.services.tickets.add_note(
            turn.id, shown, "customer", str(turn.slots["ticket_note"])
        )
        card = ticket_card(ticket)
        if ticket.follows == shown:
            turn.say(
                "ticket-followed",
                kind="ticket",
                data=card,
                ticket=ticket.number,
                old=str(turn.conversation.context.get("ticket") or ""),
                due=moment(turn, ticket.due_at),
            )
            turn.remember(ticket=ticket.number, ticket_id=ticket.id)
        else:
            turn.say("ticket-noted", kind="ticket", data=card, ticket=ticket.number)


FORMS = (TicketStatus, TicketNote)
