"""Where Rasa calls our actions: POST /bot/actions, with the token that only Rasa and we know.

The answers are those of rasa-sdk's own server: 400 for a rejection (forms need it), 404 for an
unknown action, 449 when the domain must be sent again.
"""

import hmac
import json
from collections.abc import Mapping
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


class ActionEndpoint:
    """Runs the actions that Rasa asks for."""

    def __init__(self, actions: list[Action], token: str, *, max_body_bytes: int) -> None:
        """Raises ValueError without a token: anybody could run actions."""
        if not token:
            raise ValueError("no token for the action endpoint")
        self._executor = ActionExecutor()
        for action in actions:
            self._executor.register_action(action)
        self._expected = f"Bearer {token}".encode()
        self.max_body_bytes = max_body_bytes

    def admits(self, authorization: bytes) -> bool:
        """Whether this is Rasa."""
        return hmac.compare_digest(authorization, self._expected)

    async def run(self, call: dict[str, Any]) -> tuple[int, Any]:
        """Run an action; give the status and the JSON of the answer."""
        try:
            result = await self._executor.run(call)
        except ActionExecutionRejection as refusal:
            return 400, _refusal(refusal)
        except ActionNotFoundException as refusal:
            return 404, _refusal(refusal)
        except ActionMissingDomainException as refusal:
            return 449, _refusal(refusal)
        return 200, result.model_dump() if result else None

    async def take(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[int, bytes] | None:
        """Answer a request as it came; None for one that the route has to refuse."""
        if not self.admits(headers.get(b"authorization", b"")):
            return None
        call = json.loads(body)
        if not isinstance(call, dict):
            return None
        status, answer = await self.run(call)
        return status, json.dumps(answer, separators=(",", ":")).encode()


def action_router(endpoint: ActionEndpoint) -> APIRouter:
    """Build the route."""
    router = APIRouter(include_in_schema=False, max_body_size=endpoint.max_body_bytes)

    @router.post("/bot/actions")
    async def run(request: Request) -> JSONResponse:
        if not endpoint.admits(request.headers.get("authorization", "").encode()):
            raise Problem("session-missing", 401)
        status, answer = await endpoint.run(await _call(request))
        return JSONResponse(answer, status_code=status)

    return router


async def _call(request: Request) -> dict[str, Any]:
    try:
        call = await request.json()
    except (ValueError, RecursionError) as error:
        raise Problem("request-invalid", 400) from error
    if not isinstance(call, dict):
        raise Problem("request-invalid", 400)
    return call


def _refusal(refusal: Any) -> dict[str, Any]:
    return {"error": refusal.message, "action_name": refusal.action_name}
