"""The parts that work on cases, put together once per process."""

from dataclasses import dataclass

from conversation.bus import Bus
from conversation.ownership import Ownership
from crm.hours import ServiceHours
from crm.ticket_kinds import TicketKinds
from crm.ticketing.work import TicketWork
from db.engine import Database
from desk.cases.acts import Acts
from desk.cases.canned import CannedReplies
from desk.cases.detail import TicketPages
from desk.cases.listing import TicketLists
from desk.cases.pop import Pops
from desk.cases.scripts import Scripts
from desk.cases.shop import Shop
from desk.cases.steps import Lines
from desk.cases.suggesting import Suggesting
from desk.cases.telling import TicketTelling
from desk.cases.watch import TicketWatch
from desk.pages import Pages
from desk.words import Sentences, Words
from settings import Settings


@dataclass(frozen=True, slots=True)
class Cases:
    """What the routes of tickets work with."""

    kinds: TicketKinds
    work: TicketWork
    lists: TicketLists
    tickets: TicketPages
    telling: TicketTelling
    watch: TicketWatch
    pops: Pops
    acts: Acts
    suggesting: Suggesting


def open_cases(
    database: Database,
    bus: Bus,
    hours: ServiceHours,
    ownership: Ownership,
    shop: Shop,
    pages: Pages,
    texts: tuple[Words, Sentences],
    settings: Settings,
) -> Cases:
    """Put the parts together. Raises BadRules for scripts that were never right."""
    words, sentences = texts
    kinds = TicketKinds.load()
    tickets = TicketPages(database, hours, kinds)
    work = TicketWork(database, hours, kinds)
    kept = settings.data_dir / "rules"
    lines = Lines(words, settings.timezone)
    return Cases(
        kinds=kinds,
        work=work,
        lists=TicketLists(database),
        tickets=tickets,
        telling=TicketTelling(tickets, ownership, sentences),
        watch=TicketWatch(work, bus),
        pops=Pops(
            database,
            shop,
            Scripts(settings.scripts_dir, kept / "scripts"),
            CannedReplies(settings.canned_file, kept),
            lines,
        ),
        acts=Acts(database, shop, work, ownership, sentences, pages, settings.timezone),
        suggesting=Suggesting(database, shop.knowledge),
    )
