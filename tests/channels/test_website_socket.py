import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from channels.message import Reply, Source
from conversation.bus import Bus
from conversation.reading import Reading
from conversation.transcript import Transcript

HELLO = Reply("Halo", "id", Source("template", "greet", "1"))


class Visitor:
    """A browser with a session, as far as the socket is concerned."""

    def __init__(self, host: str, session: dict[str, Any]) -> None:
        self.host = host
        self.token: str = session["token"]
        self.conversation_id: str = session["conversation_id"]

    def socket(self, after: int = 0, **options: Any) -> connect:
        return connect(f"ws://{self.host}/api/web/socket?after={after}", **options)

    async def join(self, socket: ClientConnection) -> dict[str, Any]:
        await socket.send(json.dumps({"token": self.token}))
        return await _frame(socket)


async def _frame(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 30))
    return frame


@pytest.fixture
async def visitor(served: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=f"http://{served}") as http:
        session = (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()
        yield Visitor(served, session)


async def test_messages_come_as_they_appear(visitor: Visitor, transcript: Transcript) -> None:
    async with visitor.socket() as socket:
        assert await visitor.join(socket) == {"type": "presence", "state": "bot", "name": "Nara"}
        await transcript.say(visitor.conversation_id, HELLO, "bot", "Nara")

        frame = await _frame(socket)

    assert (frame["type"], frame["message"]["text"], frame["message"]["seq"]) == (
        "message",
        "Halo",
        1,
    )


async def test_what_was_read_is_told_both_ways(
    visitor: Visitor, transcript: Transcript, bus: Bus
) -> None:
    reading = Reading(transcript.database, transcript)
    async with visitor.socket() as socket:
        await visitor.join(socket)
        await transcript.say(visitor.conversation_id, HELLO, "csr", "Sari")
        await _frame(socket)
        with bus.subscribe("desk") as heard:
            for frame in ('{"type": "read"}', '{"type": "read", "seq": -1}', "read", "[]"):
                await socket.send(frame)  # nonsense changes nothing
            await socket.send(json.dumps({"type": "read", "seq": 7}))  # beyond what was said
            told = await heard.next(30)
        await reading.saw(visitor.conversation_id, "csr", 1)
        mark = await _frame(socket)

    assert told == {
        "type": "read", "author": "customer", "seq": 1, "conversation": visitor.conversation_id,
    }  # fmt: skip
    assert mark == {"type": "read", "author": "csr", "seq": 1}
    async with visitor.socket() as socket:
        assert (await visitor.join(socket))["read"] == 1


async def test_a_client_that_reconnects_with_its_cursor_misses_nothing(
    visitor: Visitor, transcript: Transcript
) -> None:
    seen: list[int] = []
    for _ in range(5):
        await transcript.say(visitor.conversation_id, HELLO, "bot", "Nara")
        await transcript.say(visitor.conversation_id, HELLO, "bot", "Nara")
        async with visitor.socket(after=seen[-1] if seen else 0) as socket:
            await visitor.join(socket)
            frames = [await _frame(socket) for _ in range(2)]
            seen += [frame["message"]["seq"] for frame in frames]

    assert seen == list(range(1, 11))


async def test_who_types_is_told_to_the_visitor_but_not_their_own_typing(
    visitor: Visitor, transcript: Transcript
) -> None:
    async with visitor.socket() as socket:
        await visitor.join(socket)
        await socket.send(json.dumps({"type": "typing", "on": True}))
        await asyncio.sleep(0.1)
        transcript.announce(visitor.conversation_id, type="typing", author="csr", on=True)

        assert await _frame(socket) == {"type": "typing", "author": "csr", "on": True}


@pytest.mark.parametrize("frame", ['{"token": "forged"}', "{}", "nonsense", "[]", ""])
async def test_a_socket_without_a_good_token_is_closed(visitor: Visitor, frame: str) -> None:
    async with visitor.socket() as socket:
        await socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_socket_of_a_foreign_page_is_closed(visitor: Visitor) -> None:
    async with visitor.socket(origin="https://evil.example.com") as socket:
        await socket.send(json.dumps({"token": visitor.token}))
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_flooding_socket_is_closed(visitor: Visitor) -> None:
    async with visitor.socket() as socket:
        await visitor.join(socket)

        async def flood() -> None:
            for _ in range(50):
                await socket.send(json.dumps({"type": "typing", "on": True}))
            await asyncio.wait_for(socket.recv(), 30)

        with pytest.raises(ConnectionClosed) as closed:
            await flood()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4429


async def test_one_visitors_socket_shows_nothing_of_anothers(
    visitor: Visitor, served: str, transcript: Transcript
) -> None:
    async with httpx.AsyncClient(base_url=f"http://{served}") as http:
        other = (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()
    async with visitor.socket() as socket:
        await visitor.join(socket)
        await transcript.say(other["conversation_id"], HELLO, "bot", "Nara")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.3)


async def test_a_binary_frame_is_not_our_language_but_breaks_nothing(
    visitor: Visitor, transcript: Transcript
) -> None:
    async with visitor.socket() as socket:
        await visitor.join(socket)
        await socket.send(b"\x00\xff typing")
        await transcript.say(visitor.conversation_id, HELLO, "bot", "Nara")

        assert (await _frame(socket))["message"]["text"] == "Halo"


async def test_a_binary_hello_is_none(visitor: Visitor) -> None:
    async with visitor.socket() as socket:
        await socket.send(json.dumps({"token": visitor.token}).encode())
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_the_twenty_first_socket_of_a_visitor_is_sent_away(
    visitor: Visitor, bus: Bus
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            await visitor.join(await stack.enter_async_context(visitor.socket()))
        async with visitor.socket() as one_more:
            await visitor.join(one_more)
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(one_more.recv(), 3)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4429
    await asyncio.sleep(0.2)
    assert bus.listeners(f"conversation:{visitor.conversation_id}") == 0
