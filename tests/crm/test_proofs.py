import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from conversation.tables import Conversation
from crm.orders import OrderLookup, OrderNotFound, OrderSourceDown, OrderView, SqlOrders
from crm.proofs import Attempt, Lockout, LookupLocked, Proof
from crm.tables import ProofAttempt
from db.engine import Database
from tests.crm.shop import NOON, SARI_ORDER, at_noon, fill


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


class BrokenOrders(SqlOrders):
    async def find(self, number: str, proof: Proof) -> OrderView:
        raise OrderSourceDown("no answer")


def lookup_in(database: Database, clock: Clock | None = None) -> OrderLookup:
    return OrderLookup(SqlOrders(database, at_noon), Lockout(database, clock=clock or at_noon))


async def outcome(lookup: OrderLookup, attempt: Attempt, proof: str) -> str:
    try:
        await lookup.find(attempt, SARI_ORDER, proof)
    except (OrderNotFound, LookupLocked) as error:
        return type(error).__name__
    return "found"


async def counted(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(ProofAttempt)) or 0


async def test_after_three_wrong_proofs_also_the_right_one_is_refused(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = [
        await outcome(lookup, Attempt("conversation", str(turn)), proof)
        for turn, proof in enumerate(["0000", "0001", "0002", "1111", "0003"])
    ]

    assert answers == ["OrderNotFound"] * 3 + ["LookupLocked"] * 2


async def test_the_lock_ends_an_hour_after_the_first_of_the_three(database: Database) -> None:
    await fill(database)
    clock = Clock()
    lookup = lookup_in(database, clock)
    for turn in range(3):
        clock.at = NOON + timedelta(minutes=10 * turn)
        await outcome(lookup, Attempt("conversation", str(turn)), "0000")

    with pytest.raises(LookupLocked) as locked:
        await lookup.find(Attempt("conversation", "next"), SARI_ORDER, "1111")
    assert locked.value.until == NOON + timedelta(hours=1)

    clock.at = NOON + timedelta(hours=1)
    assert await outcome(lookup, Attempt("conversation", "later"), "1111") == "found"


async def test_a_repeated_turn_counts_once_and_answers_the_same(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)
    for turn in ("1", "2", "3", "3", "3", "2"):
        assert await outcome(lookup, Attempt("c", turn), "0000") == "OrderNotFound"

    assert await counted(database) == 3


async def test_a_right_proof_is_not_counted(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)
    for turn in range(5):
        assert await outcome(lookup, Attempt("c", str(turn)), "1111") == "found"

    assert await counted(database) == 0


async def test_a_source_that_is_down_is_not_a_wrong_proof(database: Database) -> None:
    lookup = OrderLookup(BrokenOrders(database), Lockout(database))
    for turn in range(5):
        with pytest.raises(OrderSourceDown):
            await lookup.find(Attempt("c", str(turn)), SARI_ORDER, "0000")

    assert await counted(database) == 0


async def test_guesses_sent_at_the_same_moment_cannot_pass_together(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = await asyncio.gather(
        *(outcome(lookup, Attempt("c", str(turn)), f"{turn:04}") for turn in range(20))
    )

    assert Counter(answers) == {"OrderNotFound": 3, "LookupLocked": 17}
    assert await counted(database) == 3


async def test_the_same_turn_at_the_same_moment_counts_once(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = await asyncio.gather(
        *(outcome(lookup, Attempt("c", "turn"), "0000") for _ in range(20))
    )

    assert Counter(answers) == {"OrderNotFound": 20}
    assert await counted(database) == 1


async def test_new_conversations_do_not_help_to_guess_at_one_number(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = await asyncio.gather(
        *(outcome(lookup, Attempt(f"c{n}", "turn"), f"{n:04}") for n in range(20))
    )

    assert Counter(answers) == {"OrderNotFound": 10, "LookupLocked": 10}
    with pytest.raises(LookupLocked) as locked:
        await lookup.find(Attempt("the owner", "1"), SARI_ORDER, "1111")
    assert (locked.value.until, locked.value.digits_only) == (NOON + timedelta(days=1), True)


@pytest.mark.parametrize("proof", ["0812 0000 1111", "Sari@example.com"])
async def test_strangers_who_guess_at_a_number_never_keep_its_owner_out(
    database: Database, proof: str
) -> None:
    await fill(database)
    lookup = lookup_in(database)
    for n in range(40):  # also whole ones, from many places
        for guess in ("0000", "0812 9999 0000", "somebody@example.com"):
            await outcome(lookup, Attempt(f"{guess} {n}", "turn", f"net {n}"), guess)

    assert await outcome(lookup, Attempt("the owner", "1", "net 1"), "1111") == "LookupLocked"
    assert await outcome(lookup, Attempt("the owner", "2", "net 1"), proof) == "found"


async def test_a_number_allows_ten_guesses_a_day(database: Database) -> None:
    await fill(database)
    clock = Clock()
    lookup = lookup_in(database, clock)
    answers = []
    for n in range(48):
        clock.at = NOON + timedelta(minutes=30 * n)
        answers.append(await outcome(lookup, Attempt(f"c{n}", "turn"), f"{n:04}"))

    assert Counter(answers) == {"OrderNotFound": 10, "LookupLocked": 38}
    clock.at = NOON + timedelta(days=1)
    assert await outcome(lookup, Attempt("later", "turn"), "1111") == "found"


async def test_a_conversation_that_guesses_whole_numbers_is_locked_for_everything(
    database: Database,
) -> None:
    await fill(database)
    lookup = lookup_in(database)
    for n in range(3):
        await outcome(lookup, Attempt("c", str(n)), f"0812 9999 000{n}")

    with pytest.raises(LookupLocked) as locked:
        await lookup.find(Attempt("c", "next"), SARI_ORDER, "081200001111")
    assert not locked.value.digits_only


async def test_many_conversations_and_numbers_at_once_do_not_block_each_other(
    database: Database,
) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = await asyncio.gather(
        *(outcome(lookup, Attempt(f"c{n % 5}", str(n)), "1111") for n in range(20))
    )

    assert set(answers) <= {"found", "LookupLocked"}
    assert await counted(database) == 0


async def found_of(lookup: OrderLookup, attempt: Attempt, number: str, proof: str) -> str:
    try:
        await lookup.find(attempt, number, proof)
    except (OrderNotFound, LookupLocked) as error:
        return type(error).__name__
    return "found"


async def test_one_message_cannot_try_its_four_digits_on_hundreds_of_numbers(
    database: Database,
) -> None:
    await fill(database)
    lookup = lookup_in(database)
    numbers = [f"TL-260101-{n:04}" for n in range(50)]

    answers = [await found_of(lookup, Attempt("c", "turn"), n, "1111") for n in numbers]

    assert Counter(answers) == {"OrderNotFound": 5, "LookupLocked": 45}


async def test_a_customer_may_ask_for_all_their_orders_at_once(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)

    answers = [await outcome(lookup, Attempt("c", "turn"), "1111") for _ in range(20)]

    assert Counter(answers) == {"found": 20}


async def test_new_sessions_from_one_network_do_not_help_to_guess(database: Database) -> None:
    await fill(database)
    lookup = lookup_in(database)
    async with database.write() as session:
        for n in range(50):
            network = "theirs" if n < 40 else "another"
            session.add(Conversation(id=f"c{n}", channel="w", address=str(n), network=network))

    answers = [
        await found_of(lookup, Attempt(f"c{n}", "turn"), f"TL-260101-{n:04}", "1111")
        for n in range(50)
    ]

    assert Counter(answers[:40]) == {"OrderNotFound": 30, "LookupLocked": 10}
    assert Counter(answers[40:]) == {"OrderNotFound": 10}


async def test_while_many_guess_from_everywhere_only_a_whole_contact_proves(
    database: Database,
) -> None:
    await fill(database)
    clock = Clock()
    lookup = lookup_in(database, clock)
    for n in range(100):
        await found_of(lookup, Attempt(f"c{n}", "turn"), f"TL-260101-{n:04}", "0000")

    assert await outcome(lookup, Attempt("owner", "1"), "1111") == "LookupLocked"
    assert await outcome(lookup, Attempt("owner", "2"), "sari@example.com") == "found"
    clock.at += timedelta(hours=1)
    assert await outcome(lookup, Attempt("owner", "3"), "1111") == "found"


async def test_what_counts_no_more_is_not_kept(database: Database) -> None:
    await fill(database)
    clock = Clock()
    lookup = lookup_in(database, clock)
    for n in range(3):
        await outcome(lookup, Attempt(f"c{n}", "turn"), "0000")
    clock.at += timedelta(hours=25)

    await outcome(lookup, Attempt("later", "turn"), "0000")

    assert await counted(database) == 1


async def test_guesses_of_one_network_count_together_also_without_a_conversation(
    database: Database,
) -> None:
    await fill(database)
    lookup = lookup_in(database, Clock())
    for n in range(30):
        number = f"TL-260101-{n:04}"
        await found_of(lookup, Attempt(f"page {n}", "turn", "net"), number, "1111")

    assert await outcome(lookup, Attempt("page", "1", "net"), "1111") == "LookupLocked"
    assert await outcome(lookup, Attempt("page", "2", "other net"), "1111") == "found"
