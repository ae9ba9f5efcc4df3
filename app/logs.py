"""Logs: one line an event, names and ids but never what customers wrote."""

import logging

import structlog

from settings import Settings


def configure_logs(settings: Settings) -> None:
    """Write structured lines to standard error, JSON where asked for."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        # Rich tracebacks, its default, show local variables: customers' words, and tokens.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if settings.log_json else _keep,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING)
    # It tells every address it asks, and Telegram's hold the bot's token.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _keep(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
