"""Account data, shown and changed only for who proved to be the customer."""

from typing import Any, ClassVar, cast

from bot.actions.form import Form
from bot.actions.moments import day, moment, money
from bot.actions.turn import Turn
from channels.message import Choice
from crm.channel_codes import code_in
from crm.contacts import BadEmail, BadPhone, phone_e164, plain_email
from crm.customers import Field, InvoiceDue
from crm.proofs import LookupLocked, NotProven

_FIELDS = ("phone", "email", "city")
_MAX_CITY = 80
_MOST_LISTED = 5
_LINK = "link"  # the choice that asks for a code
_UNLINK = "unlink"  # the choice that ends what was proved here


class AccountForm(Form):
    """What both forms share: an order number and a whole contact prove who it is."""

    own_slots: ClassVar[tuple[str, ...]] = ("identity_order", "identity_contact")

    async def missing(self, turn: Turn) -> str | None:
        """Ask for the proof; nothing of who is verified."""
        if turn.conversation.owner is not None:
            return None
        slots = ("identity_order", "identity_contact")
        return next((slot for slot in slots if not turn.slots.get(slot)), None)

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take the proof, in any order."""
        if turn.conversation.owner is not None:
            return False
        numbers = turn.entities("order_number")
        if numbers:
            turn.set("identity_order", numbers[0])
            turn.forget("identity_contact")
        contacts = turn.entities("email", "phone") if asked in self._proof_slots(asked) else []
        if asked == "identity_order" and not numbers and turn.slots.get("identity_contact"):
            return False  # again a contact, where the number is what is missing
        if contacts:
            turn.set("identity_contact", contacts[0])
        if contacts and turn.slots.get("identity_order") and await self.identify(turn) is None:
            turn.asked = True  # the refusal has asked for another proof
        return bool(numbers or contacts)

    async def ask(self, turn: Turn, slot: str, *, again: bool) -> None:
        """Ask; who gave a contact instead of the order number hears where to find that."""
        if slot == "identity_order" and turn.slots.get("identity_contact") and not again:
            turn.say("order_number-missing")
        else:
            await super().ask(turn, slot, again=again)

    def _proof_slots(self, asked: str | None) -> tuple[str | None, ...]:
        return (None, "identity_order", "identity_contact") if asked != "contact_value" else ()

    async def identify(self, turn: Turn) -> str | None:
        """Return the customer who is proved; None if it was said why not.

        Asked again at every use, as a slot proves nothing.
        """
        if turn.conversation.owner is not None:
            return turn.conversation.owner
        order = str(turn.slots["identity_order"])
        contact = str(turn.slots["identity_contact"])
        try:
            customer = await self.services.customers.identify(turn.attempt, contact, order)
        except LookupLocked as locked:
            turn.say("order-locked", kind="error", time=moment(turn, locked.until))
            turn.leave_form()
            return None
        except NotProven:
            turn.say("identity-not-found", kind="error", order=order)
            turn.forget("identity_contact")
            return None
        turn.command(verified=customer)
        return customer


class AccountInfo(AccountForm):
    """Shows a summary, contacts masked; makes and takes codes for other channels."""

    form = "account_info_form"
    intent = "account_info"

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take a code from another channel, or the proof."""
        code = code_in(turn.value or "")
        if code is None:
            return await super().take(turn, asked)
        await self._take_code(turn, code)
        turn.leave_form()
        return True

    async def _take_code(self, turn: Turn, code: str) -> None:
        """Link this conversation to whose code it is; one that is somebody's stays theirs."""
        if turn.conversation.owner is not None:
            turn.say("link-known")
            return
        try:
            customer_id = await self.services.channel_codes.redeem(turn.attempt, code)
        except LookupLocked as locked:
            turn.say("order-locked", kind="error", time=moment(turn, locked.until))
        except NotProven:
            turn.say("link-wrong", kind="error")
        else:
            turn.command(verified=customer_id)
            profile = await self.services.customers.profile(customer_id)
            turn.say("link-done", customer=profile.name)

    async def _make_code(self, turn: Turn, customer_id: str) -> None:
        issued = await self.services.channel_codes.issue(customer_id)
        turn.say("link-code", code=issued.code, time=moment(turn, issued.until))

    async def finish(self, turn: Turn) -> None:
        """Show what is on file, or give a code."""
        customer_id = await self.identify(turn)
        if customer_id is None:
            return
        if turn.value == _UNLINK:
            turn.command(unlinked=True)
            turn.say("link-ended")
            return
        if turn.value == _LINK:
            await self._make_code(turn, customer_id)
            return
        profile = await self.services.customers.profile(customer_id)
        tickets = await self.services.tickets.of_customer(customer_id, only_open=True)
        none = turn.words("account-none")
        turn.say(
            "account-summary",
            customer=profile.name,
            phone=profile.phone or none,
            email=profile.email or none,
            points=str(profile.points),
            level=_level(turn, profile.level),
            orders=", ".join(profile.open_orders[:_MOST_LISTED]) or none,
            tickets=", ".join(ticket.number for ticket in tickets[:_MOST_LISTED]) or none,
            bills="; ".join(_bill(turn, bill) for bill in profile.invoices_due) or none,
        )


