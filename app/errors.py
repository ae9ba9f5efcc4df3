"""Every error a client can meet, as RFC 9457 problem JSON in its language.

The words are in app/content/problems.yml; a client never sees an exception's own text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
import yaml
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.message import Lang
from channels.problem import Problem
from channels.website import preferred

log = structlog.get_logger()

_WORDS: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "content" / "problems.yml").read_text(encoding="utf-8")
)
# Errors of the framework, by status; everything else of theirs is "request-invalid".
_OF_STATUS = {404: "not-found", 405: "not-allowed", 413: "too-large", 415: "request-invalid"}
_RETRY_STORE_S = 5
_TOO_LARGE = 413


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_middleware(_TooLargeAsProblem)

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> JSONResponse:
        return _response(request, problem.key, problem.status, problem.headers, problem.slots)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # Only where and what kind: the input itself may be somebody's secret.
        fields = [
            {"field": ".".join(str(part) for part in fault["loc"][1:]), "fault": fault["type"]}
            for fault in error.errors()
        ]
        return _response(request, "request-invalid", 422, extra={"fields": fields})

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        key = _OF_STATUS.get(error.status_code, "request-invalid")
        return _response(request, key, error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        # Half a request, and nobody there to be told: as when a vendor's time is up.
        log.info("client went away", path=request.url.path, error=type(error).__name__)
        return Response(status_code=400)

    @app.exception_handler(DataError)
    async def not_storable(request: Request, error: DataError) -> JSONResponse:
        # A NUL in an address, a number beyond 64 bits: sending it again would not help.
        log.warning("store refused a value", path=request.url.path, error=type(error.orig).__name__)
        return _response(request, "request-invalid", 422)

    @app.exception_handler(SQLAlchemyError)
    async def store(request: Request, error: SQLAlchemyError) -> JSONResponse:
        # 5xx, so that the sender tries again: nothing was stored.
        cause = error.orig if isinstance(error, DBAPIError) else error
        log.error("store failed", path=request.url.path, error=type(cause).__name__)
        return _response(request, "store-down", 503, {"Retry-After": str(_RETRY_STORE_S)})

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        error_id = uuid4().hex[:8]
        log.error("request failed", path=request.url.path, error_id=error_id, exc_info=error)
        return _response(request, "unexpected", 500, slots={"error_id": error_id})


class _TooLargeAsProblem:
    """Starlette's body limit answers in plain text, outside all handlers; say it as we do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def say(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                refused = message["status"] == _TOO_LARGE and kind.startswith("text/plain")
            if not refused:
                await send(message)

        await self._app(scope, receive, say)
        if refused:
            problem = _response(Request(scope), "too-large", _TOO_LARGE)
            await problem(scope, receive, send)


def problem_body(
    key: str, status: int, lang: Lang, slots: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Build the problem object {type, title, status, detail} in `lang`."""
    words = _WORDS[key][lang]
    return {
        "type": f"urn:sapa:problem:{key}",
        "title": words["title"],
        "status": status,
        "detail": words["detail"].format(**(slots or {})),
    }


def _response(
    request: Request,
    key: str,
    status: int,
    headers: Mapping[str, str] | None = None,
    slots: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> JSONResponse:
    lang = preferred(request.headers.get("accept-language"))
    body = {**problem_body(key, status, lang, slots), **(extra or {})}
    return JSONResponse(
        body,
        status_code=status,
        media_type="application/problem+json",
        headers={**(headers or {}), "Content-Language": lang},
    )
