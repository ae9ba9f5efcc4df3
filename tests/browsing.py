"""An app served on a free port, and Debian's Chromium to look at it, for asynchronous tests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, async_playwright, expect

from tests.web.conftest import QUIET, SYSTEM_CHROMIUM


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve `app` inside the block; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Open the system's Chromium, or Playwright's own where there is none."""
    expect.set_options(timeout=20_000)
    path = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        await opened.close()
