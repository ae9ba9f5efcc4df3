import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from app.cli import sapa
from app.recompute import Nightly, recompute
from conversation.tables import Conversation, Handoff, Message
from conversation.talks import count_talks
from crm.segments.rules import load_segment_rules
from crm.segments.store import place_all
from crm.value.contacts import Talks
from db.base import now
from db.engine import Database
from settings import PROJECT_DIR, Settings
from tests.crm.shop import add, fill

THREE = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)  # 3.00 of the 19th in Jakarta


class Work:
    def __init__(self, database: Database, at: datetime) -> None:
        self.database, self.at, self.times = database, at, 0

    async def __call__(self) -> None:
        self.times += 1
        await place_all(self.database, load_segment_rules(), clock=lambda: self.at)


async def test_it_is_recomputed_once_a_night_by_one_process(
    sqlite_database: Database, settings: Settings
) -> None:
    work = Work(sqlite_database, THREE - timedelta(hours=2))
    one, other = (Nightly(sqlite_database, settings, work) for _ in range(2))

    assert await one.once(work.at)  # never done before
    assert not await other.once(THREE - timedelta(minutes=1))
    work.at = THREE + timedelta(minutes=1)
    assert await other.once(work.at)
    assert not await one.once(THREE + timedelta(hours=23))
    work.at = THREE + timedelta(days=3)  # the machine was off
    assert await one.once(work.at)
    assert work.times == 3


async def test_what_fails_at_night_is_tried_again(
    sqlite_database: Database, settings: Settings
) -> None:
    async def fails() -> None:
        raise RuntimeError

    failing = Nightly(sqlite_database, settings, fails)
    working = Nightly(sqlite_database, settings, Work(sqlite_database, THREE))

    try:
        await failing.once(THREE)
    except RuntimeError:
        assert await working.once(THREE)
    else:
        raise AssertionError


async def test_conversations_are_counted_by_day_and_by_who_helped(database: Database) -> None:
    await fill(database)
    day = now()
    await add(
        database,
        *(
            Conversation(
                id=name, channel="website", address=name, customer_id="C0001", verified=proved
            )
            for name, proved in (("mine", True), ("unproved", False))
        ),
    )
    await add(
        database,
        *(
            Message(
                conversation_id=name, seq=seq, author=author, text="", lang="id",
                at=day - timedelta(days=days),
            )
            for name, seq, author, days in (
                ("mine", 1, "customer", 0),
                ("mine", 2, "bot", 0),
                ("mine", 3, "customer", 0),
                ("mine", 4, "customer", 3),
                ("mine", 5, "customer", 5),
                ("mine", 6, "customer", 500),
                ("unproved", 1, "customer", 0),
            )
        ),
        Handoff(conversation_id="mine", reason="request", taken_at=day),
        Handoff(conversation_id="mine", reason="request"),
    )  # fmt: skip

    async with database.read() as session:
        since = day - timedelta(days=365)
        found = await count_talks(session, since, None)
        assert found == {"C0001": Talks(bot_days=2, people=1)}
        assert await count_talks(session, since, ["C0001"]) == found
        assert await count_talks(session, since, ["C0002"]) == {}


async def test_the_job_places_everybody(sqlite_database: Database) -> None:
    await fill(sqlite_database)

    learned, placed, offers = await recompute(sqlite_database, load_segment_rules())

    assert learned.startswith("learned from 2 customers and 3 products")
    assert placed == "segments and value of 2 customers; too few orders to say what comes"
    assert offers == "offers: 0 read since, 0 bought so far"


def test_a_rule_file_with_a_mistake_is_named_with_file_line_and_reason(tmp_path: Path) -> None:
    folder = PROJECT_DIR / "crm" / "content"
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    good = (folder / "segments.yml").read_text(encoding="utf-8")
    (tmp_path / "segments.yml").write_text(good.replace("trend_days: 90", "trend_days: 0"))
    line = good[: good.index("trend_days")].count("\n") + 1
    environment = {"SAPA_CRM_CONTENT_DIR": str(tmp_path), "SAPA_DATA_DIR": str(tmp_path / "var")}

    for command in ("check", "recompute"):
        result = CliRunner().invoke(sapa, ["crm", command], env=environment)

        assert result.exit_code == 1
        assert result.output.startswith(f"{tmp_path}/segments.yml:{line}: trend_days: ")
    assert CliRunner().invoke(sapa, ["crm", "check"]).output.startswith("all well in ")
