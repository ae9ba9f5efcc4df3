import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.channel_codes import ChannelCodes, WrongCode, code_in
from crm.proofs import Attempt, Lockout, LookupLocked
from crm.tables import ChannelCode, ProofAttempt
from db.engine import Database
from tests.crm.shop import NOON, at_noon, fill

SARI, BUDI = "C0001", "C0002"


def _codes(database: Database, minutes: float = 0) -> ChannelCodes:
    return ChannelCodes(
        database, Lockout(database, clock=at_noon), lambda: NOON + timedelta(minutes=minutes)
    )


async def _tried(codes: ChannelCodes, where: str, turn: str, code: str) -> str:
    try:
        return await codes.redeem(Attempt(where, turn), code)
    except (WrongCode, LookupLocked) as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("SAPA-7K2M-Q4XZ", "SAPA-7K2M-Q4XZ"),
        ("kode saya sapa 7k2m q4xz ya kak", "SAPA-7K2M-Q4XZ"),
        ("SAPA7K2MQ4XZ.", "SAPA-7K2M-Q4XZ"),
        ("SAPA-7K2M-Q4X", None),
        ("SAPA-7K2M-Q4XZZ", None),
        ("SAPA-0K1M-Q4XZ", None),
        ("siapa nama kamu", None),
    ],
)
def test_a_code_is_found_however_it_is_written(said: str, found: str | None) -> None:
    assert code_in(said) == found


async def test_a_code_proves_once_and_a_repeated_turn_is_no_second_time(database: Database) -> None:
    await fill(database)
    codes = _codes(database)
    code = (await codes.issue(SARI)).code

    answers = [
        await _tried(codes, where, turn, code)
        for where, turn in [("whatsapp", "1"), ("whatsapp", "1"), ("whatsapp", "2"), ("other", "3")]
    ]

    assert answers == [SARI, SARI, "WrongCode", "WrongCode"]


async def test_of_two_conversations_at_once_one_has_the_code(database: Database) -> None:
    await fill(database)
    codes = _codes(database)
    code = (await codes.issue(SARI)).code

    answers = await asyncio.gather(*(_tried(codes, f"c{n}", f"t{n}", code) for n in range(10)))

    assert Counter(answers) == {SARI: 1, "WrongCode": 9}


async def test_a_code_ends_after_ten_minutes_and_with_the_next_one(database: Database) -> None:
    await fill(database)
    first = await _codes(database).issue(SARI)
    late = await _tried(_codes(database, minutes=10), "a", "1", first.code)
    second = await _codes(database).issue(SARI)
    theirs = await _codes(database).issue(BUDI)

    assert first.until == NOON + timedelta(minutes=10)
    assert late == "WrongCode"
    assert await _tried(_codes(database), "a", "2", first.code) == "WrongCode"
    assert await _tried(_codes(database, minutes=9.9), "b", "3", second.code) == SARI
    assert await _tried(_codes(database), "c", "4", theirs.code) == BUDI


async def test_who_guesses_is_locked_out_also_of_the_right_code(database: Database) -> None:
    await fill(database)
    codes = _codes(database)
    code = (await codes.issue(SARI)).code
    guesses = [f"SAPA-2222-222{n}" for n in (2, 3, 4)]

    answers = [
        await _tried(codes, "attacker", str(turn), guess)
        for turn, guess in enumerate([*guesses, code])
    ]

    assert answers == ["WrongCode"] * 3 + ["LookupLocked"]
    assert await _tried(codes, "sari", "9", code) == SARI


async def test_nothing_that_is_stored_opens_anything(database: Database) -> None:
    await fill(database)
    codes = _codes(database)
    code = (await codes.issue(SARI)).code
    await _tried(codes, "a", "1", "SAPA-2222-2222")

    async with database.read() as session:
        kept = [*await session.scalars(select(ChannelCode.digest))]
        tried = [*await session.scalars(select(ProofAttempt.number))]
    assert [one for one in (*kept, *tried) if code[5:9] in one or "2222-2222" in one] == []
    assert await _tried(codes, "b", "2", kept[0]) == "WrongCode"
