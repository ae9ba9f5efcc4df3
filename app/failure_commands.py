"""`sapa channels failures | retry | drop`: what went wrong, and what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from conversation.failures import Failures
from db.engine import Database
from settings import load_settings

_Result = TypeVar("_Result")
_All = Annotated[bool, typer.Option("--all", help="All that are listed.")]
_Ids = Annotated[list[str] | None, typer.Argument(help="As `sapa channels failures` lists them.")]


def failures() -> None:
    """List events nobody could read, and messages that were not delivered, without their words."""
    lines = asyncio.run(_with(_list))
    typer.echo("\n".join(lines) if lines else "none")


def retry(ids: _Ids = None, *, every: _All = False) -> None:
    """Try failed events and messages again."""
    settled = asyncio.run(_with(lambda found: _settle(found, found.retry, ids, every=every)))
    typer.echo(f"tried again: {settled}")


def drop(ids: _Ids = None, *, every: _All = False) -> None:
    """Put failed events and messages away for good."""
    settled = asyncio.run(_with(lambda found: _settle(found, found.drop, ids, every=every)))
    typer.echo(f"dropped: {settled}")


async def _list(found: Failures) -> list[str]:
    return [
        f"event {event.id} {event.received_at:%Y-%m-%d %H:%M} {event.channel} {event.error}"
        for event in await found.events()
    ] + [
        f"message {item.id} {item.conversation_id} #{item.seq} {item.channel} {item.error}"
        for item in await found.messages()
    ]


async def _settle(
    found: Failures,
    act: Callable[[list[str]], Awaitable[int]],
    ids: list[str] | None,
    *,
    every: bool,
) -> int:
    if every:
        ids = [one.id for one in await found.events()] + [one.id for one in await found.messages()]
    return await act(ids or [])


async def _with(act: Callable[[Failures], Awaitable[_Result]]) -> _Result:
    database = Database(load_settings().database)
    try:
        return await act(Failures(database))
    finally:
        await database.close()
