"""The parts that work on cases, put together once per process."""

from dataclasses import dataclass

from conversation.bus import Bus
from conversation.ownership import Ownership
from crm.hours import ServiceHours
from crm.ticket_kinds import TicketKinds
from crm.ticketing.work import TicketWork
from db.engine import Database
from desk.cases.detail import TicketPages
from desk.cases.listing import TicketLists
from desk.cases.telling import TicketTelling
from desk.cases.watch import TicketWatch
from desk.words import Sentences


@dataclass(frozen=True, slots=True)
class Cases:
    """What the routes of tickets work with."""

    kinds: TicketKinds
    work: TicketWork
    lists: TicketLists
    tickets: TicketPages
    telling: TicketTelling
    watch: TicketWatch


def open_cases(
    database: Database, bus: Bus, hours: ServiceHours, ownership: Ownership, sentences: Sentences
) -> Cases:
    """Put the parts together."""
    kinds = TicketKinds.load()
    tickets = TicketPages(database, hours, kinds)
    work = TicketWork(database, hours, kinds)
    return Cases(
        kinds=kinds,
        work=work,
        lists=TicketLists(database),
        tickets=tickets,
        telling=TicketTelling(tickets, ownership, sentences),
        watch=TicketWatch(work, bus),
    )
