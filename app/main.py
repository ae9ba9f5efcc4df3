"""Build the app from its settings; nothing happens at import.

`create_app` is the one place that knows all parts. The line of a message through them:
channels/website.py -> conversation/transcript.py -> conversation/turn.py -> bot/answerer.py
-> Rasa -> bot/actions -> back through conversation/turn.py to the visitor's socket.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.responses import Response

from app.answering import answer
from app.assembly import Parts, assemble
from app.background import at_work
from app.company import in_company
from app.direct import Direct, Take
from app.errors import add_error_handlers
from app.leaving import Leaving
from app.logs import configure_logs
from app.pages import add_pages
from app.servers import add_servers
from bot.actions.handoff import wait_data
from channels.pace import Pace
from channels.visitor import SiteAccess, Visitors
from channels.website import DirectMessages, Website, website_router
from channels.website_files import Receiving, files_router
from channels.website_record import Record, record_router
from channels.website_sites import sites_router
from channels.website_socket import socket_router
from channels.website_visit import visit_router
from channels.website_voice import VoiceAccess, voice_router
from conversation.visits import Visits
from desk.console import console_router
from desk.demo import refuse_demo_agent
from desk.leads import remind_of_calls
from desk.queue import Queue
from privacy.jobs import keep_promises
from privacy.words import PrivacyWords
from selfservice.account import Accounts, Rights
from selfservice.help import Help, help_router
from selfservice.lookups import Lookups, lookup_router
from selfservice.mail import Mailer, MailServer
from selfservice.pages import HelpPages
from selfservice.record import ConversationRecords
from selfservice.sitemap import sitemap_router
from selfservice.voice import ServerVoice
from settings import Settings, load_settings

log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Assemble the app; what answers is loaded once it serves. Raises UnsafeSettings."""
    settings = settings or load_settings()
    settings.require_for_serving()
    configure_logs(settings)
    parts, leaving = assemble(settings), Leaving()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with _running(parts, leaving, demo=settings.demo):
            yield

    app = FastAPI(
        title="Sapa",
        summary="A shop's self-service agent: web API for the chat widget, and the CSR console.",
        version="0.1.0",
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would go wherever the Host header says
        telemetry={"tracing": False, "metrics": False, "logs": False},  # asked about per request
    )
    app.state.leaving, app.state.bus = leaving, parts.bus
    app.state.knowledge = parts.services.faq
    website = _website(settings, parts)
    direct = {"/api/web/messages": (DirectMessages(website).take, settings.max_body_bytes)}
    add_error_handlers(app)
    _add_website(app, settings, parts, website)
    servers = add_servers(app, settings, parts)
    app.include_router(console_router(parts.desk))
    _add_help(app, settings, parts, website.visitors)
    _add_health(app, parts, leaving)
    add_pages(app)
    _add_middleware(app, settings, {**servers, **direct})
    return app


def _add_website(app: FastAPI, settings: Settings, parts: Parts, website: Website) -> None:
    app.include_router(website_router(website, max_body_bytes=settings.max_body_bytes))
    app.include_router(socket_router(website))
    app.include_router(sites_router(website.visitors, parts.showcase))
    app.include_router(visit_router(website, parts.pages))
    uploads = Pace(settings.uploads_per_minute, 60)
    receiving = Receiving(parts.uploads, uploads, settings.media_max_mb)
    app.include_router(files_router(website, receiving))
    app.include_router(record_router(website, _record(settings, parts)))
    app.include_router(voice_router(website, _voice(settings)))


@asynccontextmanager
async def _running(parts: Parts, leaving: Leaving, *, demo: bool) -> AsyncIterator[None]:
    """Keep the workers going while the app serves."""
    await refuse_demo_agent(parts.database, demo=demo)
    try:
        async with in_company(parts), at_work(_jobs(parts, leaving)):
            yield
    finally:
        await parts.rasa.close()
        await parts.pushing.close()
        if parts.order_api:
            await parts.order_api.close()
        if parts.vectors:
            await asyncio.to_thread(parts.vectors.close)
        await parts.database.close()


def _jobs(parts: Parts, leaving: Leaving) -> tuple[Coroutine[Any, Any, None], ...]:
    """Name what runs beside the requests; at the end, what is under way is finished."""
    return (
        parts.rasa.run(),
        answer(parts, leaving),
        parts.outbox.run(parts.bus),
        parts.intake.run(),
        parts.file_intake.run(),
        parts.windows.run(),
        parts.surveying.run(),
        parts.follow_ups.run(),
        parts.cleanup.run(),
        parts.campaigns.run(),
        remind_of_calls(parts.desk.leads, parts.bus),
        keep_promises(parts.erasures, parts.retention),
        parts.desk.cases.watch.run(),
        parts.paces.run(),
        parts.desk.router.run(),
        parts.wait_updates.run(),
        parts.nightly.run(),
        *(feed(parts.inbox) for feed in parts.pushing.feeds),
    )


