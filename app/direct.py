"""The requests that come most often, past the web framework where nothing is unusual.

Matching a route, its dependencies and its models cost FastAPI four times what our own code for
these requests does. Whatever is not plainly right is given to the framework from the start, so that
every refusal has one place and one wording.
"""

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Mapping[bytes, bytes]
# The answer to a body: status and JSON; None, or any exception: let the framework see to it.
Take = Callable[[Headers, bytes], Awaitable[tuple[int, bytes] | None]]


_TAKEN = Histogram(
    "sapa_direct_request_seconds",
    "Requests that were answered past the web framework.",
    ["path", "status"],
)


class Direct:
    """Middleware that answers POSTs to some paths itself."""

    def __init__(self, app: ASGIApp, takes: Mapping[str, tuple[Take, int]]) -> None:
        """`takes`: by path who answers, and the largest body in bytes."""
        self._app = app
        self._takes = takes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        found = self._takes.get(scope["path"]) if _is_post(scope) else None
        if found is None:
            await self._app(scope, receive, send)
            return
        take, largest = found
        begun = perf_counter()
        seen: list[Message] = []
        body = await _body(receive, seen, largest)
        answer = None
        if body is not None:
            try:
                answer = await take(dict(reversed(scope["headers"])), body)  # the first counts
            except Exception:  # noqa: BLE001 - met again, and named, by the framework
                answer = None
        if answer is None:
            await self._app(scope, _again(seen, receive), send)
            return
        status, content = answer
        headers = [(b"content-length", str(len(content)).encode())]
        if content:
            headers.append((b"content-type", b"application/json"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})
        _TAKEN.labels(scope["path"], status).observe(perf_counter() - begun)


def _is_post(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST")


async def _body(receive: Receive, seen: list[Message], largest: int) -> bytes | None:
    """Read the body; None if it is too large or its sender is gone. `seen` gets what came."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        seen.append(message)
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(seen: list[Message], receive: Receive) -> Receive:
    """Give what was received already, then what is left."""
    waiting = iter(seen)

    async def receive_again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return receive_again
