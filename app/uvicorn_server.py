"""Serve the app with uvicorn: `python -m app.uvicorn_server`, what `sapa serve` starts.

Stopping loses nothing: on SIGTERM the app says at /readyz that it leaves, goes on for SAPA_DRAIN_S,
so that a proxy stops sending to it, and then ends what is under way: open requests, turns, sends.
"""

import asyncio
import signal
import socket
from types import FrameType

import uvicorn

from app.leaving import Leaving
from app.main import create_app
from conversation.bus import Bus
from settings import Settings, load_settings

# Longer than proxies keep an idle connection (nginx: 60), so that none sends a request into one
# that is just being closed: it may not repeat a POST, and the visitor would get its 502.
_KEPT_CONNECTION_S = 75
_OPEN_REQUESTS_S = 5  # then those that are still open are cut


class Server(uvicorn.Server):
    """A server that leaves slowly on its first SIGTERM and at once on anything after it."""

    def __init__(self, config: uvicorn.Config, leaving: Leaving, bus: Bus, drain_s: float) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._bus = bus
        self._drain_s = drain_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Begin to leave; called by the signal."""
        first = not self._leaving.begun
        self._leaving.begun = True
        if first and sig == signal.SIGTERM and self._drain_s:
            loop = asyncio.get_event_loop()
            loop.call_soon_threadsafe(loop.call_later, self._drain_s, self._end)
        elif self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self._end()

    def _end(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let whoever waits for news go, then end as uvicorn does."""
        self._bus.let_guests_go()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Serve until a signal. Raises UnsafeSettings, and what makes answering impossible."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        ws_max_size=16_384,
        # Messages are short; compressing would hold a window of memory for every open socket.
        ws_per_message_deflate=False,
        timeout_keep_alive=_KEPT_CONNECTION_S,
        timeout_graceful_shutdown=_OPEN_REQUESTS_S,
    )
    leaving: Leaving = app.state.leaving
    Server(config, leaving, app.state.bus, settings.drain_s).run()
    if leaving.because is not None:
        raise leaving.because


if __name__ == "__main__":
    serve(load_settings())
