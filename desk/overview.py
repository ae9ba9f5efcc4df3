"""The lists at the left of the console, as one agent may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from conversation.reading import Reading
from conversation.view import rfc3339
from desk.queue import Entry, Queue, WaitingConversation
from desk.routing.teams import Teams, may_see
from desk.tables import Agent


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything an agent can turn to, most urgent list first."""

    waiting: Sequence[WaitingConversation]
    mine: Sequence[Entry]
    others: Sequence[Entry]  # colleagues'; only for supervisors
    with_bot: Sequence[Entry]
    unread: Mapping[str, int] = field(default_factory=dict)  # of mine: messages not looked at

    @property
    def needing(self) -> int:
        """How many conversations need a person now."""
        return len(self.waiting) + sum(entry.unanswered for entry in self.mine)

    def as_json(self) -> dict[str, Any]:
        """Give the lists as the API shows them."""
        return {
            "waiting": [_json(entry) for entry in self.waiting],
            "mine": [_json(entry) for entry in self.mine],
            "others": [_json(entry) for entry in self.others],
            "with_bot": [_json(entry) for entry in self.with_bot],
            "unread": dict(self.unread),
        }


class Overview:
    """Reads the lists for an agent."""

    def __init__(self, queue: Queue, teams: Teams, reading: Reading) -> None:
        self._queue = queue
        self._teams = teams
        self._reading = reading

    async def of(self, agent: Agent) -> Lists:
        """Give the lists; of the bot's conversations a CSR sees that they exist, not the words."""
        supervises = agent.role in ("supervisor", "admin")
        teams = await self._teams.of(agent)
        waiting = [row for row in await self._queue.waiting() if may_see(agent, teams, row.team_id)]
        waiting.sort(key=lambda row: row.offered_to != agent.id)  # offered to oneself first
        with_bot = await self._queue.with_bot()
        return Lists(
            waiting=waiting,
            mine=await self._queue.helped_by(agent.id),
            others=await self._queue.helped_by_others(agent.id) if supervises else [],
            with_bot=with_bot if supervises else [replace(row, last_text="") for row in with_bot],
            unread=await self._reading.unread(agent.id),
        )


def _json(entry: Entry) -> dict[str, Any]:
    return {
        key: rfc3339(value) if isinstance(value, datetime) else value
        for key, value in asdict(entry).items()
    }
