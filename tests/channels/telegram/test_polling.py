import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy import text as sql

from channels.event import RawEvent
from channels.telegram.polling import Poller
from conversation.leases import Turnstile, forget_leases
from conversation.tables import InboxEvent, Lease
from db.base import now
from db.engine import Database
from tests.channels.telegram.conftest import BOTH, Shop
from tests.channels.telegram.double import Refused
from tests.channels.telegram.payloads import BUDI, text

PATIENCE_S = 20


@asynccontextmanager
async def _running(*pollers: Poller) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(poller.run()) for poller in pollers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_confirmed(shop: Shop) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while shop.double.waiting:  # noqa: ASYNC110 - the double has no event for it
            await asyncio.sleep(0.01)


def _poller(shop: Shop, life_s: float = 0.3, wait_s: int = 5) -> Poller:
    turnstile = Turnstile(shop.database, "telegram", life_s)
    return Poller(shop.api, shop.inbox, turnstile, wait_s)


async def test_what_is_not_stored_is_not_confirmed(shop: Shop) -> None:
    shop.double.update(**text("halo"))
    async with shop.database.write() as session:
        await session.execute(sql("ALTER TABLE inbox RENAME TO gone"))
    with pytest.raises(Exception, match="inbox"):
        await shop.polls()
    async with shop.database.write() as session:
        await session.execute(sql("ALTER TABLE gone RENAME TO inbox"))
    assert len(shop.double.waiting) == 1

    await shop.receives()
    assert (await shop.said(), shop.double.waiting) == ([("customer", "halo")], [])


@BOTH
async def test_a_process_that_dies_before_it_confirms_loses_and_doubles_nothing(
    shop: Shop,
) -> None:
    for n in range(105):
        shop.double.update(**text(f"nomor {n}", n))
    first = await shop.polls()  # stored, and then the process is gone
    assert (first is not None, len(shop.double.waiting)) == (True, 105)

    offset = await shop.polls()  # by the next one, which knows no offset
    while offset is not None:
        offset = await shop.polls(offset)

    assert shop.double.waiting == []
    async with shop.database.read() as session:
        stored = await session.scalars(select(InboxEvent.source_id).order_by(InboxEvent.sent_at))
        assert list(stored) == [f"{BUDI}:{n}" for n in range(105)]


async def test_an_empty_answer_forgets_the_offset_because_numbers_may_begin_anew(
    shop: Shop,
) -> None:
    shop.double.update(**text("satu", 1))
    offset = await shop.polls(await shop.polls())
    await shop.takes_in()
    assert offset is None

    shop.double._numbered = 100
    shop.double.update(**text("dua", 2))
    await shop.polls(offset)
    await shop.takes_in()
    assert [words for _, words in await shop.said()] == ["satu", "dua"]


@BOTH
async def test_of_several_processes_one_polls_and_another_takes_over(shop: Shop) -> None:
    first, second = (Turnstile(shop.database, "telegram", 30) for _ in range(2))

    taken = [await first.take(), await second.take(), await first.take()]
    await first.give_back()
    taken += [await second.take(), await first.take()]

    assert taken == [True, False, True, True, False]


@BOTH
@pytest.mark.parametrize("years", [-1, 60])
async def test_a_lease_ends_with_its_time_or_when_the_clock_was_set_back(
    database: Database, years: int
) -> None:
    dead, living = (Turnstile(database, "telegram", 30) for _ in range(2))
    await dead.take()
    async with database.write() as session:
        until = now() + timedelta(days=365 * years)
        await session.execute(update(Lease).values(until=until))

    assert await living.take()
    assert not await dead.take()


async def test_all_leases_end_when_the_only_process_starts_anew(database: Database) -> None:
    await Turnstile(database, "telegram", 30).take()
    await forget_leases(database)

    assert await Turnstile(database, "telegram", 30).take()


async def test_two_pollers_at_once_disturb_nobody(shop: Shop) -> None:
    asked: list[Any] = []
    updates = shop.api.updates

    async def count(*args: Any) -> list[Any]:
        asked.append(asyncio.current_task())
        return await updates(*args)

    shop.api.updates = count  # type: ignore[method-assign]
    async with _running(_poller(shop), _poller(shop)):
        for n in range(5):
            shop.double.update(**text(f"nomor {n}", n))
            await _until_confirmed(shop)
    await shop.takes_in()

    assert len({*asked}) == 1
    assert [words for _, words in await shop.said()] == [f"nomor {n}" for n in range(5)]


async def test_a_webhook_that_was_left_behind_is_removed(shop: Shop) -> None:
    shop.double.webhook = {"url": "https://old.example.com/hook"}
    shop.double.update(**text("halo"))
    async with _running(_poller(shop)):
        await _until_confirmed(shop)

    assert shop.called("deleteWebhook") == [{"drop_pending_updates": False}]


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ReadTimeout("hangs"),
        httpx.ConnectError("refused"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"ok": True, "result": {"not": "a list"}}),
        httpx.Response(200, json={"ok": False, "error_code": 500, "description": "Internal"}),
        httpx.Response(502, text="bad gateway"),
        Refused(429, "Too Many Requests: retry after 3", retry_after=3),
        Refused(409, "Conflict: terminated by other getUpdates request"),
        Refused(401, "Unauthorized"),
    ],
)
async def test_a_vendor_that_fails_costs_a_pause_and_no_update(
    shop: Shop, fault: httpx.Response | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        if seconds >= 1:
            pauses.append(seconds)
        await sleep(0 if seconds >= 1 else seconds)

    monkeypatch.setattr("channels.telegram.polling.asyncio.sleep", pause)
    shop.double.update(**text("halo"))
    shop.double.poll_faults.append(fault)  # type: ignore[arg-type]
    async with _running(_poller(shop)):
        await _until_confirmed(shop)
    await shop.takes_in()

    assert await shop.said() == [("customer", "halo")]
    assert len(pauses) >= 1


async def test_garbage_among_updates_is_parked_and_the_rest_goes_on(shop: Shop) -> None:
    odd: list[Any] = [7, "x", None, {"update_id": "y", "message": {"text": 1}}]
    shop.double.update(**text("halo"))
    shop.double.poll_faults.append(
        httpx.Response(200, json={"ok": True, "result": [*odd, *shop.double.waiting]})
    )
    await shop.receives()

    assert await shop.said() == [("customer", "halo")]
    assert sorted(status for status, _ in await shop.events()) == ["done"] + ["parked"] * 4


async def test_a_store_that_fails_is_tried_again_from_where_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, failures = shop.inbox.put, [OSError("disk full"), OSError("disk full")]

    async def fail(channel: str, events: Sequence[RawEvent]) -> None:
        if failures:
            raise failures.pop()
        await put(channel, events)

    monkeypatch.setattr(shop.inbox, "put", fail)
    monkeypatch.setattr("channels.telegram.polling._FIRST_PAUSE_S", 0.01)
    shop.double.update(**text("halo"))
    async with _running(_poller(shop)):
        with suppress(TimeoutError):
            await _until_confirmed(shop)
    await shop.takes_in()

    assert await shop.said() == [("customer", "halo")]
