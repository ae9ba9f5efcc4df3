"""Read a form with files as a vendor does (RFC 7578)."""

from collections.abc import AsyncIterator

import httpx
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

Sent = tuple[str, str, bytes]  # name, kind, content


def form_of(request: httpx.Request) -> tuple[dict[str, str], dict[str, Sent]]:
    """Give the fields and the files of a form."""

    async def stream() -> AsyncIterator[bytes]:
        yield request.content

    async def read() -> tuple[dict[str, str], dict[str, Sent]]:
        headers = Headers({"content-type": request.headers["content-type"]})
        form = await MultiPartParser(headers, stream()).parse()
        fields = {name: one for name, one in form.items() if isinstance(one, str)}
        files = {
            name: (one.filename or "", one.content_type or "", await one.read())
            for name, one in form.items()
            if isinstance(one, UploadFile)
        }
        await form.close()
        return fields, files

    coroutine = read()
    try:  # nothing in it waits, and a double may be called where a loop already runs
        coroutine.send(None)
    except StopIteration as done:
        found: tuple[dict[str, str], dict[str, Sent]] = done.value
        return found
    raise RuntimeError("a form of files in memory has to be read at once")
