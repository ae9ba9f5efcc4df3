"""Tickets to look at: the board, the list, one ticket, and all of them as CSV."""

import io
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from channels.message import Lang
from conversation.view import rfc3339
from desk.access import Language, Me
from desk.cases.listing import ListPage, TicketLook, Wanted
from desk.cases.office import Cases
from desk.cases.telling import card
from desk.pages import Pages
from desk.words import Words
from spreadsheets.writing import ENCODING, write_records

_SHORT = Query(max_length=40)
_COLUMNS = (
    "number",
    "status",
    "priority",
    "category",
    "customer",
    "contact",
    "order",
    "agent",
    "created",
    "answer_by",
    "answered",
    "solve_by",
    "ended",
    "late",
    "description",
)


def _wanted(
    status: Annotated[str, _SHORT] = "",
    priority: Annotated[str, _SHORT] = "",
    category: Annotated[str, _SHORT] = "",
    agent: Annotated[str, _SHORT] = "",
    clock: Annotated[str, _SHORT] = "",
    text: Annotated[str, Query(max_length=200)] = "",
) -> Wanted:
    return Wanted(status, priority, category, agent, clock, text.replace("\x00", "").strip())


Sought = Annotated[Wanted, Depends(_wanted)]
Number = Annotated[int, Query(ge=1, le=100_000)]


def add_ticket_pages(router: APIRouter, cases: Cases, pages: Pages) -> None:
    """Add the pages; the address of one keeps what is looked for, so that it can be sent on."""

    @router.get("/console/tickets", response_class=HTMLResponse)
    async def board(agent: Me, lang: Language, wanted: Sought) -> HTMLResponse:
        """The board: a column for each state."""
        columns = await cases.lists.board(agent, wanted)
        return pages.page(
            "tickets_board.html",
            lang,
            agent=agent,
            columns=columns,
            wanted=wanted,
            kinds=cases.kinds,
            pressing=await cases.lists.pressing(agent),
        )

    @router.get("/console/tickets/list", response_class=HTMLResponse)
    async def listed(agent: Me, lang: Language, wanted: Sought, page: Number = 1) -> HTMLResponse:
        """The list, a page at a time."""
        return pages.page(
            "tickets_list.html",
            lang,
            agent=agent,
            found=await cases.lists.page(agent, wanted, page),
            wanted=wanted,
            kinds=cases.kinds,
            pressing=await cases.lists.pressing(agent),
        )

    @router.get("/console/tickets/pressing", response_class=HTMLResponse)
    async def pressing(agent: Me, lang: Language) -> HTMLResponse:
        """How many are late or nearly so, for the bar."""
        counts = await cases.lists.pressing(agent)
        return pages.page("tickets_pressing.html", lang, pressing=counts)

    @router.get("/console/tickets/{number}", response_class=HTMLResponse)
    async def ticket(number: str, agent: Me, lang: Language) -> HTMLResponse:
        """One ticket with its course."""
        found = await cases.tickets.open(number, agent)
        return pages.page("ticket.html", lang, agent=agent, ticket=found, kinds=cases.kinds)


def add_ticket_reading(router: APIRouter, cases: Cases, words: Words, timezone: str) -> None:
    """Add what programs and spreadsheets read."""
    zone = ZoneInfo(timezone)

    @router.get("/api/console/tickets")
    async def listed(agent: Me, wanted: Sought, page: Number = 1) -> dict[str, Any]:
        """A page of the list."""
        return _json(await cases.lists.page(agent, wanted, page))

    @router.get("/api/console/tickets.csv")
    async def exported(agent: Me, lang: Language, wanted: Sought) -> Response:
        """All that match; nothing in it is a formula to a spreadsheet."""
        looks = await cases.lists.exported(agent, wanted)
        stream = io.StringIO(newline="")
        heading = [words.say(f"tickets.csv.{name}", lang) for name in _COLUMNS]
        write_records(stream, [heading, *(_record(look, cases, zone, lang) for look in looks)])
        return Response(
            stream.getvalue().encode(ENCODING),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="tickets.csv"',
                "Cache-Control": "no-store",
            },
        )


def _json(found: ListPage) -> dict[str, Any]:
    return {
        "tickets": [
            {
                **card(look.row),
                "customer": look.customer_name,
                "agent": look.agent_name,
                "late": look.late,
                "near": look.near,
                "next_due": rfc3339(look.next_due) if look.next_due else None,
                "updated_at": rfc3339(look.row.updated_at),
            }
            for look in found.looks
        ],
        "total": found.total,
        "page": found.number,
        "pages": found.last,
    }


def _record(look: TicketLook, cases: Cases, zone: ZoneInfo, lang: Lang) -> list[object]:
    row = look.row
    moments = (row.created_at, row.due_at, row.first_response_at, row.solve_by, row.ended_at)
    told = [at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else "" for at in moments]
    return [
        row.number,
        cases.kinds.status_name(row.status, lang),
        cases.kinds.priority_name(row.priority, lang),
        row.category,
        look.customer_name or "",
        row.contact,
        row.order_number or "",
        look.agent_name or "",
        *told,
        "1" if look.late else "",
        row.description,
    ]
