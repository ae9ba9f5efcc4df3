"""A conversation in the terminal with a running Sapa, over the same web API as the widget."""

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

import httpx

from settings import Settings

_ANSWER_S = 25
_QUIET_S = 1


async def chat(settings: Settings, site: str, lang: str, *, as_json: bool) -> int:
    """Read lines from standard input and print what Sapa says; give the exit code."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    base = f"http://{host}:{settings.port}"
    headers = {"Accept-Language": lang}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=_ANSWER_S + 5) as http:
        try:
            response = await http.post("/api/web/sessions", json={"site_key": site, "lang": lang})
        except httpx.ConnectError:
            print(f"sapa: nothing answers at {base}; start it with `sapa serve`", file=sys.stderr)
            return 1
        opened = response.json()
        if response.is_error:
            print(f"sapa: {opened['detail']}", file=sys.stderr)
            return 1
        http.headers["Authorization"] = f"Bearer {opened['token']}"
        if not as_json:
            print(f"{opened['persona']['name']}: {opened['persona']['greeting']}")
        await _talk(http, as_json=as_json)
    return 0


async def _talk(http: httpx.AsyncClient, *, as_json: bool) -> None:
    cursor = 0
    offered: list[dict[str, str]] = []
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        sent = {"client_id": uuid4().hex, **_meant(line, offered)}
        response = await http.post("/api/web/messages", json=sent)
        if response.is_error:
            print(response.text if as_json else response.json()["detail"])
            continue
        asked = response.json()["seq"]
        wait = _ANSWER_S
        while True:
            read = await http.get("/api/web/messages", params={"after": cursor, "wait": wait})
            messages = read.json()["messages"]
            cursor = read.json()["cursor"]
            for message in messages:
                _show(message, as_json=as_json)
                offered = message["choices"] or offered
            if any(message["seq"] > asked for message in messages):
                wait = _QUIET_S
            elif not messages:
                break


def _meant(line: str, offered: list[dict[str, str]]) -> dict[str, str]:
    """A bare number picks one of the choices offered last."""
    if line.isdecimal() and 0 < int(line) <= len(offered):
        return {"choice": offered[int(line) - 1]["id"]}
    return {"text": line}


def _show(message: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(message, ensure_ascii=False), flush=True)
    elif message["author"] != "customer":
        print(f"{message['name']}: {message['text']}")
        for number, choice in enumerate(message["choices"], 1):
            print(f"  {number}. {choice['label']}")
