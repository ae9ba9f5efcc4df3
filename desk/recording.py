"""Puts every request that changes something, or reads one customer's data, into the audit log.

A dependency of all of the console's routes behind the login, so that no route can be forgotten.
"""

import time
from typing import cast

from fastapi import Request

from desk.audit import Actor, AuditLog
from desk.tables import Agent

_SILENT = frozenset({"typing", "language", "presence", "logout"})  # of the agent, or on the way
_READ_AGAIN_S = 900  # a conversation that stays open is read once
_MOST_READS = 10_000


class Recording:
    """Writes down who does what; one per process."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._reads: dict[tuple[str, str, str], float] = {}

    async def begin(self, request: Request) -> None:
        """Record the request before it is done; behind Access.signed_in."""
        action, subject = action_of(request), subject_of(request)
        agent = cast("Agent", request.state.agent)
        if request.method == "GET":
            exports = action.endswith((".csv.read", "export.read"))
            if not (request.path_params or exports) or self._read_lately(agent.id, action, subject):
                return
        elif action.rpartition(".")[2] in _SILENT:
            return
        outcome = "read" if request.method == "GET" else "done"
        actor = Actor(agent.id, agent.name)
        await self._audit.note(actor, action, subject, outcome)
        request.state.recorded = (actor, action, subject)

    async def refuse(self, request: Request, why: str) -> None:
        """Add that it was not done after all, if it was recorded."""
        recorded = getattr(request.state, "recorded", None)
        if recorded is not None:
            actor, action, subject = recorded
            self._reads.pop((actor.id, action, subject), None)  # the next one may be let through
            await self._audit.note(actor, action, subject, "refused", {"why": why})

    def _read_lately(self, agent_id: str, action: str, subject: str) -> bool:
        moment = time.monotonic()
        if len(self._reads) > _MOST_READS:
            self._reads = {
                key: at for key, at in self._reads.items() if at > moment - _READ_AGAIN_S
            }
        key = (agent_id, action, subject)
        if self._reads.get(key, -_READ_AGAIN_S) > moment - _READ_AGAIN_S:
            return True
        self._reads[key] = moment
        return False


def action_of(request: Request) -> str:
    """Name what is asked for by its path: `conversations.take`, `conversations.read`."""
    path: str = getattr(request.scope.get("route"), "path", request.url.path)
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    named = [part for part in parts if part not in ("api", "console")]
    if request.method != "GET":
        return ".".join(named)
    if named[:1] == ["conversations"] and named[-1] in ("log", "messages"):
        named = named[:1]
    return ".".join([*named, "read"])


def subject_of(request: Request) -> str:
    """Name whose data it is about: `conversation:…`."""
    for name, value in request.path_params.items():
        return f"{name.removesuffix('_id')}:{value}"
    return ""
