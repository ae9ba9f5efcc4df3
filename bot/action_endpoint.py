"""Where Rasa calls our actions: POST /bot/actions, with the token that only Rasa and we know.

The answers are those of rasa-sdk's own server: 400 for a rejection (forms need it), 404 for an
unknown action, 449 when the domain must be sent again.
"""

import hmac
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    Action,
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)

from channels.problem import Problem


def action_router(actions: list[Action], token: str, *, max_body_bytes: int) -> APIRouter:
    """Build the route. Raises ValueError without a token: anybody could run actions."""
    if not token:
        raise ValueError("no token for the action endpoint")
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    expected = f"Bearer {token}".encode()
    router = APIRouter(include_in_schema=False, max_body_size=max_body_bytes)

    @router.post("/bot/actions")
    async def run(request: Request) -> JSONResponse:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            raise Problem("session-missing", 401)
        try:
            result = await executor.run(await _call(request))
        except ActionExecutionRejection as refusal:
            return _refusal(refusal, 400)
        except ActionNotFoundException as refusal:
            return _refusal(refusal, 404)
        except ActionMissingDomainException as refusal:
            return _refusal(refusal, 449)
        return JSONResponse(result.model_dump() if result else None)

    return router


async def _call(request: Request) -> dict[str, Any]:
    try:
        call = await request.json()
    except (ValueError, RecursionError) as error:
        raise Problem("request-invalid", 400) from error
    if not isinstance(call, dict):
        raise Problem("request-invalid", 400)
    return call


def _refusal(refusal: Any, status: int) -> JSONResponse:
    body = {"error": refusal.message, "action_name": refusal.action_name}
    return JSONResponse(body, status_code=status)
