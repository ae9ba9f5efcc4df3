"""Make every part of the app once and hand each the parts it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.outside import order_api, relay, vector_store
from app.pushing import Pushing, pushing_channels
from app.recompute import Nightly, rule_files
from app.services import services_of
from app.surveys import meaning, survey_parts, topics
from bot.actions.services import Services
from bot.answerer import BotAnswerer
from bot.page_help import PageHelp
from bot.rasas import Rasas
from bot.speech import Templates
from bot.typed import TypedChoices
from bot.wait_updates import WaitUpdates
from bot.waiting import WaitWords
from channels.file import Files
from channels.website import CHANNEL
from conversation.bus import Bus
from conversation.campaigns.sending import Campaigns
from conversation.cleanup import Cleanup
from conversation.files import FileIntake
from conversation.inbox import Inbox
from conversation.intake import Intake
from conversation.kept_files import KeptFiles
from conversation.most_asked import MostAsked
from conversation.outbox import Outbox
from conversation.paces import SharedPaces
from conversation.pages import PageVisits
from conversation.receipts import Receipts
from conversation.scanning import scanner_of
from conversation.surveying import Surveying
from conversation.transcript import Transcript
from conversation.turn import Turns
from conversation.uploads import HeldFiles, Uploads
from conversation.windows import Windows
from conversation.worker import TurnWorker
from crm.http_orders import HttpOrders
from crm.orders import SqlOrders
from crm.segments.picture import Standings
from crm.segments.rules import load_segment_rules
from crm.surveys.following import FollowUps
from db.engine import Database
from desk.assembly import Desk, open_desk
from desk.cases.shop import Shop
from faq.archive import Archive
from faq.articles import Article
from faq.live import LiveFaq
from privacy.erasure import Erasure
from privacy.export import Exports
from privacy.requests import ErasureRequests
from privacy.retention import Retention, default_days
from privacy.words import PrivacyWords
from selfservice.showcase import Abilities, Showcase
from settings import Settings

if TYPE_CHECKING:
    from conversation.relay import Relay
    from faq.index_postgres import VectorStore


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs, one of each per process."""

    database: Database
    bus: Bus
    relay: "Relay | None"  # to other processes
    transcript: Transcript
    rasa: Rasas
    services: Services
    faq: LiveFaq
    turns: Turns
    turn_worker: TurnWorker
    pushing: Pushing
    kept: KeptFiles
    inbox: Inbox
    intake: Intake
    file_intake: FileIntake
    uploads: Uploads
    windows: Windows
    surveying: Surveying
    follow_ups: FollowUps
    cleanup: Cleanup
    nightly: Nightly
    standings: Standings
    outbox: Outbox
    showcase: Showcase
    pages: PageVisits
    desk: Desk
    wait_updates: WaitUpdates
    paces: SharedPaces
    vectors: "VectorStore | None"  # where the answer index lies outside this process
    order_api: HttpOrders | None
    campaigns: Campaigns
    exports: Exports
    erasures: ErasureRequests
    retention: Retention


