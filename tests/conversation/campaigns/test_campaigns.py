import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from conversation.bus import Bus
from conversation.campaigns.progress import note_progress, report_of
from conversation.campaigns.sending import CampaignRefused, Campaigns, Quiet
from conversation.tables import ChannelContact, Conversation, Message, OutboxItem, Receipt
from conversation.transcript import Transcript
from crm.campaigns.content import CampaignContent, content_of, parse_campaign
from crm.campaigns.tables import CampaignRecipient
from crm.consent import Consents
from crm.importing.problems import ImportRefused
from crm.tables import Customer, Offer, Order, Ticket
from db.base import now
from db.engine import Database
from tests.crm.shop import add, product

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = now().astimezone(JAKARTA).replace(hour=12, minute=0, second=0, microsecond=0)
CONTENT = parse_campaign(
    """
id: gajian
name: Promo gajian
segment: {city: [Bandung]}
channels: [whatsapp, telegram]
whatsapp: {template: promo_gajian, names: true}
text:
  id: "Halo Kak {name}, diskon 20% sampai Minggu."
  en: "Hello {name}, 20% off until Sunday."
""",
    "gajian.yml",
)


class Clock:
    def __init__(self) -> None:
        self.at: datetime = NOON.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at


def campaigns_in(database: Database, clock: Clock, per_minute: int = 1000) -> Campaigns:
    transcript = Transcript(database, Bus(), frozenset({"whatsapp", "telegram"}))
    quiet = Quiet.read("20:00-08:00", JAKARTA)
    return Campaigns(database, transcript, quiet, per_minute, "Nara", clock)


async def people(database: Database, names: Sequence[str]) -> None:
    """Let each live in Bandung, agree, and have proved who they are on a channel."""
    for number, name in enumerate(names):
        channel = ("whatsapp", "telegram")[number % 2]
        await add(database, Customer(id=name, name=f"{name} Putri", city="Bandung", lang="id"))
        await add(
            database,
            Conversation(
                id=f"c-{name}", channel=channel, address=f"6281{number}", customer_id=name,
                verified=True,
            ),
        )  # fmt: skip
        await Consents(database).note(name, "campaigns", granted=True, source="page")


async def started(database: Database, clock: Clock, per_minute: int = 1000) -> Campaigns:
    campaigns = campaigns_in(database, clock, per_minute)
    await campaigns.add(CONTENT)
    await campaigns.start("gajian", "boss")
    return campaigns


async def messages(database: Database) -> list[str]:
    async with database.read() as session:
        rows = await session.scalars(select(Message.conversation_id))
        return sorted(rows)


async def test_it_goes_once_to_each_who_agreed_in_their_language_with_the_way_out(
    database: Database,
) -> None:
    await people(database, ["Ani", "Budi"])
    clock = Clock()
    campaigns = await started(database, clock)

    sent = [await campaigns.send_next() for _ in range(4)]

    assert sent == [True, True, False, False]
    assert await messages(database) == ["c-Ani", "c-Budi"]
    async with database.read() as session:
        said = (
            await session.scalars(select(Message).where(Message.conversation_id == "c-Ani"))
        ).one()
        items = await session.scalar(select(func.count()).select_from(OutboxItem))
    assert said.text == (
        "Halo Kak Ani, diskon 20% sampai Minggu.\n\n"
        "Balas BERHENTI kalau tidak mau menerima pesan promo lagi."
    )
    assert said.data["template"] == {"name": "promo_gajian", "values": ["Ani"]}
    assert said.source == {
        "type": "template", "id": "campaign:gajian", "version": CONTENT.version,
    }  # fmt: skip
    assert items == 2
    assert [one.status for one in await campaigns.all()] == ["done"]
    with pytest.raises(CampaignRefused):
        await campaigns.start("gajian", "boss")


async def test_the_preview_counts_who_gets_nothing_and_why(database: Database) -> None:
    names = ["Ani", "Nono", "Kanal", "Masalah", "Baru", "Blokir"]
    await people(database, names)
    await Consents(database).note("Nono", "campaigns", granted=False, source="chat")
    async with database.write() as session:
        await session.execute(
            update(Conversation).where(Conversation.id == "c-Kanal").values(verified=False)
        )
    await add(
        database,
        Customer(id="Jauh", name="Jauh", city="Medan"),
        product("SHOES", "shoes"),
        ChannelContact(conversation_id="c-Blokir", blocked_at=NOON),
        Ticket(
            id=1, turn_id="t", customer_id="Masalah", category="other", priority="low",
            status="open", description="x", contact="x", lang="id", due_at=NOON,
        ),
    )  # fmt: skip
    await add(
        database,
        Offer(turn_id="o", customer_id="Baru", sku="SHOES", price_idr=1, reason="r", shown_at=NOON),
    )
    campaigns = campaigns_in(database, Clock())
    await campaigns.add(CONTENT)

    audience = await campaigns.preview("gajian")

    assert [one.customer_id for one in audience.reached] == ["Ani"]
    assert audience.left_out == {
        "no-consent": 1, "no-channel": 2, "open-problem": 1, "had-one": 1,
    }  # fmt: skip
    with pytest.raises(CampaignRefused, match="now for 1 people"):
        await campaigns.start("gajian", "boss", expected=6)
    assert await messages(database) == []


async def test_who_takes_back_their_consent_while_it_runs_gets_nothing(
    sqlite_database: Database,
) -> None:
    await people(sqlite_database, ["Ani", "Budi"])
    campaigns = await started(sqlite_database, Clock())
    await Consents(sqlite_database).withdraw_all("Ani", "page")

    while await campaigns.send_next():
        pass

    assert await messages(sqlite_database) == ["c-Budi"]
    report = await report_of(sqlite_database, "gajian")
    assert report is not None
    assert (report.people, report.skipped, report.handed) == (2, 1, 1)


