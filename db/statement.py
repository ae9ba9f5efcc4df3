"""Statements that every turn runs: compiled once, and run on the driver's own connection.

SQLAlchemy writes them, for SQLite and for PostgreSQL, and knows how each column is stored. What it
does around each execution (contexts, events, results) costs eight times what SQLite itself does.
They run in the transaction of the connection they are given, beside others of SQLAlchemy's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable, Insert, Table, Update, insert

from db.in_place import InPlaceConnection

Values = Mapping[str, Any]
_Process = Callable[[Any], Any]


@dataclass(slots=True)
class _Made:
    """A statement in the words of one kind of database."""

    text: str
    given: tuple[tuple[str, str, Any], ...]  # what the driver and the caller call it, and default
    written: Mapping[str, _Process]  # how a value is stored, by the driver's name
    places: Sequence[str] | None  # the driver's names by place, if it counts them
    columns: tuple[str, ...]
    types: tuple[Any, ...]
    read: tuple[_Process | None, ...] | None = None  # how a stored value is read, by column

    def parameters(self, values: Values) -> Any:
        """Return what the driver is given. Raises KeyError for a value that is missing."""
        bound = {}
        for name, key, default in self.given:
            value = values.get(key, default)
            if value is _MISSING:
                raise KeyError(key)
            write = self.written.get(name)
            bound[name] = value if write is None else write(value)
        return bound if self.places is None else [bound[name] for name in self.places]


_MISSING: Any = object()


class Statement:
    """One statement without lists of varying length in it."""

    def __init__(self, clause: Executable, keys: Sequence[str] | None = None) -> None:
        """`keys` name the columns that an insert or update sets."""
        self._clause = clause
        self._keys = keys
        self._made: dict[str, _Made] = {}

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it and return its rows. Raises sqlalchemy.exc.DBAPIError."""
        made = self._of(connection.dialect)
        rows, description = _run(connection, made.text, made.parameters(values))
        if made.read is None:
            made.read = _readers(made, connection.dialect, description)
        read = made.read
        return [
            tuple(
                value if process is None else process(value)
                for value, process in zip(row, read, strict=True)
            )
            for row in rows
        ]

    def found(self, connection: Connection, values: Values) -> list[dict[str, Any]]:
        """Run it and return its rows by the names of their columns."""
        rows = self.rows(connection, values)
        columns = self._of(connection.dialect).columns
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Run it and return its first row."""
        return next(iter(self.rows(connection, values)), None)

    def run(self, connection: Connection, values: Values) -> None:
        """Run what gives no rows."""
        made = self._of(connection.dialect)
        _run(connection, made.text, made.parameters(values))

    def _of(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _made(self._clause, self._keys, dialect)
        return made


@dataclass(slots=True)
class Insertion:
    """Inserts of one row, whichever columns are given; the others get what their table says."""

    table: Table
    _known: dict[frozenset[str], Statement] = field(default_factory=dict)
    _defaults: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what a new row has."""
        for column in self.table.columns:
            default: Any = column.default
            if default is not None:
                self._defaults[column.key] = default.arg

    def run(self, connection: Connection, values: Values) -> None:
        """Insert one row."""
        row = dict(values)
        for name, default in self._defaults.items():
            if name not in row:
                row[name] = default(None) if callable(default) else default
        keys = frozenset(row)
        statement = self._known.get(keys)
        if statement is None:
            statement = self._known[keys] = Statement(insert(self.table), tuple(row))
        statement.run(connection, row)


@dataclass(slots=True)
class Change:
    """Updates of one shape, whichever columns are given."""

    clause: Update
    _known: dict[frozenset[str], Statement] = field(default_factory=dict)

    def run(self, connection: Connection, where: Values, values: Values) -> None:
        """Set `values` where the clause's own parameters, `where`, say."""
        keys = frozenset(values)
        statement = self._known.get(keys)
        if statement is None:
            statement = self._known[keys] = Statement(self.clause, tuple(values))
        statement.run(connection, {**where, **values})


def _made(clause: Executable, keys: Sequence[str] | None, dialect: Dialect) -> _Made:
    compiled = cast("Insert", clause).compile(dialect=dialect, column_keys=keys)
    given = tuple(
        (name, parameter.key, _MISSING if parameter.required else parameter.value)
        for parameter, name in compiled.bind_names.items()
    )
    columns = compiled._result_columns  # noqa: SLF001 - there is no public name
    return _Made(
        text=str(compiled),
        given=given,
        written=cast("Mapping[str, _Process]", dict(compiled._bind_processors)),  # noqa: SLF001
        places=(compiled.positiontup or ()) if compiled.positional else None,
        columns=tuple(column.keyname for column in columns),
        types=tuple(column.type for column in columns),
    )


def _readers(made: _Made, dialect: Dialect, description: Any) -> tuple[_Process | None, ...]:
    codes = [column[1] for column in description]
    return tuple(
        one._cached_result_processor(dialect, code)  # noqa: SLF001 - as SQLAlchemy itself does
        for one, code in zip(made.types, codes, strict=True)
    )


def _run(connection: Connection, text: str, parameters: Any) -> tuple[Sequence[Any], Any]:
    plain: Any = connection.connection.dbapi_connection
    try:
        if isinstance(plain, InPlaceConnection):
            return plain.rows(text, parameters)
        cursor = plain.cursor()
        cursor.execute(text, parameters)
        description = cursor.description
        rows = cursor.fetchall() if description else ()
        cursor.close()
        return rows, description
    except BaseException as error:  # noqa: BLE001 - also who was cancelled leaves it broken
        connection._handle_dbapi_exception(error, text, None, None, None)  # noqa: SLF001
