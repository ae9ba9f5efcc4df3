"""A light client: what it takes is taken from those that are measured."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit


class Wire:
    """One kept connection to a server, over which JSON is posted."""

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
        """Post `body` and return what is answered. Raises AssertionError for an error's status."""
        content = json.dumps(body).encode()
        lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n{''.join(lines)}\r\n"
        )
        self._writer.write(head.encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        content = await self._reader.readexactly(length)
        status = int(answer.split(" ", 2)[1])
        assert 200 <= status < 300, f"{path}: {status} {content[:300]!r}"
        return json.loads(content)

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._writer.wait_closed()
