"""A site as its widget shows it, over real conversations, hours and articles."""

from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from app.errors import add_error_handlers
from bot.speech import load_persona
from channels.visitor import SiteAccess, Visitors
from channels.website_sites import sites_router
from conversation.most_asked import MostAsked
from conversation.tables import AnswerRating, Conversation, Message
from crm.hours import ServiceHours
from db.base import new_id
from db.engine import Database
from faq.engine import FaqEngine
from faq.live import LiveFaq
from selfservice.showcase import Abilities, Showcase
from site_settings import Site

STARTERS = {
    "id": ["Lacak pesanan", "Promo hari ini", "Lapor masalah", "Bicara dengan petugas"],
    "en": ["Track an order", "Today's deal", "Report a problem", "Talk to a person"],
}
OWN = Site(
    name="Butik Dita",
    origins=["https://dita.example.com"],
    assistant="Dita",
    theme={"accent": "#8a1c3b"},
    position="left",
    pictures={"neutral": "/dita.png", "happy": "https://cdn.example.com/happy.png"},
    suggestions={"id": ["Ada ukuran besar?"], "en": ["Do you have large sizes?"]},
    link_hosts=["www.jne.co.id"],
)


class _Begun:
    """The engine as the running app has it once it is loaded."""

    def __init__(self, engine: FaqEngine, *, begun: bool = True) -> None:
        self.begun = begun
        self.article = engine.article


def showcase(
    database: Database, knowledge: FaqEngine, *, begun: bool = True, **sites: Site
) -> Showcase:
    return Showcase(
        {"shop": Site(name="Toko Laras", origins=["https://shop.example.com"]), **sites},
        load_persona(),
        ServiceHours.load(),
        MostAsked(database),
        cast("LiveFaq", _Begun(knowledge, begun=begun)),
        Abilities(16, 4096),
    )


async def answered(database: Database, article: str, times: int, site: str = "shop") -> None:
    """Let `times` visitors be answered with an article, the first of them twice."""
    async with database.write() as session:
        for n in range(times):
            conversation = Conversation(id=new_id(), channel="website", address=new_id(), site=site)
            session.add(conversation)
            await session.flush()
            for seq in range(1, 3 if n == 0 else 2):
                session.add(
                    Message(
                        conversation_id=conversation.id, seq=seq, author="bot", text="…",
                        lang="id", kind="answer", data={"article": article},
                    )
                )  # fmt: skip


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_what_is_asked_most_is_suggested_first_in_the_visitors_language(
    database: Database, knowledge: FaqEngine, lang: Any
) -> None:
    await answered(database, "returns-window", 3)
    await answered(database, "shipping-cost", 5)
    await answered(database, "payment-methods", 2)  # too few to be anybody's
    await answered(database, "ordering-number", 9, site="other")

    found = (await showcase(database, knowledge).shown("shop", lang))["suggestions"]

    texts = [knowledge.article(one).texts[lang] for one in ("shipping-cost", "returns-window")]  # type: ignore[union-attr]
    assert found == [*(one.questions[0] for one in texts), *STARTERS[lang][:2]]


async def test_what_did_not_help_and_what_is_no_longer_written_is_not_suggested(
    database: Database, knowledge: FaqEngine
) -> None:
    await answered(database, "returns-window", 4)
    await answered(database, "no-longer-there", 4)
    async with database.write() as session:
        for turn in ("a", "b"):
            session.add(
                AnswerRating(turn_id=turn, conversation_id="c", article="returns-window",
                             version="1", helped=False)
            )  # fmt: skip

    found = (await showcase(database, knowledge).shown("shop", "id"))["suggestions"]

    assert found == STARTERS["id"]


async def test_while_the_answers_are_loaded_nobody_waits_for_suggestions(
    sqlite_database: Database, knowledge: FaqEngine
) -> None:
    await answered(sqlite_database, "returns-window", 4)

    found = await showcase(sqlite_database, knowledge, begun=False).shown("shop", "en")

    assert found["suggestions"] == STARTERS["en"]


async def test_a_site_looks_and_speaks_as_its_settings_say(
    sqlite_database: Database, knowledge: FaqEngine
) -> None:
    shown = await showcase(sqlite_database, knowledge, own=OWN).shown("own", "id")

    assert shown["theme"] == {"accent": "#8a1c3b", "on_accent": "#ffffff"}
    assert shown["position"] == "left"
    assert shown["persona"]["name"] == "Dita"
    assert shown["persona"]["greeting"].startswith("Hai Kak, aku Dita")
    assert shown["persona"]["avatar"] == "/dita.png"
    assert set(shown["persona"]["pictures"]) == {"neutral", "happy"}
    assert shown["suggestions"] == ["Ada ukuran besar?"]
    assert shown["link_hosts"] == ["dita.example.com", "www.jne.co.id"]


async def test_a_site_may_have_hours_of_its_own(
    sqlite_database: Database, knowledge: FaqEngine, tmp_path: Path
) -> None:
    always = tmp_path / "always.yml"
    always.write_text('daily: {open: "00:00", close: "24:00"}')
    site = Site(name="Toko", hours_file=always)

    shown = await showcase(sqlite_database, knowledge, own=site).shown("own", "id")

    assert shown["hours"]["open"] is True
    assert shown["hours"]["until"].endswith("Z")


async def test_a_site_is_shown_to_its_own_pages_only(
    sqlite_database: Database, knowledge: FaqEngine
) -> None:
    app = FastAPI()
    add_error_handlers(app)
    access = {"shop": SiteAccess(("https://shop.example.com",), None)}
    shown = showcase(sqlite_database, knowledge)
    app.include_router(sites_router(Visitors("s" * 32, 1, access), shown))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    here = await http.get(
        "/api/web/sites/shop?lang=en", headers={"Origin": access["shop"].origins[0]}
    )
    foreign = await http.get("/api/web/sites/shop", headers={"Origin": "https://evil.example.com"})
    unknown = await http.get("/api/web/sites/nothing")
    strange = await http.get("/api/web/sites/shop?lang=fr")

    assert (here.status_code, here.json()["key"], here.json()["help"]) == (200, "shop", "/help/en")
    assert here.json()["uploads"]["max_mb"] == 16
    assert "image/webp" in here.json()["uploads"]["kinds"]
    assert [foreign.status_code, unknown.status_code, strange.status_code] == [403, 404, 422]
