"""The step that several forms share: an order number, then a proof that it is the customer's."""

from bot.actions.moments import moment
from bot.actions.turn import Turn
from bot.cues import is_denied
from crm.orders import OrderNotFound, OrderSourceDown, OrderView
from crm.proofs import LookupLocked, NotProven, Proof, Verified

_ENDING = 4  # digits of a phone number
_PROOFS = ("email", "phone_last4", "phone")


def take_order_number(turn: Turn, *, chosen: bool = True) -> bool:
    """Take order numbers from the message or from a tapped choice; new ones replace old ones."""
    numbers = turn.entities("order_number")
    if not numbers and chosen and turn.value and turn.value.upper().startswith("TL-"):
        numbers = [turn.value.upper()]
    if not numbers:
        return False
    turn.set("order_number", ",".join(numbers))
    turn.forget("proof")
    return True


def take_proof(turn: Turn, slot: str = "proof") -> bool:
    """Take what could be a proof and is not denied; the surest kind wins."""
    for kind in _PROOFS:
        given = [one for one in turn.entities(kind) if not is_denied(one, turn.text)]
        if given:
            turn.set(slot, given[0])
            return True
    return False


def numbers_of(turn: Turn) -> list[str]:
    """Return the order numbers that were given."""
    return [number for number in str(turn.slots.get("order_number") or "").split(",") if number]


async def needs_proof(turn: Turn) -> bool:
    """Whether one of the orders is not known to belong to who is already verified."""
    owner = turn.conversation.owner
    if owner is None:
        return True
    for number in numbers_of(turn):
        try:
            await turn.services.orders.find(turn.attempt, number, Verified(owner))
        except NotProven:
            return True
        except OrderSourceDown:
            return False  # who looks the order up says so
    return False


async def find_orders(turn: Turn) -> tuple[list[OrderView], list[str]] | None:
    """Return the orders proved and the numbers that were not; None if it was said why not.

    None leaves the form, or asks for another proof. A whole phone number or an e-mail also proves
    who writes; four digits open only their order.
    """
    found: list[OrderView] = []
    missing: list[str] = []
    try:
        for number in numbers_of(turn):
            try:
                found.append(await _find(turn, number))
            except OrderNotFound:
                missing.append(number)
    except LookupLocked as locked:
        if locked.digits_only:  # strangers guessed; the form goes on and asks for a whole contact
            turn.say("proof-digits-locked", kind="error", order=", ".join(numbers_of(turn)))
            turn.forget("proof")
            return None
        turn.say("order-locked", kind="error", time=moment(turn, locked.until))
        turn.leave_form()
        return None
    except OrderSourceDown:
        turn.say("order-source-down", kind="error")
        turn.leave_form()
        return None
    if found and gave_whole_proof(turn) and turn.conversation.owner is None:
        customer_id = found[0].customer_id
        # A shop's own order API may know customers that were not imported.
        if await turn.services.customers.get(customer_id) is not None:
            turn.command(verified=customer_id)
    return found, missing


def gave_whole_proof(turn: Turn) -> bool:
    """Whether the proof given is a whole phone number or an e-mail, not only four digits."""
    return len(str(turn.slots.get("proof") or "")) > _ENDING


async def _find(turn: Turn, number: str) -> OrderView:
    """Look with the verified identity first: a proof is only needed for somebody else's order."""
    owner, proof = turn.conversation.owner, turn.slots.get("proof")
    if owner is not None:
        try:
            return await turn.services.orders.find(turn.attempt, number, Verified(owner))
        except OrderNotFound:
            if not proof:
                raise
    given: Proof = str(proof or "")
    return await turn.services.orders.find(turn.attempt, number, given)


def say_not_found(turn: Turn, numbers: list[str]) -> None:
    """Say the same words for a wrong number and a wrong proof; the proof is asked again."""
    turn.say("order-not-found", kind="error", order=", ".join(numbers))
    turn.forget("proof")
