"""All that the console's routes work with, put together once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from channels.pace import Pace
from conversation.bus import Bus, Event
from conversation.campaigns.sending import Campaigns, Quiet
from conversation.failures import Failures
from conversation.kept_files import KeptFiles
from conversation.ownership import Ownership
from conversation.reading import Reading
from conversation.transcript import Transcript
from crm.hours import ServiceHours
from crm.leads import Leads
from crm.offering.words import OfferContent
from db.engine import Database
from desk.access import Access
from desk.agents import Agents
from desk.audit import AuditLog
from desk.cases.office import Cases, open_cases
from desk.cases.shop import Shop
from desk.files import Enclosing
from desk.live import Live
from desk.offer_report import OfferDesk, open_offer_desk
from desk.overview import Overview
from desk.pages import Pages
from desk.people.invitations import Invitations
from desk.people.people import People
from desk.people.presence import Presences
from desk.people.second_factor import SecondFactor
from desk.people.sessions import Sessions
from desk.queue import Queue
from desk.recording import Recording
from desk.routing.notes import Notes
from desk.routing.rehearsal import Rehearsals
from desk.routing.router import Router
from desk.routing.rule_store import RuleStore
from desk.routing.teams import Teams
from desk.screen import Screens
from desk.supervision.contacts import TopicOf
from desk.supervision.insight import Alike, Insight, one_by_one
from desk.words import Sentences, Words
from settings import Settings

CLIENT_ID = r"^[A-Za-z0-9_-]{1,64}$"  # by which a repeat is known


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the console's routes work with."""

    transcript: Transcript
    reading: Reading
    ownership: Ownership
    agents: Agents
    access: Access
    screens: Screens
    overview: Overview
    live: Live
    failures: Failures
    pages: Pages
    words: Words
    sentences: Sentences
    logins_by_address: Pace
    logins_by_name: Pace
    bot_name: str
    assistants: Mapping[str, str]  # its names on sites that have their own
    max_chars: int
    max_body_bytes: int
    kept: KeptFiles
    enclosing: Enclosing
    audit: AuditLog
    recording: Recording
    people: People
    invitations: Invitations
    sessions: Sessions
    second_factor: SecondFactor
    presences: Presences
    cases: Cases
    offers: OfferDesk
    timezone: str
    leads: Leads
    offer_words: OfferContent
    campaigns: Campaigns
    database: Database
    teams: Teams
    rules: RuleStore
    rehearsals: Rehearsals
    router: Router
    notes: Notes
    insight: Insight


def presence_changed(agent_id: str) -> Event:
    """Make the event that has all lists read again; a desk event names a conversation."""
    return {"type": "presence", "conversation": f"agent-{agent_id}"}


def open_desk(
    settings: Settings,
    *,
    database: Database,
    bus: Bus,
    transcript: Transcript,
    queue: Queue,
    hours: ServiceHours,
    shop: Shop,
    bot_name: str,
    topic_of: TopicOf = lambda _: None,
    alike: Alike = one_by_one,
) -> Desk:
    """Put the desk's parts together."""
    words, sentences = Words.load(), Sentences.load()
    agents = Agents(database, settings.console_session_hours)
    ownership = Ownership(database, transcript)
    kept = KeptFiles(settings.files_dir)
    audit = AuditLog(database)
    teams = Teams(database, hours)
    rules = RuleStore(database)
    enclosing = Enclosing(
        transcript, ownership, kept, settings.media_max_mb, settings.message_max_chars
    )
    pages = Pages(words, settings.timezone, enclosing.limits)
    return Desk(
        transcript=transcript,
        reading=Reading(database, transcript),
        ownership=ownership,
        agents=agents,
        access=Access(agents, settings.console_session_hours),
        screens=Screens(database),
        overview=Overview(queue, teams, Reading(database, transcript)),
        live=Live(bus, agents, words),
        failures=Failures(database),
        pages=pages,
        words=words,
        sentences=sentences,
        logins_by_address=Pace(settings.logins_per_minute, 60),
        # Slower than by address, so that a stranger cannot keep somebody out for long.
        logins_by_name=Pace(settings.logins_per_minute * 3, 300),
        bot_name=bot_name,
        assistants=settings.assistants,
        max_chars=settings.message_max_chars,
        max_body_bytes=settings.max_body_bytes,
        kept=kept,
        enclosing=enclosing,
        audit=audit,
        recording=Recording(audit),
        people=People(database),
        invitations=Invitations(database, agents),
        sessions=Sessions(database),
        second_factor=SecondFactor(database),
        presences=Presences(database, lambda agent: bus.publish("desk", presence_changed(agent))),
        offers=open_offer_desk(settings, database),
        cases=open_cases(
            database, bus, hours, ownership, shop, pages, (words, sentences), settings
        ),
        timezone=settings.timezone,
        leads=Leads(database, hours),
        offer_words=OfferContent.load(),
        campaigns=Campaigns(
            database,
            transcript,
            Quiet.read(settings.quiet_hours, ZoneInfo(settings.timezone)),
            settings.campaign_messages_per_minute,
            bot_name,
        ),
        database=database,
        teams=teams,
        rules=rules,
        rehearsals=Rehearsals(database, teams, settings.timezone),
        router=Router(database, bus, teams, rules),
        notes=Notes(database),
        insight=Insight(
            database,
            timezone=settings.timezone,
            target_s=settings.wait_target_s,
            topic_of=topic_of,
            alike=alike,
        ),
    )
