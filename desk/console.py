"""The console's routes: pages for people, and the same as JSON for programs.

Everything that changes something is JSON under /api/console; the pages under /console only show.
"""

from fastapi import APIRouter, Depends

from desk.assembly import CLIENT_ID, Desk
from desk.audit_routes import add_audit
from desk.campaigns import add_campaigns
from desk.cases.act_routes import add_case_acts, add_case_pages
from desk.cases.ticket_acts import add_ticket_acts
from desk.cases.ticket_routes import add_ticket_pages, add_ticket_reading
from desk.failures import add_failures
from desk.files import add_enclosing, add_files
from desk.leads import add_leads
from desk.offer_report import add_offers
from desk.people.account_routes import add_account, add_invited
from desk.people.people_routes import add_people
from desk.reading_routes import add_pages, add_reading
from desk.refusal import refusing_route
from desk.routing.colleague_routes import add_colleagues
from desk.routing.rule_routes import add_rules
from desk.routing.team_routes import add_teams
from desk.session_routes import add_doors, add_session
from desk.supervision.routes import add_supervision
from desk.talk_routes import add_ownership, add_talking


def console_router(desk: Desk) -> APIRouter:
    """Build all routes of the console."""
    route = refusing_route(desk.words, desk.pages, desk.recording)
    from_here = Depends(desk.access.from_here)
    behind_login = [
        from_here,
        Depends(desk.access.signed_in),
        Depends(desk.recording.begin),
    ]
    largest = desk.max_body_bytes
    doors = APIRouter(route_class=route, dependencies=[from_here], max_body_size=largest)
    add_doors(doors, desk)
    inside = APIRouter(route_class=route, dependencies=behind_login, max_body_size=largest)
    add_session(inside, desk)
    add_pages(inside, desk)
    add_reading(inside, desk)
    add_ownership(inside, desk)
    add_talking(inside, desk)
    add_files(inside, desk.screens, desk.transcript, desk.kept)
    add_failures(inside, desk.failures, desk.pages)
    add_invited(doors, desk)
    add_account(inside, desk)
    add_people(inside, desk)
    add_audit(inside, desk)
    add_offers(inside, desk.offers, desk.pages)
    add_ticket_pages(inside, desk.cases, desk.pages)
    add_ticket_reading(inside, desk.cases, desk.words, desk.timezone)
    add_ticket_acts(inside, desk.cases)
    add_colleagues(inside, desk)
    add_teams(inside, desk)
    add_rules(inside, desk)
    add_supervision(inside, desk)
    add_leads(inside, desk.leads, desk.offer_words, desk.pages)
    add_campaigns(inside, desk.campaigns, desk.database, desk.pages)
    add_case_acts(inside, desk.cases)
    add_case_pages(inside, desk.cases, desk.screens, desk.pages)
    posting = APIRouter(
        route_class=route,
        dependencies=behind_login,
        max_body_size=desk.enclosing.largest + largest,
    )
    add_enclosing(posting, desk.enclosing, CLIENT_ID)
    router = APIRouter()
    router.include_router(doors, tags=["console"])
    router.include_router(inside, tags=["console"])
    router.include_router(posting, tags=["console"])
    return router
