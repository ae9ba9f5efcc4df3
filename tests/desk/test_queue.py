from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from conversation.tables import Handoff
from crm.hours import ServiceHours
from db.base import new_id, now
from desk.brief import Brief
from desk.expected_wait import Places, Seen, expected_wait
from desk.load import seen
from desk.queue import Queue, Waiting
from desk.tables import Agent
from tests.desk.conftest import Shop

NOON = datetime(2026, 3, 4, 5, tzinfo=UTC)  # 12.00 WIB on a day like any other


def _queue(shop: Shop, at: datetime) -> Queue:
    return Queue(shop.database, ServiceHours.load(), clock=lambda: at)


async def _helped(shop: Shop, agent: Agent, *, wait_s: int, handling_s: int, at: datetime) -> None:
    conversation = await shop.conversation("halo", state="bot")
    taken = at - timedelta(minutes=30)
    async with shop.database.write() as session:
        session.add(
            Handoff(
                id=new_id(),
                conversation_id=conversation,
                reason="request",
                requested_at=taken - timedelta(seconds=wait_s),
                taken_at=taken,
                ended_at=taken + timedelta(seconds=handling_s),
                agent_id=agent.id,
                expected={"position": 1, "free": 3},
            )
        )


async def test_who_waits_longest_is_first_with_wait_reason_and_brief(shop: Shop) -> None:
    late = await shop.conversation("baru", ago_s=5)
    early = await shop.conversation("satu", "dua", ago_s=300, wants="paket", said="dua")
    await shop.bot_says(early, "sebentar ya")
    await shop.conversation("bukan", state="bot")

    waiting = await shop.queue.waiting()

    assert [entry.id for entry in waiting] == [early, late]
    first = waiting[0]
    assert 300 <= first.wait_s < 310
    assert (first.reason, first.brief, first.lang, first.channel, first.last_text) == (
        "request",
        Brief(wants="paket", said=["dua"]),
        "id",
        "website",
        "dua",
    )
    assert (first.customer_name, first.verified, first.unanswered) == (None, False, True)


async def test_ones_own_conversations_begin_with_those_that_need_an_answer(
    shop: Shop, sari: Agent
) -> None:
    answered = await shop.conversation("halo", state="csr", owner=sari)
    await (await shop.browser(sari)).post(
        f"/api/console/conversations/{answered}/messages", json={"text": "ya", "client_id": "1"}
    )
    open_one = await shop.conversation("halo?", state="csr", owner=sari)

    mine = await shop.queue.helped_by(sari.id)

    assert [(entry.id, entry.unanswered) for entry in mine] == [(open_one, True), (answered, False)]


async def test_the_position_counts_those_before(shop: Shop) -> None:
    second = await shop.conversation("dua", ago_s=20)
    first = await shop.conversation("satu", ago_s=60)
    newcomer = await shop.conversation("tiga", state="bot")
    queue = _queue(shop, NOON)

    positions = [(await queue.expected(each)).position for each in (first, second, newcomer)]

    assert positions == [1, 2, 3]


async def test_a_wait_nobody_can_know_is_not_made_up(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo")
    for _ in range(3):
        await _helped(shop, sari, wait_s=60, handling_s=300, at=now())
    queue = _queue(shop, NOON)

    assert (await queue.expected(conversation)).wait is None  # nobody is logged in


async def test_who_finds_a_free_csr_waits_until_one_takes_them(shop: Shop, sari: Agent) -> None:
    queue = Queue(shop.database, _AlwaysOpen())
    conversation = await shop.conversation("halo")
    for wait_s in (30, 60, 90):
        await _helped(shop, sari, wait_s=wait_s, handling_s=300, at=now())
    await shop.browser(sari)

    expected = await queue.expected(conversation)

    assert expected.free_places == 3
    assert expected.wait == expected_wait(0, Places(3, 3), Seen(picked_up=[30, 60, 90]))


async def test_the_wait_grows_while_all_csrs_are_taken_and_shrinks_with_people(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    queue = Queue(shop.database, _AlwaysOpen())
    conversation = await shop.conversation("halo")
    for handling_s in (200, 300, 400):
        await _helped(shop, sari, wait_s=60, handling_s=handling_s, at=now())
    await shop.browser(sari)
    free = await queue.expected(conversation)
    for text in ("satu", "dua", "tiga"):
        await shop.conversation(text, state="csr", owner=sari)

    taken = await queue.expected(conversation)
    await shop.browser(budi)
    relieved = await queue.expected(conversation)

    assert [each.free_places for each in (free, taken, relieved)] == [3, 0, 3]
    assert free.wait
    assert taken.wait
    assert relieved.wait
    assert taken.wait.to_s > free.wait.to_s == relieved.wait.to_s


async def test_who_gave_up_counts_as_one_who_may_leave_again(shop: Shop) -> None:
    moment = now()
    conversation = await shop.conversation("halo", state="bot")
    async with shop.database.write() as session:
        session.add(
            Handoff(
                id=new_id(),
                conversation_id=conversation,
                reason="request",
                requested_at=moment - timedelta(minutes=10),
                ended_at=moment - timedelta(minutes=5),
                outcome="left",
            )
        )

    async with shop.database.read() as session:
        happened = await seen(session, moment)

    assert (happened.gave_up, happened.waited, happened.handled) == (1, 300, [])


async def test_outside_hours_the_opening_is_told_instead_of_a_wait(shop: Shop) -> None:
    conversation = await shop.conversation("halo")
    zone = ZoneInfo("Asia/Jakarta")

    night = await _queue(shop, datetime(2026, 3, 4, 2, 0, tzinfo=zone)).expected(conversation)

    opening = datetime(2026, 3, 4, 8, 0, tzinfo=zone)
    assert night == Waiting(position=1, wait=None, open=False, opens_at=opening)


class _AlwaysOpen:
    def is_open(self, at: datetime) -> bool:
        return True

    def next_opening(self, at: datetime) -> datetime:
        return at

    def closing_day(self, at: datetime, lang: str) -> None:
        return None