class UpdateContact(AccountForm):
    """Changes phone, e-mail or city after a confirmation."""

    form = "update_contact_form"
    intent = "update_contact"
    own_slots = (
        "identity_order",
        "identity_contact",
        "contact_field",
        "contact_value",
        "contact_sure",
    )

    async def missing(self, turn: Turn) -> str | None:
        """Ask for the proof, then which, what, and whether that is right."""
        unproved = await super().missing(turn)
        slots = ("contact_field", "contact_value", "contact_sure")
        return unproved or next((slot for slot in slots if not turn.slots.get(slot)), None)

    async def take(self, turn: Turn, asked: str | None) -> bool:
        """Take the answer; the field is often named in the opening sentence."""
        if asked in (None, "contact_field") and self.services.fields.found(turn.text) == "address":
            turn.say("contact-address")
            turn.leave_form()
            return False
        proved = await super().take(turn, asked)
        if asked in (None, "contact_field"):
            return self._take_field(turn) or proved
        if asked == "contact_value":
            return self._take_value(turn)
        if asked == "contact_sure":
            return self._take_sure(turn)
        return proved

    async def choices(self, turn: Turn, slot: str) -> list[Choice]:  # noqa: ARG002
        """All choices of this form stand in its templates."""
        return []

    def words(self, turn: Turn, slot: str) -> dict[str, Any]:
        """Name the field and the new value."""
        if slot not in ("contact_value", "contact_sure"):
            return {}
        field = {"field": turn.words(f"contact-field-{turn.slots['contact_field']}")}
        new = {"new": str(turn.slots.get("contact_value"))}
        return field | (new if slot == "contact_sure" else {})

    async def finish(self, turn: Turn) -> None:
        """Change it at once; the old value is kept in the store."""
        customer_id = await self.identify(turn)
        if customer_id is None:
            turn.forget("contact_sure")
            return
        field = cast("Field", turn.slots["contact_field"])
        value = str(turn.slots["contact_value"])
        change = await self.services.customers.update_contact(turn.id, customer_id, field, value)
        named = turn.words(f"contact-field-{field}")
        turn.say("contact-changed", field=named, new=change.new)

    def _take_field(self, turn: Turn) -> bool:
        field = turn.value if turn.value in _FIELDS else self.services.fields.found(turn.text)
        if field is None:
            return False
        turn.set("contact_field", field)
        return True

    def _take_value(self, turn: Turn) -> bool:
        field, value = str(turn.slots.get("contact_field")), ""
        if field == "city":
            value = turn.text[:_MAX_CITY] if any(letter.isalpha() for letter in turn.text) else ""
        for given in turn.entities(field):
            try:
                value = plain_email(given) if field == "email" else phone_e164(given)
            except (BadEmail, BadPhone):
                continue
        if value:
            turn.set("contact_value", value)
        return bool(value)

    def _take_sure(self, turn: Turn) -> bool:
        if turn.intent == "affirm":
            turn.set("contact_sure", "yes")
        elif self._take_value_again(turn):
            return True
        elif turn.intent == "deny":
            turn.set("contact_value", None)
        else:
            return False
        return True

    def _take_value_again(self, turn: Turn) -> bool:
        """A no that brings the right value corrects at once."""
        field = str(turn.slots.get("contact_field"))
        return field != "city" and bool(turn.entities(field)) and self._take_value(turn)


def _level(turn: Turn, level: str | None) -> str:
    template = f"level-{level}"
    return turn.words(template if template in turn.services.templates else "account-none")


def _bill(turn: Turn, bill: InvoiceDue) -> str:
    template = "account-bill-late" if bill.overdue else "account-bill"
    return turn.words(template, amount=money(bill.amount_idr), date=day(turn, bill.due_at))


FORMS = (AccountInfo, UpdateContact)
