"""Talk to Meta's Cloud API over HTTP.

Meta has no key that makes a repeated send harmless. So what was sent along (the tag) comes back
in the receipts, and after a time-out we wait for a receipt before we send again.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import httpx

from channels.file import File, FileRefused, checked
from channels.message import DeliveryFailed
from channels.whatsapp.faults import failure_of

_TIMEOUT_S = 10.0  # without a byte
# All in all; a vendor that drips would outlive the lease under which we send or fetch (60 s).
_LONGEST_SEND_S = 20.0
_LONGEST_FETCH_S = 50.0
_LONGEST_UPLOAD_S = 18.0  # a send and a read receipt follow within the same lease
_WAIT_FOR_RECEIPT_S = 30.0
_AGAIN_S = 5.0
_FILE_HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net", ".facebook.com")


class CloudApi:
    """One business number at Meta."""

    def __init__(
        self,
        url: str,
        phone_number_id: str,
        token: str,
        transport: httpx.AsyncBaseTransport | None = None,
        longest_send_s: float = _LONGEST_SEND_S,
        longest_fetch_s: float = _LONGEST_FETCH_S,
    ) -> None:
        """`url` is the Graph API with its version; `transport` stands in for the network."""
        self._longest_send_s = longest_send_s
        self._longest_fetch_s = longest_fetch_s
        self._number = phone_number_id
        self._messages = f"{phone_number_id}/messages"
        self._media = f"{phone_number_id}/media"
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_TIMEOUT_S, connect=3.0),
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def post_message(self, payload: Mapping[str, Any]) -> str:
        """Send, and give Meta's id of the message. Raises DeliveryFailed."""
        answer = await self._post({"messaging_product": "whatsapp", **payload})
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise _unknown("Meta answered without a message id") from None

    async def upload(self, file: File, name: str) -> str:
        """Give Meta a file, which it keeps for 30 days, and return its id. Raises DeliveryFailed.

        The customer sees nothing of it until a message names the id, so it may be done again.
        """
        about = {"messaging_product": "whatsapp", "type": file.mime}
        parts = {"file": (name, file.content, file.mime)}
        try:
            async with asyncio.timeout(_LONGEST_UPLOAD_S):
                answer = _checked(await self._http.post(self._media, data=about, files=parts))
            return str(answer["id"])
        except (httpx.HTTPError, TimeoutError) as error:
            raise DeliveryFailed(type(error).__name__, retry_after_s=_AGAIN_S) from error
        except (KeyError, TypeError):
            reason = "Meta answered without a file id"
            raise DeliveryFailed(reason, retry_after_s=_AGAIN_S) from None

    async def mark_read(self, source_id: str, *, typing: bool) -> None:
        """Show that a message was read, and that we are typing (25 s). Raises DeliveryFailed."""
        wish = {"messaging_product": "whatsapp", "status": "read", "message_id": source_id}
        await self._post({**wish, **({"typing_indicator": {"type": "text"}} if typing else {})})

    async def fetch(self, media_id: str, mime: str, largest: int) -> File:
        """Give a customer's file of at most `largest` bytes, from Meta's five-minute address.

        Implements channels.file.Files. Raises FileRefused, DeliveryFailed.
        """
        del mime  # Meta tells it with the address
        try:
            async with asyncio.timeout(self._longest_fetch_s):
                content, digest, mime = await self._found(media_id, largest)
        except (httpx.HTTPError, TimeoutError) as error:
            raise DeliveryFailed(type(error).__name__, retry_after_s=_AGAIN_S) from error
        except (KeyError, TypeError, ValueError, httpx.InvalidURL) as error:
            raise FileRefused(f"no file behind it: {type(error).__name__}") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise FileRefused("changed on its way")
        return checked(content, mime)

    async def _found(self, media_id: str, largest: int) -> tuple[bytes, str, str]:
        """Give a file's content, and its SHA-256 and kind as Meta says them."""
        found = _checked(await self._http.get(media_id, params={"phone_number_id": self._number}))
        url, digest = httpx.URL(str(found["url"])), str(found["sha256"]).lower()
        if int(found["file_size"]) > largest:
            raise FileRefused("too large")
        if not self._is_metas(url):  # our token goes along
            raise FileRefused("not at an address of Meta's")
        return await self._download(url, largest), digest, str(found.get("mime_type"))

    def _is_metas(self, url: httpx.URL) -> bool:
        ours = url.host == self._http.base_url.host  # a double in tests
        return url.scheme == "https" and (ours or url.host.endswith(_FILE_HOSTS))

    async def _download(self, url: httpx.URL, largest: int) -> bytes:
        content = bytearray()
        async with self._http.stream("GET", url) as response:
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > largest:
                    raise FileRefused("too large")
        return bytes(content)

    async def _post(self, payload: Mapping[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self._longest_send_s):
                response = await self._http.post(self._messages, json=payload)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DeliveryFailed(type(error).__name__, retry_after_s=_AGAIN_S) from error
        except (httpx.HTTPError, TimeoutError) as error:  # sent, perhaps; nobody knows
            raise _unknown(type(error).__name__) from error
        return _checked(response)


def _checked(response: httpx.Response) -> Any:
    """Give the answer's JSON; an error may also come with status 200."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        raise failure_of(error)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer is None:
        raise _unknown(f"Meta answered with status {response.status_code}")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise DeliveryFailed("Meta answered with status 429", retry_after_s=_AGAIN_S)
    if response.is_error:
        raise DeliveryFailed(f"Meta answered with status {response.status_code}", permanent=True)
    return answer


def _unknown(reason: str) -> DeliveryFailed:
    """It may have been sent: wait for a receipt before the next try."""
    return DeliveryFailed(reason, retry_after_s=_WAIT_FOR_RECEIPT_S)
