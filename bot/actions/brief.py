"""The eight things a person should know who takes over: nobody has to tell their story twice."""

from typing import Any

from bot.actions.turn import Turn
from crm.orders import OrderSourceDown
from desk.brief import Brief

_LINES = 6  # of the customer's own words
_LINE = 240  # characters
_ENTITIES = ("order_number", "ticket_number", "phone", "email")
_OPEN_TICKET = frozenset({"open", "waiting_customer"})


async def brief_of(turn: Turn, reason: str) -> dict[str, Any]:
    """Write the brief in the customer's language."""
    open_cases = await _open_cases(turn)
    angry = reason in ("complaint", "safety")
    brief = Brief(
        who=await _who(turn),
        wants=_wants(turn),
        said=_said(turn),
        tried=_tried(turn),
        entities=_entities(turn),
        mood="angry" if angry else "neutral",
        open=open_cases,
        offer_allowed=reason == "request" and not _has_problem(turn),
    )
    return brief.as_json()


async def _who(turn: Turn) -> str:
    owner = turn.conversation.owner
    if owner is None:
        return turn.words("brief-anonymous")
    customer = await turn.services.customers.get(owner)
    return turn.words("brief-verified", customer=customer.name if customer else owner)


def _wants(turn: Turn) -> str:
    form = turn.loop or turn.slots.get("last_form")
    if form and turn.loop:
        return turn.words(f"brief-form-{str(form).removesuffix('_form')}")
    words = [said.text for said in turn.conversation.recent if said.author == "customer"]
    before = [text for text in words if text and text != turn.text]
    return (before[-1] if before else turn.text)[:_LINE]


def _said(turn: Turn) -> list[str]:
    said = [
        message.text[:_LINE]
        for message in turn.conversation.recent
        if message.author == "customer" and message.text
    ]
    if turn.text and turn.text[:_LINE] not in said[-1:]:
        said.append(turn.text[:_LINE])
    return said[-_LINES:]


def _tried(turn: Turn) -> list[str]:
    tried = []
    for message in turn.conversation.recent:
        if message.author != "bot":
            continue
        if message.kind == "answer" and message.data.get("article"):
            article = turn.services.faq.article(str(message.data["article"]))
            title = article.texts[turn.lang].title if article else message.data["article"]
            tried.append(turn.words("brief-tried-answer", description=title))
        elif message.kind in ("order", "ticket"):
            number = message.data.get("number")
            tried.append(turn.words(f"brief-tried-{message.kind}", description=number))
        elif message.source in ("answer-missed", "answer-missed-again", "form-unclear-again"):
            tried.append(turn.words("brief-tried-missed"))
        elif message.source in ("order-not-found", "order-locked", "ticket-not-found"):
            tried.append(turn.words("brief-tried-proof"))
    return list(dict.fromkeys(tried))[-_LINES:]


def _entities(turn: Turn) -> dict[str, str]:
    found = {name: ", ".join(turn.entities(name)) for name in _ENTITIES}
    slots = {name: str(turn.slots[name]) for name in _ENTITIES if turn.slots.get(name)}
    return {name: value for name, value in {**slots, **found}.items() if value} or slots


async def _open_cases(turn: Turn) -> list[str]:
    owner = turn.conversation.owner
    known = turn.conversation.context.get("ticket")
    if owner is None:
        return [str(known)] if known else []
    try:
        orders = await turn.services.orders.of_customer(owner)
    except OrderSourceDown:
        orders = []
    tickets = await turn.services.tickets.of_customer(owner, only_open=True)
    return [
        *(f"{o.number}: {turn.words(f'order-status-{o.status}')}" for o in orders if o.is_open),
        *(
            f"{t.number}: {turn.services.tickets.kinds.name(t.category, turn.lang)}"
            for t in tickets
        ),
    ][:_LINES]


def _has_problem(turn: Turn) -> bool:
    return bool(turn.conversation.context.get("problem"))
