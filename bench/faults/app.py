"""The app as the harness starts it: the real one, with places at which it can be made to die.

Run by uvicorn as `bench.faults.app:create`. FAULTS_DIR is the folder through which the harness
speaks: a file named like a point makes the process kill itself there. None of this is in the
product; the points are laid around its methods here.
"""

import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from time import monotonic
from typing import Any, Self

from fastapi import FastAPI
from jwt import api_jwt
from sqlalchemy import event

from app import assembly, main
from app.assembly import Parts
from app.leaving import Leaving
from bench.faults.telegram import TAG
from channels import visitor
from channels.message import Outbound, Reply, Source
from channels.telegram import polling
from channels.telegram import webhook as telegram_webhook
from channels.telegram.bot_api import BotApi
from channels.telegram.channel import Telegram
from channels.whatsapp import channel, webhook
from channels.whatsapp.channel import WhatsApp
from conversation import outbox
from conversation.answering import Answer, Question
from conversation.inbox import Inbox
from conversation.outbox import Outbox
from conversation.receipts import Receipts
from conversation.transcript import Transcript
from conversation.turn import Turns
from db import base, engine

_METHODS: dict[str, tuple[type, str]] = {
    "store": (Inbox, "put"),
    "claim-events": (Inbox, "claim"),
    "accept": (Transcript, "accept"),
    "done-events": (Inbox, "done"),
    "claim-turn": (Turns, "_claim"),
    "answer": (Turns, "_answer"),
    "finish-turn": (Turns, "_finish"),
    "claim-message": (Outbox, "_claim"),
    "send": (WhatsApp, "send"),
    "send-telegram": (Telegram, "send"),
    "note-sent": (Outbox, "_sent"),
    "receipt": (Receipts, "note"),
}
POINTS = (
    *(f"{when}-{name}" for name in _METHODS for when in ("before", "after")),
    "before-commit",
)
_LOOK_EVERY_S = 0.05  # a look at a file took a tenth of the app's time
_ECHO = Source("template", "echo", "1")
_sending: ContextVar[str] = ContextVar("_sending", default="")  # the tag of the message


class Echo:
    """Repeats what it was asked, and counts its turns in the dialogue state."""

    async def answer(self, question: Question) -> Answer:
        turns = int(question.dialogue.get("turns", 0)) + 1
        reply = Reply(f"echo: {question.text}", question.lang, _ECHO)
        return Answer(replies=(reply,), dialogue={"turns": turns})

    def apologise(self, question: Question, error_id: str) -> Answer:
        reply = Reply(f"sorry {error_id}: {question.text}", question.lang, _ECHO, kind="error")
        return Answer(replies=(reply,), dialogue=dict(question.dialogue))


async def _echo(parts: Parts, leaving: Leaving) -> None:
    """Run turns at once: an echo needs no answer engine, whose loading would fill the run."""
    del leaving
    await parts.turn_worker.run()


def create() -> FastAPI:
    """Build the app as the environment asks: with an echo for an assistant or the real one."""
    folder = os.environ.get("FAULTS_DIR")
    if folder:
        _lay_points(Path(folder))
        _fake_clock(Path(folder) / "clock")
        _tag_telegrams()
    vars(outbox)["_LEASE"] = timedelta(seconds=float(os.environ["FAULTS_SEND_LEASE_S"]))
    if os.environ.get("FAULTS_ASSISTANT") == "echo":
        vars(assembly)["BotAnswerer"] = lambda *_: Echo()
        vars(main)["answer"] = _echo
    return main.create_app()


def _lay_points(folder: Path) -> None:
    def die(point: str) -> None:
        try:
            os.unlink(folder / point)  # noqa: PTH108 - as little as possible between us and death
        except FileNotFoundError:
            return
        (folder / f"{point}.died").touch()
        os.kill(os.getpid(), signal.SIGKILL)

    for name, (owner, method) in _METHODS.items():
        setattr(owner, method, _around(name, getattr(owner, method), die))

    created = vars(engine)["_create_engine"]

    def create_engine(*words: Any, **options: Any) -> Any:
        made = created(*words, **options)
        event.listen(made.sync_engine, "commit", lambda _: die("before-commit"))
        return made

    vars(engine)["_create_engine"] = create_engine


def _around(
    name: str, method: Callable[..., Awaitable[Any]], die: Callable[[str], None]
) -> Callable[..., Awaitable[Any]]:
    async def call(*words: Any, **options: Any) -> Any:
        die(f"before-{name}")
        result = await method(*words, **options)
        die(f"after-{name}")
        return result

    return call


def _tag_telegrams() -> None:
    """Tell the vendor's double which row is sent; Telegram itself has no field for it."""
    send, call = Telegram.send, BotApi.call

    async def tagged_send(self: Telegram, address: str, message: Outbound) -> Any:
        _sending.set(message.tag)
        return await send(self, address, message)

    async def tagged_call(self: BotApi, method: str, wait_s: float = 0, **fields: Any) -> Any:
        tag = {TAG: _sending.get()} if method == "sendMessage" else {}
        return await call(self, method, wait_s, **fields, **tag)

    vars_of: Any = (Telegram, BotApi)
    vars_of[0].send, vars_of[1].call = tagged_send, tagged_call


def _fake_clock(file: Path) -> None:
    """Let every module that reads the calendar read it off by the seconds in `file`."""
    looked_at, ahead = float("-inf"), timedelta()

    def off() -> timedelta:
        nonlocal looked_at, ahead
        if monotonic() - looked_at > _LOOK_EVERY_S:
            looked_at = monotonic()
            with contextlib.suppress(OSError, ValueError):
                ahead = timedelta(seconds=int(file.read_text()))
        return ahead

    class OfAnyMoment(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, datetime)

    class Calendar(datetime, metaclass=OfAnyMoment):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            # A plain one, as the product gets it: SQLite's driver stores no other class.
            moment: Any = datetime.now(tz) + off()
            return moment  # type: ignore[no-any-return]

    for module in (base, webhook, channel, telegram_webhook, polling, visitor, api_jwt):
        vars(module)["datetime"] = Calendar
