from typing import cast

import pytest
from sqlalchemy import Connection, Table, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from conversation.tables import Conversation
from db.base import now
from db.engine import Database
from db.statement import Change, Insertion, Statement

_TABLE = cast("Table", Conversation.__table__)
_NEW = Insertion(_TABLE)
_ONE = Statement(select(_TABLE).where(_TABLE.c.id == bindparam("one")))
_CHANGED = Change(update(_TABLE).where(_TABLE.c.id == bindparam("one")))
_COUNT = select(func.count()).select_from(_TABLE)


def _open(connection: Connection, name: str) -> None:
    _NEW.run(connection, {"id": name, "channel": "website", "address": name})


async def test_a_row_is_stored_and_read_as_sqlalchemy_does_it(database: Database) -> None:
    given = {"id": "a", "channel": "website", "address": "x", "dialogue": {"é": [1, None]}}
    moment = now()

    await database.change(lambda c: _NEW.run(c, {**given, "lease_until": moment}))

    found = await database.ask(lambda c: _ONE.found(c, {"one": "a"}))
    plain = await database.ask(
        lambda c: [dict(row) for row in c.execute(select(_TABLE)).mappings()]
    )
    assert found == plain
    assert (found[0]["dialogue"], found[0]["lease_until"]) == ({"é": [1, None]}, moment)
    assert (found[0]["state"], found[0]["verified"], found[0]["agent_id"]) == ("bot", False, None)


async def test_what_changes_are_the_columns_that_are_given(database: Database) -> None:
    await database.change(lambda c: _open(c, "a"))

    await database.change(lambda c: _CHANGED.run(c, {"one": "a"}, {"last_seq": 4}))
    await database.change(lambda c: _CHANGED.run(c, {"one": "a"}, {"lang": "en", "context": {}}))

    [row] = await database.ask(lambda c: _ONE.found(c, {"one": "a"}))
    assert (row["last_seq"], row["lang"], row["context"]) == (4, "en", {})


async def test_a_second_row_of_one_key_is_refused_as_sqlalchemy_refuses_it(
    database: Database,
) -> None:
    await database.change(lambda c: _open(c, "a"))

    with pytest.raises(IntegrityError):
        await database.change(lambda c: _open(c, "a"))

    assert await database.ask(lambda c: c.scalar(_COUNT)) == 1


async def test_statements_of_both_kinds_are_one_transaction(database: Database) -> None:
    def work(connection: Connection) -> None:
        _open(connection, "a")
        assert connection.scalar(_COUNT) == 1
        _open(connection, "b")
        assert connection.scalar(_COUNT) == 2
        raise LookupError

    with pytest.raises(LookupError):
        await database.change(work)

    assert await database.ask(lambda c: c.scalar(_COUNT)) == 0


async def test_both_kinds_are_committed_together(database: Database) -> None:
    def work(connection: Connection) -> None:
        assert connection.scalar(_COUNT) == 0
        _open(connection, "a")

    await database.change(work)

    assert await database.ask(lambda c: c.scalar(_COUNT)) == 1


async def test_a_question_sees_one_moment_whatever_is_committed_meanwhile(
    sqlite_database: Database,
) -> None:
    other = Database(sqlite_database.url.render_as_string())
    await other.change(lambda c: _open(c, "a"))

    def question(connection: Connection) -> tuple[int, int]:
        before = len(_ONE.rows(connection, {"one": "a"}))
        held = sqlite_database._in_place
        assert held is not None
        held.change(lambda c: _open(c, "b"))
        return before, int(connection.scalar(_COUNT) or 0)

    assert await sqlite_database.ask(question) == (1, 1)
    assert await sqlite_database.ask(lambda c: c.scalar(_COUNT)) == 2
    await other.close()


async def test_nothing_is_changed_by_a_question(sqlite_database: Database) -> None:
    await sqlite_database.ask(lambda c: _open(c, "a"))

    assert await sqlite_database.ask(lambda c: c.scalar(_COUNT)) == 0


async def test_a_value_that_is_missing_is_named(database: Database) -> None:
    with pytest.raises(KeyError, match="one"):
        await database.ask(lambda c: _ONE.rows(c, {}))


async def test_after_a_broken_statement_the_next_one_works(database: Database) -> None:
    broken = Statement(select(func.no_such_function(bindparam("x"))))

    with pytest.raises(Exception, match="no_such_function") as raised:
        await database.ask(lambda c: broken.rows(c, {"x": 1}))

    assert isinstance(raised.value, OperationalError) == database.is_sqlite
    assert await database.ask(lambda c: c.scalar(_COUNT)) == 0
