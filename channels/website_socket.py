"""The website's socket: the same messages as the long poll, as they appear, and who is typing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from channels.problem import Problem
from channels.website import Listener, Website, cursor_of

log = structlog.get_logger()

UNAUTHORISED = 4401
FORBIDDEN = 4403
FLOOD = 4429
SERVICE_RESTART = 1012  # RFC 6455 registry, as the next
TRY_LATER = 1013
_CLOSE_CODES = {401: UNAUTHORISED, 403: FORBIDDEN, 429: FLOOD}
_FIRST_FRAME_S = 10.0
_PING_S = 25.0
_PLACE_S = 10.0  # somebody in line is told their place so often
_LARGEST_FRAME = 8_192
_LARGEST_SEQ = 2**31 - 1


class Hello(BaseModel):
    """The client's first frame."""

    token: str


class TypingSign(BaseModel):
    """The visitor types, or has stopped to."""

    type: Literal["typing"]
    on: bool = True


class ReadSign(BaseModel):
    """The visitor has seen every message up to `seq`."""

    type: Literal["read"]
    seq: int = Field(ge=1, le=_LARGEST_SEQ)


_SIGN: TypeAdapter[TypingSign | ReadSign] = TypeAdapter(TypingSign | ReadSign)


def socket_router(website: Website) -> APIRouter:
    """Build the route WS /api/web/socket?after=SEQ."""
    router = APIRouter()

    @router.websocket("/api/web/socket")
    async def socket(socket: WebSocket, after: int = 0) -> None:
        await socket.accept()
        try:
            visit = await _admit(socket, website)
            await _serve(socket, website, visit, max(0, min(after, _LARGEST_SEQ)))
            await _close(socket, SERVICE_RESTART)
        except Problem as problem:
            await _close(socket, _CLOSE_CODES.get(problem.status, UNAUTHORISED))
        except WebSocketDisconnect:
            pass
        except Exception:
            log.exception("socket broke")
            await _close(socket, TRY_LATER)

    return router


@dataclass(slots=True)
class _Visit:
    """One conversation at one socket, and who answered when the visitor was last told."""

    conversation_id: str
    presence: Mapping[str, Any]

    @property
    def waits(self) -> bool:
        """Whether the visitor is in line."""
        return bool(self.presence["state"] == "waiting")


async def _admit(socket: WebSocket, website: Website) -> _Visit:
    """Read the token. Raises Problem if it does not come in time or is no good."""
    try:
        async with asyncio.timeout(_FIRST_FRAME_S):
            frame = await _text(socket)
        hello = Hello.model_validate_json(frame)
    except (TimeoutError, ValidationError) as error:
        raise Problem("session-missing", 401) from error
    conversation_id = website.visitors.conversation(hello.token, socket.headers.get("origin"))
    visit = _Visit(conversation_id, await website.conversations.presence(conversation_id))
    await socket.send_json({"type": "presence", **visit.presence})
    return visit


async def _serve(socket: WebSocket, website: Website, visit: _Visit, after: int) -> None:
    """Send and receive until one side ends."""
    with website.conversations.listen(visit.conversation_id) as listener:
        sides = [
            asyncio.create_task(_send(socket, website, listener, visit, after)),
            asyncio.create_task(_receive(socket, website, visit.conversation_id)),
        ]
        try:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
            for side in done:
                side.result()
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)


async def _send(
    socket: WebSocket, website: Website, listener: Listener, visit: _Visit, cursor: int
) -> None:
    event: Any = {"type": "message"}
    while not listener.closed:
        if event is None or event["type"] == "message":  # None: look again, a wake-up may be lost
            messages = await website.conversations.after(visit.conversation_id, cursor)
            for message in messages:
                await socket.send_json({"type": "message", "message": message})
            cursor = cursor_of(messages, cursor)
            if visit.waits or any(message["kind"] == "handoff" for message in messages):
                await _tell_presence(socket, website, visit)
        elif event["type"] == "presence":
            await _tell_presence(socket, website, visit)
        elif event.get("author") != "customer":
            await socket.send_json(event)
        event = await listener.next(_PLACE_S if visit.waits else _PING_S)


async def _tell_presence(socket: WebSocket, website: Website, visit: _Visit) -> None:
    """Say who answers, and in line how long it may take, if that is news."""
    presence = await website.conversations.presence(visit.conversation_id)
    if presence != visit.presence:
        visit.presence = presence
        await socket.send_json({"type": "presence", **presence})


async def _receive(socket: WebSocket, website: Website, conversation_id: str) -> None:
    while True:
        frame = await _text(socket)
        await website.messages_pace.hit(f"socket:{conversation_id}")
        if len(frame) > _LARGEST_FRAME:
            continue
        await _take_in(website, conversation_id, frame)


async def _take_in(website: Website, conversation_id: str, frame: str) -> None:
    """Pass on that the visitor types, or how far they have read; anything else is ignored."""
    try:
        sign = _SIGN.validate_json(frame)
    except ValidationError:
        return
    if isinstance(sign, TypingSign):
        website.conversations.typing(conversation_id, on=sign.on)
    else:
        await website.conversations.read(conversation_id, sign.seq)


async def _text(socket: WebSocket) -> str:
    """Receive one frame; a binary one, which nobody of ours sends, counts as empty."""
    frame = await socket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame["code"])
    return frame.get("text") or ""


async def _close(socket: WebSocket, code: int) -> None:
    try:
        await socket.close(code)
    except RuntimeError:  # the other side was first
        log.debug("socket already closed")
