"""A light client: what it takes is taken from those that are measured."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit


class Wire:
    """One kept connection to a server."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str
    ) -> None:
        """Use `open`."""
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the server of `url`."""
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port), address.netloc)

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """Post `body` as JSON and return what is answered.

        Raises AssertionError for an error's status.
        """
        return json.loads(await self.send(path, json.dumps(body).encode(), headers))

    async def send(
        self, path: str, content: bytes, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Post `content` and return what is answered.

        Raises AssertionError for an error's status, ConnectionClosed if the server hung up first.
        """
        lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n{''.join(lines)}\r\n"
        )
        try:
            self._writer.write(head.encode() + content)
            answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ConnectionClosed(str(error)) from error
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        content = await self._reader.readexactly(length)
        status = int(answer.split(" ", 2)[1])
        assert 200 <= status < 300, f"{path}: {status} {content[:300]!r}"
        return content

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._writer.wait_closed()


class ConnectionClosed(ConnectionError):
    """The server closed a connection without a word of an answer; the request may be repeated."""


class Wires:
    """As many connections as there are requests at once; a closed one is replaced."""

    def __init__(self, url: str) -> None:
        """`url` is the server's."""
        self._url = url
        self._free: list[Wire] = []
        self.closed = 0  # how often a kept connection was closed under a request

    async def send(self, path: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        """Post `content`, again on another connection when the kept one turns out closed."""
        while True:
            kept = bool(self._free)
            wire = self._free.pop() if kept else await Wire.open(self._url)
            try:
                answer = await wire.send(path, content, headers)
            except ConnectionClosed:
                if not kept:  # a new one: nobody may close that
                    raise
                self.closed += 1
                continue
            self._free.append(wire)
            return answer

    async def close(self) -> None:
        """Close all."""
        await asyncio.gather(*(wire.close() for wire in self._free), return_exceptions=True)
