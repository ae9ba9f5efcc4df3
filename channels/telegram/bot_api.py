"""Talk to Telegram's Bot API over HTTP.

The bot's token is a part of every address, so no address may reach a log or an error's text.
Source: core.telegram.org/bots/api.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from channels.file import Enclosed, File, FileRefused, checked
from channels.message import DeliveryFailed
from channels.telegram.faults import AGAIN_S, failure_of, unknown

_TIMEOUT_S = 10.0
_LARGEST_DOWNLOAD = 20_000_000  # Telegram's own limit for bots
_MOST_UPDATES = 100
_LONGEST_UPLOAD_S = 50.0  # within the lease under which we send (60 s)


class BotApi:
    """One bot."""

    def __init__(
        self, url: str, token: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`url` without the token; `transport` stands in for the network."""
        self._files = f"{url.rstrip('/')}/file/bot{token}/"
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/bot{token}/",
            timeout=httpx.Timeout(_TIMEOUT_S, connect=3.0),
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, method: str, wait_s: float = 0, **fields: Any) -> Any:
        """Give the result of a method that may take `wait_s` to answer. Raises DeliveryFailed."""
        timeout = httpx.Timeout(_TIMEOUT_S + wait_s, connect=3.0)
        return await self._post(method, json=fields, timeout=timeout)

    async def upload(self, method: str, name: str, enclosed: Enclosed, **fields: Any) -> Any:
        """Give the result of a method that takes a file as its field `name`.

        The file goes along, as Telegram often cannot fetch it from an address. Raises
        DeliveryFailed.
        """
        form = {
            key: one if isinstance(one, str) else json.dumps(one) for key, one in fields.items()
        }
        file = (enclosed.name, enclosed.file.content, enclosed.file.mime)
        try:
            async with asyncio.timeout(_LONGEST_UPLOAD_S):
                return await self._post(method, data=form, files={name: file})
        except TimeoutError:
            raise unknown("TimeoutError") from None

    async def _post(self, method: str, **request: Any) -> Any:
        try:
            response = await self._http.post(method, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DeliveryFailed(type(error).__name__, retry_after_s=AGAIN_S) from None
        except httpx.HTTPError as error:  # taken, perhaps; nobody knows
            raise unknown(type(error).__name__) from None
        return _result(response)

    async def updates(self, offset: int | None, wait_s: int, kinds: tuple[str, ...]) -> list[Any]:
        """Wait up to `wait_s` for updates from `offset` on; what is before it is then forgotten.

        Raises DeliveryFailed.
        """
        fields = {"timeout": wait_s, "limit": _MOST_UPDATES, "allowed_updates": kinds}
        if offset is not None:
            fields["offset"] = offset
        found = await self.call("getUpdates", wait_s, **fields)
        if not isinstance(found, list):
            raise unknown("Telegram answered without a list of updates")
        return found

    async def fetch(self, media_id: str, mime: str, largest: int) -> File:
        """Give a customer's file of at most `largest` bytes, and of 20 MB.

        Implements channels.file.Files. Raises FileRefused, DeliveryFailed.
        """
        largest = min(largest, _LARGEST_DOWNLOAD)
        try:
            found = await self.call("getFile", file_id=media_id)
        except DeliveryFailed as failure:
            if failure.permanent:  # "file is too big", "wrong file_id"
                raise FileRefused(str(failure)) from None
            raise
        path = found.get("file_path") if isinstance(found, Mapping) else None
        if not isinstance(path, str) or not path or path.startswith("/") or ".." in path:
            raise FileRefused("no file behind it")
        if isinstance(size := found.get("file_size"), int) and size > largest:
            raise FileRefused("too large")
        try:
            content = await self._download(path, largest)
        except httpx.HTTPError as error:
            raise DeliveryFailed(type(error).__name__, retry_after_s=AGAIN_S) from None
        return checked(content, mime)

    async def _download(self, path: str, largest: int) -> bytes:
        content = bytearray()
        async with self._http.stream("GET", self._files + quote(path)) as response:
            if not response.is_success:
                reason = f"Telegram answered with status {response.status_code}"
                raise DeliveryFailed(reason, retry_after_s=AGAIN_S)
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > largest:
                    raise FileRefused("too large")
        return bytes(content)


def _result(response: httpx.Response) -> Any:
    """Give what the answer holds; an error may also come with status 200."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise unknown(f"Telegram answered with status {response.status_code}")
    if not answer["ok"]:
        raise failure_of(answer, response.status_code)
    return answer.get("result")
