"""What the bot's actions work with."""

from app.recompute import rule_files
from bot.actions.conversations import TurnsUnderWay
from bot.actions.services import Services
from bot.cues import Cues
from bot.speech import Templates, load_persona
from crm.callbacks import CallBacks
from crm.channel_codes import ChannelCodes
from crm.consent import Consents
from crm.customers import Customers
from crm.hours import ServiceHours
from crm.offering.learning import Learner
from crm.offering.rules import load_offer_rules
from crm.offering.words import OfferContent
from crm.offers import Offers
from crm.orders import OrderLookup, OrderSource
from crm.proofs import Lockout
from crm.ticket_kinds import TicketKinds
from crm.tickets import Tickets
from db.engine import Database
from desk.queue import Queue
from faq.live import LiveFaq
from settings import Settings


def services_of(
    settings: Settings, database: Database, faq: LiveFaq, orders: OrderSource
) -> Services:
    """Build them, orders from `orders`."""
    hours = ServiceHours.load(settings.timezone, settings.hours_file)
    lockout = Lockout(database, settings.proof_tries_per_hour)
    persona = load_persona()
    return Services(
        database=database,
        under_way=TurnsUnderWay(database),
        faq=faq,
        orders=OrderLookup(orders, lockout),
        tickets=Tickets(database, hours, TicketKinds.load(), lockout),
        callbacks=CallBacks(database, hours),
        customers=Customers(database, lockout),
        channel_codes=ChannelCodes(database, lockout),
        consents=Consents(database),
        offers=_offers(settings, database),
        hours=hours,
        queue=Queue(database, hours),
        persona=persona,
        templates=Templates.load(persona=persona),
        escalation=Cues.load("escalation"),
        languages=Cues.load("languages"),
        nothing=Cues.load("nothing"),
        fields=Cues.load("fields"),
        wishes=Cues.load("wishes"),
        openings=Cues.load("openings"),
        moods=Cues.load("moods"),
        assistants=settings.assistants,
    )


def _offers(settings: Settings, database: Database) -> Offers:
    files = rule_files(settings)
    rules = load_offer_rules(files)
    learner = Learner(database, rules) if settings.offer_learning else None
    return Offers(
        database, OfferContent.load(files), rules, weigh=learner.weigh if learner else None
    )