def assemble(settings: Settings) -> Parts:
    """Build all parts, in a moment: whoever waits to be accepted waits for this.

    What answers is loaded later (app/answering.py), and no import of it at the head of a module.
    """
    database = Database(settings.database)
    bus = Bus()
    pushing = pushing_channels(settings, database)
    kept = KeptFiles(settings.files_dir)
    wait_words = WaitWords.load()
    vectors = vector_store(settings)
    faq = LiveFaq(
        settings.faq_dir,
        settings.knowledge_dir,
        settings.faq_model,
        Archive(database),
        opener=vectors.open if vectors else None,
    )
    orders = order_api(settings)
    services = services_of(settings, database, faq, orders or SqlOrders(database))
    surveys = survey_parts(settings, services)
    transcript = Transcript(
        database, bus, frozenset(pushing.channels), wait_words.concern, surveys.talk
    )
    rasa = Rasas(
        settings.rasa_urls, settings.rasa_token.get_secret_value(), settings.rasa_timeout_s
    )
    answerer = BotAnswerer(rasa, services, TypedChoices.load(), wait_words, surveys.talk)
    turns = Turns(
        database,
        transcript,
        answerer,
        services.persona.name,
        lease_s=settings.turn_lease_s,
        tries=settings.turn_tries,
        settle_s=pushing.settle_s,
        worker=database.process,
        assistants=settings.assistants,
    )
    inbox = Inbox(database, bus, reorder_s=settings.whatsapp_reorder_s)
    desk = open_desk(
        settings,
        database=database,
        bus=bus,
        transcript=transcript,
        queue=services.queue,
        hours=services.hours,
        shop=Shop(
            orders=services.orders,
            tickets=services.tickets,
            callbacks=services.callbacks,
            customers=services.customers,
            offers=services.offers,
            knowledge=faq,
        ),
        bot_name=services.persona.name,
        topic_of=topics(services),
        alike=meaning(services),
    )
    erasure = Erasure(database, settings.files_dir, bus)
    return Parts(
        database=database,
        bus=bus,
        relay=relay(settings, bus),
        transcript=transcript,
        rasa=rasa,
        services=services,
        faq=faq,
        turns=turns,
        turn_worker=TurnWorker(turns, bus),
        pushing=pushing,
        kept=kept,
        inbox=inbox,
        intake=Intake(inbox, transcript, Receipts(database), pushing.sources, bus),
        file_intake=_file_intake(settings, transcript, inbox, pushing, kept, services.templates),
        uploads=Uploads(
            transcript, kept, bus, scanned=bool(settings.scan_command or settings.scan_url)
        ),
        windows=Windows(database, transcript),
        surveying=surveys.surveying(transcript, bus),
        follow_ups=surveys.follow_ups,
        cleanup=Cleanup(database, settings.files_dir, timedelta(days=settings.files_days)),
        nightly=Nightly(database, settings),
        standings=Standings(database, load_segment_rules(rule_files(settings)), settings.timezone),
        outbox=Outbox(
            database,
            pushing.channels,
            at_once=pushing.at_once,
            with_receipts=pushing.with_receipts,
            kept=kept,
        ),
        showcase=_showcase(settings, database, services, faq),
        pages=PageVisits(
            transcript,
            PageHelp.load(services.templates, _loaded(faq)).offer,
            services.persona.name,
        ),
        desk=desk,
        wait_updates=WaitUpdates(
            transcript,
            services.queue,
            services.templates,
            services.persona.name,
            ZoneInfo(settings.timezone),
            settings.wait_update_s,
        ),
        paces=SharedPaces(
            bus,
            logins_by_address=desk.logins_by_address,
            logins_by_name=desk.logins_by_name,
            codes=desk.agents.codes,
            **pushing.rates,
        ),
        vectors=vectors,
        order_api=orders,
        campaigns=desk.campaigns,
        exports=Exports(database, PrivacyWords.load(settings.timezone), settings.files_dir),
        erasures=ErasureRequests(database, erasure),
        retention=Retention(database, erasure, default_days() | settings.retention_days),
    )


def _showcase(settings: Settings, database: Database, services: Services, faq: LiveFaq) -> Showcase:
    abilities = Abilities(
        settings.media_max_mb,
        settings.message_max_chars,
        speech=settings.speech,
        dictation=bool(settings.dictation_command),
        mail=bool(settings.smtp_host),
    )
    asked = MostAsked(database)
    return Showcase(settings.sites, services.persona, services.hours, asked, faq, abilities)


def _loaded(faq: LiveFaq) -> Callable[[str], Article | None]:
    """Look articles up without waiting for them: nobody who looks at a page is kept waiting."""
    return lambda article_id: faq.article(article_id) if faq.begun else None


def _file_intake(
    settings: Settings,
    transcript: Transcript,
    inbox: Inbox,
    pushing: Pushing,
    kept: KeptFiles,
    templates: Templates,
) -> FileIntake:
    scanner = scanner_of(settings.scan_command, settings.scan_url, settings.scan_timeout_s)
    here: Mapping[str, Files] = {CHANNEL: HeldFiles(kept)} if scanner else {}
    return FileIntake(
        transcript,
        inbox,
        {**pushing.files, **here},
        kept,
        settings.media_max_mb,
        refusal=lambda lang: templates.reply("attachment-unsafe", lang),
        scanner=scanner,
    )
