"""What the actions need of the rest of Sapa; built once by the app and handed to every action."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.actions.conversations import TurnsUnderWay
from bot.cues import Cues
from bot.speech import Persona, Templates
from crm.callbacks import CallBacks
from crm.channel_codes import ChannelCodes
from crm.consent import Consents
from crm.customers import Customers
from crm.hours import ServiceHours
from crm.offers import Offers
from crm.orders import OrderLookup
from crm.tickets import Tickets
from db.engine import Database
from desk.queue import Queue
from faq.engine import FaqEngine
from faq.live import LiveFaq


@dataclass(frozen=True, slots=True)
class Services:
    """Everything actions may call; none of it belongs to one conversation."""

    database: Database
    under_way: TurnsUnderWay
    faq: FaqEngine | LiveFaq  # pinned for each turn, see Turn.begin
    orders: OrderLookup
    tickets: Tickets
    callbacks: CallBacks
    customers: Customers
    channel_codes: ChannelCodes
    consents: Consents
    offers: Offers
    hours: ServiceHours
    queue: Queue
    persona: Persona
    templates: Templates
    escalation: Cues  # why a person must take over
    languages: Cues  # which language is asked for
    nothing: Cues  # that there is no such number
    fields: Cues  # which contact is to be changed
    wishes: Cues  # a person, a note, or out of the form, in plain words
    openings: Cues  # the words around a case that do not tell it
    moods: Cues  # that the customer is angry, also while asking for something
    assistants: Mapping[str, str] = field(default_factory=dict)  # names of their own, by site

    def at(self, site: str) -> "Services":
        """Return the same for a site, where the assistant may have another name."""
        name = self.assistants.get(site)
        return replace(self, templates=self.templates.named(name)) if name else self