async def test_nothing_goes_out_in_quiet_hours_or_faster_than_the_pace(
    sqlite_database: Database,
) -> None:
    await people(sqlite_database, ["Ani", "Budi", "Cici"])
    clock = Clock()
    campaigns = await started(sqlite_database, clock, per_minute=2)

    clock.at = NOON.replace(hour=20).astimezone(UTC)
    evening = await campaigns.send_next()
    clock.at = NOON.replace(hour=7, minute=59).astimezone(UTC)
    early = await campaigns.send_next()
    clock.at = NOON.astimezone(UTC)
    in_time = [await campaigns.send_next() for _ in range(3)]
    clock.at += timedelta(minutes=1, seconds=1)
    later = await campaigns.send_next()

    assert (evening, early) == (False, False)
    assert in_time == [True, True, False]
    assert later is True


async def test_stopping_takes_back_what_is_queued_and_what_waits_in_the_outbox(
    database: Database,
) -> None:
    await people(database, ["Ani", "Budi", "Cici"])
    campaigns = await started(database, Clock())
    await campaigns.send_next()
    await campaigns.send_next()
    async with database.write() as session:
        first = await session.scalar(select(OutboxItem.id).order_by(OutboxItem.next_at).limit(1))
        await session.execute(
            update(OutboxItem).where(OutboxItem.id == first).values(status="sent")
        )

    stopped = await campaigns.stop("gajian")
    again = await campaigns.send_next()

    assert stopped == 2
    assert again is False
    async with database.read() as session:
        states = sorted(await session.scalars(select(OutboxItem.status)))
    assert states == ["dropped", "sent"]
    report = await report_of(database, "gajian")
    assert report is not None
    assert (report.stopped, report.sent) == (2, 1)


async def test_whoever_dies_in_between_sends_nothing_twice(sqlite_database: Database) -> None:
    await people(sqlite_database, ["Ani"])
    campaigns = await started(sqlite_database, Clock())

    class Killed(BaseException):
        pass

    def die(_conversation: str, **_event: object) -> None:
        raise Killed

    campaigns._transcript.announce = die  # type: ignore[method-assign]
    with pytest.raises(Killed):  # after the commit
        await campaigns.send_next()
    again = campaigns_in(sqlite_database, Clock())
    while await again.send_next():
        pass

    assert await messages(sqlite_database) == ["c-Ani"]


async def test_two_processes_share_the_work_and_nobody_gets_it_twice(
    postgres_database: Database,
) -> None:
    names = [f"P{number}" for number in range(4)]
    await people(postgres_database, names)
    clock = Clock()
    one, other = await started(postgres_database, clock), campaigns_in(postgres_database, clock)

    await asyncio.gather(*(each.send_next() for each in (one, other) * 4))

    assert await messages(postgres_database) == [f"c-{name}" for name in names]


async def test_the_report_tells_how_far_it_came_and_what_they_did(database: Database) -> None:
    await people(database, ["Ani", "Budi"])
    clock = Clock()
    campaigns = await started(database, clock)
    while await campaigns.send_next():
        pass
    async with database.write() as session:
        items = list(await session.scalars(select(OutboxItem)))
        for item in items:
            item.status = "sent"
        wa = next(item for item in items if item.channel == "whatsapp")
        session.add(Receipt(channel="whatsapp", external_id="w1", item_id=wa.id, state="read"))
        conversation = await session.get_one(Conversation, "c-Budi")
        conversation.last_seq += 1
        session.add(
            Message(
                conversation_id="c-Budi", seq=conversation.last_seq, author="customer",
                text="mau", lang="id", at=clock.at + timedelta(hours=1),
            )
        )  # fmt: skip
        session.add(
            Order(
                number="TL-1", customer_id="Budi", status="paid", total_idr=1,
                ordered_at=clock.at + timedelta(days=1),
            )
        )  # fmt: skip
    clock.at += timedelta(hours=2)
    await Consents(database, clock).note("Ani", "campaigns", granted=False, source="stop-word")

    await note_progress(database)
    async with database.write() as session:  # forgotten after 8 days
        for row in await session.scalars(select(Receipt)):
            await session.delete(row)
    report = await report_of(database, "gajian")

    assert report is not None
    assert (report.people, report.sent, report.delivered, report.read) == (2, 2, 1, 1)
    assert (report.answered, report.opted_out, report.bought) == (1, 1, 1)


@pytest.mark.parametrize(
    ("wrong", "line", "reason"),
    [
        ("segment: {shoe: [42]}\n", 3, "unknown condition 'shoe'"),
        ("text: {id: 'Halo {nama}', en: 'Hi'}\n", 3, "unknown slot {nama}; known: {name}"),
        ("chanels: [x]\n", 3, "unknown field; known are id, name"),
        ("text: {id: 'Halo'}\n", 3, "needs en"),
        ("channels: [website]\n", 3, "the others cannot be written to first"),
    ],
)
def test_a_campaign_with_a_mistake_is_refused_with_line_and_reason(
    wrong: str, line: int, reason: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        parse_campaign(f"id: x\nname: y\n{wrong}", "x.yml")

    assert (line, True) in {(one.line, reason in one.reason) for one in refused.value.problems}


def test_a_campaign_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"x.yml:2: is no YAML"):
        parse_campaign("id: x\n- y", "x.yml")


def test_what_is_kept_gives_the_same_campaign_again() -> None:
    found: CampaignContent = content_of(CONTENT.as_json())
    assert found == CONTENT


async def test_nobody_is_a_recipient_twice(sqlite_database: Database) -> None:
    await people(sqlite_database, ["Ani"])
    await started(sqlite_database, Clock())

    async with sqlite_database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CampaignRecipient)) == 1
