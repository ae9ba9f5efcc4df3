import csv
import io
from collections.abc import Sequence
from datetime import timedelta

import pytest

from conversation.tables import Handoff
from crm.surveys.tables import Survey
from db.base import new_id, now
from desk.supervision.insight import Insight
from desk.supervision.satisfaction import Mark, result, results
from desk.tables import Agent
from tests.desk.conftest import Shop

EVIL = '=HYPERLINK("http://x") <script>alert(1)</script>'


async def _survey(shop: Shop, agent: Agent | None, score: int | None, **more: object) -> None:
    row = {
        "cause": new_id(),
        "person": new_id(),
        "conversation_id": new_id(),
        "channel": "website",
        "lang": "id",
        "topic": "returns",
        "segment": "big",
        "solver": "person" if agent else "bot",
        "agent_id": agent.id if agent else None,
        "questionnaire": "csat",
        "scale": "csat",
        "until": now() + timedelta(days=3),
        "score": score,
        **more,
    }
    async with shop.database.write() as session:
        session.add(Survey(**row))


async def test_the_supervisor_sees_the_desk_now_and_the_figures_of_the_day(
    shop: Shop, rina: Agent, sari: Agent
) -> None:
    await shop.browser(sari)  # is there
    waiting = await shop.conversation("halo", ago_s=300)
    helped = await shop.conversation("paket saya mana", state="csr", owner=sari, ago_s=10)
    gone = await shop.conversation("ga jadi", state="bot")
    begin, end = now() - timedelta(seconds=120), now() - timedelta(seconds=100)
    async with shop.database.write() as session:
        session.add(
            Handoff(
                conversation_id=gone,
                reason="request",
                requested_at=begin,
                ended_at=end,
                outcome="left",
            )
        )
    browser = await shop.browser(rina)

    page = await browser.get("/console/supervision")
    found = await shop.desk.insight.figures(shop.desk.insight.period(None, None))
    state = await shop.desk.insight.now()

    assert page.status_code == 200
    assert f'href="/console/conversations/{waiting}"' in page.text
    assert "past target" in page.text
    assert (len(state.line), state.late, state.helping) == (1, 1, 1)
    assert [(one.name, one.state, one.helping) for one in state.people] == [
        ("Rina", "available", 0),
        ("Sari", "available", 1),
    ]
    assert helped not in page.text
    assert (found.contacts, found.waiting, found.waited, found.left) == (3, 1, 2, 1)
    assert (found.abandonment.value, found.by_channel) == (0.5, {"website": 3})
    assert found.service_level.value == 1.0  # who left after 20 s is not counted
    piece = await browser.get("/console/supervision/now")
    assert (piece.status_code, "<html" in piece.text) == (200, False)


async def test_what_surveys_say_by_every_dimension(
    shop: Shop, rina: Agent, sari: Agent, budi: Agent
) -> None:
    for agent, score in ((sari, 5), (sari, 4), (sari, None), (budi, 1), (None, 3)):
        await _survey(shop, agent, score)
    await _survey(shop, None, 9, scale="nps", questionnaire="nps", channel="telegram")
    await _survey(shop, sari, 2, comment=EVIL)
    old = now() - timedelta(days=40)
    await _survey(shop, sari, 1, asked_at=old)
    browser = await shop.browser(rina)

    page = (await browser.get("/console/satisfaction")).text
    sheet = await browser.get("/api/console/supervision/surveys.csv")
    insight = shop.desk.insight
    found = await insight.satisfaction(insight.period(None, None))

    assert (found.whole.asked, found.whole.response.value) == (7, pytest.approx(6 / 7))
    assert (found.whole.satisfied.value, found.whole.csat.value) == (0.4, 3.0)
    assert found.whole.nps.value == 100
    assert [(one.key, one.asked) for one in found.by["agent"]] == [("Sari", 4), ("Budi", 1)]
    assert [(one.key, one.asked) for one in found.by["solver"]] == [("person", 5), ("bot", 2)]
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert len(rows) == 8
    assert [row[8] for row in rows if row[8]] == ["comment", f"'{EVIL}"]


async def test_comments_that_mean_the_same_stand_together(shop: Shop) -> None:
    for text in ("lama", "ramah", "lama sekali"):
        await _survey(shop, None, 3, comment=text)

    def by_first_letter(texts: Sequence[str]) -> list[list[int]]:
        assert list(texts) == ["lama", "ramah", "lama sekali"]
        return [[2, 0], [1]]

    insight = Insight(shop.database, timezone="Asia/Jakarta", target_s=60, alike=by_first_letter)

    found = await insight.satisfaction(insight.period(None, None))

    assert [group.texts for group in found.comments] == [["lama sekali", "lama"], ["ramah"]]


async def test_the_contacts_of_a_day_as_a_file(shop: Shop, rina: Agent, sari: Agent) -> None:
    await shop.conversation("halo", state="csr", owner=sari, ago_s=30)
    browser = await shop.browser(rina)

    answer = await browser.get("/api/console/supervision/contacts.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "contacts-" in answer.headers["content-disposition"]
    assert rows[0][:6] == ["begun_at", "ended_at", "channel", "topic", "by", "resolution"]
    assert [rows[1][place] for place in (2, 4, 5, 6, 7, 8)] == [
        "website", "people", "open", "request", sari.id, "30",
    ]  # fmt: skip


async def test_only_supervisors_look_and_only_at_possible_days(
    shop: Shop, sari: Agent, rina: Agent
) -> None:
    csr, supervisor = await shop.browser(sari), await shop.browser(rina)
    pages = ["supervision", "supervision/now", "satisfaction"]
    files = ["supervision/contacts.csv", "supervision/surveys.csv"]
    where = [*(f"/console/{one}" for one in pages), *(f"/api/console/{one}" for one in files)]

    assert {(await csr.get(one)).status_code for one in where} == {403}
    assert {(await shop.client().get(one)).status_code for one in where} == {401}
    for days in ("since=2026-02-02&until=2026-02-01", "since=2025-01-01&until=2026-01-01"):
        answer = await supervisor.get(f"/console/supervision?{days}")
        assert (answer.status_code, "at most 92 days" in answer.text) == (422, True)
    wrong = await supervisor.get("/console/supervision?since=yesterday")
    assert (wrong.status_code, "Traceback" in wrong.text) == (422, False)
    assert (
        await supervisor.get("/console/supervision?since=2020-01-01&until=2020-01-02")
    ).is_success


def _mark(scale: str, score: int | None) -> Mark:
    return Mark(now(), scale, "bot", "website", "", "", "", score, None, "c")


def test_scales_are_not_mixed_and_nobody_gives_no_figure() -> None:
    found = result([_mark("nps", 10), _mark("nps", 7), _mark("nps", 0), _mark("csat", 5)])

    assert (found.nps.value, found.csat.value, found.satisfied.value) == (0, 5, 1)
    assert found.csat.low is None  # one mark has no interval
    assert (result([]).response.value, results([], "channel")) == (None, [])
