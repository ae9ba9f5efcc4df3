"""The real services over a small shop, at a fixed hour in which people answer."""

from collections.abc import Callable

import pytest

from bot.actions.conversations import TurnsUnderWay
from bot.actions.services import Services
from bot.cues import Cues
from bot.speech import Templates, load_persona
from channels.message import Lang
from crm.callbacks import CallBacks
from crm.channel_codes import ChannelCodes
from crm.consent import Consents
from crm.customers import Customers
from crm.hours import ServiceHours
from crm.offers import Offers
from crm.orders import OrderLookup, SqlOrders
from crm.proofs import Lockout
from crm.recommending.store import learn_all
from crm.ticket_kinds import TicketKinds
from crm.tickets import Tickets
from db.engine import Database
from desk.queue import Queue
from faq.engine import FaqEngine
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import at_noon, fill


@pytest.fixture(scope="session")
def faq(shop_faq: FaqEngine) -> FaqEngine:
    return shop_faq


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates.load()


@pytest.fixture
async def services(sqlite_database: Database, faq: FaqEngine, templates: Templates) -> Services:
    await fill(sqlite_database)
    await learn_all(sqlite_database, at_noon)
    hours = ServiceHours.load()
    lockout = Lockout(sqlite_database, clock=at_noon)
    return Services(
        database=sqlite_database,
        under_way=TurnsUnderWay(sqlite_database),
        faq=faq,
        orders=OrderLookup(SqlOrders(sqlite_database, at_noon), lockout),
        tickets=Tickets(sqlite_database, hours, TicketKinds.load(), lockout, at_noon),
        callbacks=CallBacks(sqlite_database, hours, at_noon),
        customers=Customers(sqlite_database, lockout, at_noon),
        channel_codes=ChannelCodes(sqlite_database, lockout, at_noon),
        consents=Consents(sqlite_database, at_noon),
        offers=Offers(sqlite_database, clock=at_noon),
        hours=hours,
        queue=Queue(sqlite_database, hours, at_noon),
        persona=load_persona(),
        templates=templates,
        escalation=Cues.load("escalation"),
        languages=Cues.load("languages"),
        nothing=Cues.load("nothing"),
        fields=Cues.load("fields"),
        wishes=Cues.load("wishes"),
        openings=Cues.load("openings"),
        moods=Cues.load("moods"),
    )


@pytest.fixture
def talk(services: Services) -> Rehearsal:
    return Rehearsal(services)


@pytest.fixture
def talk_in(services: Services) -> Callable[[Lang], Rehearsal]:
    return lambda lang: Rehearsal(services, lang)
