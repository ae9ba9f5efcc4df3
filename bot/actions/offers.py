"""Offer one fitting thing, when it is welcome; a no is a no. Whether it is, crm/ decides."""

from typing import Any

from bot.actions.moments import money
from bot.actions.parts import TASKS
from bot.actions.topic import Topic
from bot.actions.turn import Turn
from channels.message import Reply
from crm.customers import CustomerNotFound
from crm.eligibility import Situation
from crm.offers import OfferGone, OfferNotFound

_NEVER = "never"
_POSSIBLE = 0.1  # of an intent that takes the place of one that cannot be


async def find_offer(turn: Turn, *, asked: bool, order: str | None = None) -> Reply | None:
    """Give the best offer, if the rules allow one, to be said; `order` is proved and shown."""
    offers = turn.services.offers
    context = turn.conversation.context
    proposal = await offers.choose(
        Situation(
            conversation_id=turn.conversation.id,
            lang=turn.lang,
            customer_id=turn.conversation.owner,
            asked=asked,
            text=turn.text if asked else "",
            article=str(context["article"]) if context.get("article") else None,
            order_number=order,
            complaint=bool(context.get("problem")) and not asked,
            mood="angry" if turn.services.moods.stands(turn.text, "angry") else "neutral",
            channel=turn.conversation.channel or None,
        )
    )
    if proposal is None:
        return None
    offer_id = await offers.record(turn.id, turn.conversation.id, proposal)
    if offer_id is None:
        return None
    name, reason = proposal.name(turn.lang), offers.reason(proposal, turn.lang)
    accept, decline = f"accept_offer:{offer_id}", f"decline_offer:{offer_id}"
    choices = turn.choices([accept, decline])
    if not asked:
        never = turn.words(f"label-decline_offer-{_NEVER}")
        choices.append(turn.choice(f"{decline}:{_NEVER}", never))
    was: dict[str, Any] = {}
    if proposal.was_idr is not None:
        was["was"] = money(proposal.was_idr)
    return turn.services.templates.reply(
        "offer-shown-was" if was else "offer-shown",
        turn.lang,
        seed=turn.id,
        kind="offer",
        data={
            "offer_id": offer_id,
            "product": name,
            "sku": proposal.sku,
            "price_idr": proposal.price_idr,
            "was_idr": proposal.was_idr,
            "reason": reason,
        },
        choices=choices,
        product=name,
        price=money(proposal.price_idr),
        reason=reason,
        **was,
    )


class MakeOffer(Topic):
    """Finds an offer, asked for or after something went well."""

    action_name = "action_offer"
    gives_way = True

    async def act(self, turn: Turn) -> None:
        """Show it, or say that there is none; unasked, say nothing then."""
        asked = turn.intent == "ask_offer"
        offer = await find_offer(turn, asked=asked) if asked or turn.loop is None else None
        if offer is not None:
            turn.speak(offer)
        elif asked:
            turn.say("offer-none")


class AcceptOffer(Topic):
    """Takes a yes."""

    action_name = "action_accept_offer"

    async def act(self, turn: Turn) -> None:
        """Note the lead and say what comes next."""
        offer_id = await _meant(turn)
        if offer_id is None:  # a yes to nothing
            turn.follow(meant_instead(turn))
            return
        try:
            lead = await self.services.offers.accept(offer_id, turn.conversation.id)
        except (OfferGone, OfferNotFound):
            turn.say("offer-gone")
            return
        turn.say("offer-accepted", product=lead.name(turn.lang))


class DeclineOffer(Topic):
    """Takes a no."""

    action_name = "action_decline_offer"

    async def act(self, turn: Turn) -> None:
        """Never offer it again; after "never" nothing at all."""
        wished = self.services.wishes.found(turn.text) == _NEVER
        never = wished or (turn.value or "").endswith(f":{_NEVER}")
        offer_id = await _meant(turn)
        if offer_id is None and not never:  # a no to nothing
            turn.follow(meant_instead(turn))
            return
        if offer_id is not None:
            try:
                await self.services.offers.decline(offer_id, turn.conversation.id, never=never)
            except OfferNotFound:
                offer_id = None
        if never and turn.conversation.owner is not None:
            await self._withdraw_consent(turn.conversation.owner, turn.conversation.id)
        turn.say("offer-never" if never else "offer-declined")

    async def _withdraw_consent(self, customer_id: str, place: str) -> None:
        try:
            await self.services.consents.note(
                customer_id, "offers", granted=False, source="chat", place=place
            )
        except CustomerNotFound:
            return  # removed meanwhile: nobody is left to be offered anything


def meant_instead(turn: Turn) -> str:
    """Return the action of what else the message may mean, where nothing was offered."""
    actions = {**TASKS, "ask_offer": "action_offer", "deny": "action_deny"}
    best = max(actions, key=turn.likelihood)
    return actions[best] if turn.likelihood(best) >= _POSSIBLE else "action_answer"


async def _meant(turn: Turn) -> int | None:
    """Return the offer that was tapped, else the last one shown in this conversation."""
    number = (turn.value or "").partition(":")[0]
    if number.isascii() and number.isdigit():
        return int(number)
    return await turn.services.offers.latest(turn.conversation.id)


ACTIONS = (MakeOffer, AcceptOffer, DeclineOffer)