def _add_middleware(
    app: FastAPI, settings: Settings, direct: Mapping[str, tuple[Take, int]]
) -> None:
    """Wrap the routes, from the inside: counted, then past by what comes often, then CORS."""
    Instrumentator(excluded_handlers=["/metrics", "/healthz"]).instrument(app).expose(
        app, include_in_schema=False
    )
    app.add_middleware(Direct, takes=direct)  # counts for itself
    origins = {origin for site in settings.sites.values() for origin in site.origins}
    app.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept-Language"],
        expose_headers=["Retry-After"],
    )


def _website(settings: Settings, parts: Parts) -> Website:
    sites = {
        key: SiteAccess(
            tuple(site.origins),
            site.identity_secret.get_secret_value() if site.identity_secret else None,
        )
        for key, site in settings.sites.items()
    }
    return Website(
        visitors=Visitors(settings.secret_key.get_secret_value(), settings.session_days, sites),
        conversations=Visits(
            parts.database,
            parts.transcript,
            parts.bus,
            parts.services.persona.name,
            parts.kept,
            settings.assistants,
            _place_in(parts.services.queue),
        ),
        greeter=parts.showcase,
        messages_pace=Pace(settings.messages_per_10s, 10),
        sessions_pace=Pace(settings.sessions_per_minute, 60),
        max_chars=settings.message_max_chars,
    )


def _place_in(queue: Queue) -> Callable[[str], Awaitable[Mapping[str, Any]]]:
    async def place(conversation_id: str) -> Mapping[str, Any]:
        return wait_data(await queue.expected(conversation_id))

    return place


def _record(settings: Settings, parts: Parts) -> Record:
    mailer = None
    if settings.smtp_host:
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            sender=settings.smtp_from,
        )
        mailer = Mailer(server)
    shops = {key: site.name for key, site in settings.sites.items()}
    records = ConversationRecords(
        parts.transcript, parts.erasures, shops, settings.timezone, mailer
    )
    return Record(records, Pace(settings.mails_per_hour, 3600), Pace(10, 60))


def _voice(settings: Settings) -> VoiceAccess:
    voice = ServerVoice(
        speaks=settings.speech,
        command=settings.dictation_command,
        timeout_s=settings.dictation_timeout_s,
    )
    return VoiceAccess(voice, Pace(settings.voice_per_minute, 60))


def _add_help(app: FastAPI, settings: Settings, parts: Parts, visitors: Visitors) -> None:
    services = parts.services
    site = next(iter(settings.sites))
    pages = HelpPages.load(services.persona.name, site, settings.public_url)
    lookups = Lookups(pages, services.orders, services.tickets, services.templates, services.hours)
    searches = Pace(settings.help_searches_per_minute, 60)
    rights = Rights(
        services.customers,
        services.consents,
        parts.exports,
        parts.erasures,
        PrivacyWords.load(settings.timezone),
    )
    accounts = Accounts(pages, rights, settings.secret_key.get_secret_value())
    # First: /help/id/order is no article.
    app.include_router(lookup_router(lookups, visitors, accounts))
    app.include_router(
        sitemap_router(services.faq, settings.public_url),
        dependencies=[Depends(parts.faq.wait_until_begun)],
    )
    app.include_router(
        help_router(Help(services.faq, pages, searches)),
        dependencies=[Depends(parts.faq.wait_until_begun)],
    )


def _add_health(app: FastAPI, parts: Parts, leaving: Leaving) -> None:
    @app.get("/healthz", tags=["health"])
    async def alive() -> Response:
        """The process runs."""
        return Response("ok", media_type="text/plain")

    @app.get("/readyz", tags=["health"])
    async def ready() -> JSONResponse:
        """Whether messages can be accepted (200) or not (503), and how the parts stand.

        Without Rasa questions are still answered, and while the answers are loaded messages wait,
        so neither makes the app unready.
        """
        store = "up"
        try:
            async with asyncio.timeout(2):
                await parts.database.check()
        except Exception:  # noqa: BLE001 - whatever it is, the store is not there
            store = "down"
        rasa = "up" if await parts.rasa.ready() else "down"
        answers = "up" if parts.faq.begun else "loading"
        state = {"store": store, "answers": answers, "rasa": rasa}
        if parts.relay:
            state["redis"] = "up" if parts.relay.up else "down"
        if leaving.begun:
            state["leaving"] = "yes"
        return JSONResponse(state, status_code=200 if store == "up" and not leaving.begun else 503)
