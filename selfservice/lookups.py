"""An order, a ticket or an account by a number and a proof, on a page: the chat's rules."""

import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.order_words import event_words, status_words
from bot.speech import Templates
from channels.message import Lang
from channels.text import clean
from channels.visitor import Visitors
from crm.hours import ServiceHours
from crm.orders import OrderLookup, OrderSourceDown
from crm.proofs import Attempt, LookupLocked, NotProven
from crm.ticket_kinds import TicketKinds
from crm.tickets import Tickets
from selfservice.account import Accounts
from selfservice.pages import HelpPages, moment

Subject = Literal["order", "ticket"]

_COOKIE = "sapa_help"
_COOKIE_S = 24 * 3600  # longer than any lock
_LARGEST_FORM = 4_000
_LONGEST_FIELD = 200
_LONGEST_KEY = 2_000
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form said, and from where."""

    number: str
    proof: str
    attempt: Attempt


class Lookups:
    """The two forms and what they show."""

    def __init__(
        self,
        pages: HelpPages,
        orders: OrderLookup,
        tickets: Tickets,
        templates: Templates,
        hours: ServiceHours,
    ) -> None:
        """The words for statuses and events are the bot's `templates`."""
        self._pages = pages
        self._orders = orders
        self._tickets = tickets
        self._templates = templates
        self._hours = hours
        self._kinds = TicketKinds.load()

    def form(
        self,
        subject: Subject,
        lang: Lang,
        *,
        number: str = "",
        fault: str = "",
        status: int = 200,
        **slots: object,
    ) -> Response:
        """Show the form, again with what was wrong."""
        return self._pages.page(
            "lookup.html", lang, place=f"/{subject}", status=status,
            headers=_PRIVATE if fault else {},
            subject=subject, number=number, fault=fault, slots=slots,
        )  # fmt: skip

    async def show(self, subject: Subject, lang: Lang, asked: Asked) -> Response:
        """Show what belongs to the number, if the proof is right."""
        if not asked.number or not asked.proof:
            return self.form(subject, lang, number=asked.number, fault="empty", status=422)
        try:
            if subject == "order":
                return await self._order(lang, asked)
            return await self._ticket(lang, asked)
        except NotProven:
            return self.form(subject, lang, number=asked.number, fault="wrong", status=404)
        except LookupLocked as lock:
            until = moment(lock.until, lang, self._hours.zone)
            fault = "digits" if lock.digits_only else "locked"
            number = asked.number if lock.digits_only else ""
            return self.form(subject, lang, number=number, fault=fault, status=429, until=until)
        except OrderSourceDown:
            return self.form(subject, lang, number=asked.number, fault="down", status=503)

    async def _order(self, lang: Lang, asked: Asked) -> Response:
        order = await self._orders.find(asked.attempt, asked.number, asked.proof)
        events = [
            (
                moment(event.at, lang, self._hours.zone),
                event_words(self._templates, event.code, event.city, lang),
            )
            for event in reversed(order.events)
        ]
        eta = moment(order.eta, lang, self._hours.zone, clock=False) if order.eta else ""
        return self._pages.page(
            "order.html", lang, place="/order", headers=_PRIVATE,
            order=order, status_words=status_words(self._templates, order.status, lang),
            events=events, eta=eta, waiting=order.is_open,
        )  # fmt: skip

    async def _ticket(self, lang: Lang, asked: Asked) -> Response:
        ticket = await self._tickets.status(asked.attempt, asked.number, asked.proof)
        return self._pages.page(
            "ticket.html", lang, place="/ticket", headers=_PRIVATE, ticket=ticket,
            category=self._kinds.name(ticket.category, lang),
            status_words=self._kinds.status_name(ticket.status, lang),
            due=moment(ticket.due_at, lang, self._hours.zone),
        )  # fmt: skip


def lookup_router(
    lookups: Lookups, visitors: Visitors, accounts: Accounts | None = None
) -> APIRouter:
    """Build the routes; add them before those of the articles."""
    router = APIRouter(prefix="/help", include_in_schema=False, max_body_size=_LARGEST_FORM)

    def add(subject: Subject) -> None:
        @router.get(f"/{{lang}}/{subject}")
        async def ask(lang: Lang) -> Response:
            return lookups.form(subject, lang)

        @router.post(f"/{{lang}}/{subject}")
        async def show(lang: Lang, request: Request) -> Response:
            attempt, visitor = _attempt(request, visitors)
            fields = _fields(await request.body())
            asked = Asked(fields["number"], fields["proof"], attempt)
            return _remembered(request, visitor, await lookups.show(subject, lang, asked))

    add("order")
    add("ticket")
    if accounts is not None:
        _add_account(router, accounts, visitors)
    return router


def _add_account(router: APIRouter, accounts: Accounts, visitors: Visitors) -> None:
    @router.get("/{lang}/account")
    async def ask(lang: Lang) -> Response:
        return accounts.form(lang)

    @router.post("/{lang}/account")
    async def show(lang: Lang, request: Request) -> Response:
        attempt, visitor = _attempt(request, visitors)
        fields = _fields(await request.body())
        if fields.get("key"):
            return await accounts.act(lang, fields, attempt.conversation_id)
        found = await accounts.open(lang, fields["number"], fields["proof"], attempt)
        return _remembered(request, visitor, found)


def _attempt(request: Request, visitors: Visitors) -> tuple[Attempt, str]:
    """Say who tries, and what to remember them by."""
    visitor = request.cookies.get(_COOKIE, "")[:64] or secrets.token_hex(16)
    address = request.client.host if request.client else ""
    # The prefix, because what a conversation has opened itself it may see without a proof.
    return Attempt(f"help {visitor}", uuid4().hex, visitors.network(address)), visitor


def _remembered(request: Request, visitor: str, response: Response) -> Response:
    response.set_cookie(
        _COOKIE, visitor, max_age=_COOKIE_S, path="/help", httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


def _fields(body: bytes) -> dict[str, str]:
    """Read a form as browsers send it; number and proof are empty in what is none."""
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        found = {}
    longest = {"key": _LONGEST_KEY}
    fields = {
        name: clean(values[0])[: longest.get(name, _LONGEST_FIELD)]
        for name, values in found.items()
    }
    return {"number": "", "proof": "", **fields}
