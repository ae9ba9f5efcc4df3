"""Tell a customer about their ticket on their own channel, without taking it from who answers."""

from dataclasses import replace
from typing import Any, cast

from channels.message import Choice, Lang, Reply, Source
from channels.problem import Problem
from conversation.ownership import NotYours, Ownership
from crm.ticketing.history import By
from crm.ticketing.tables import Ticket
from crm.ticketing.work import TicketWork
from desk.cases.detail import TicketPages
from desk.tables import Agent
from desk.words import Sentences

_TELL = ("open", "waiting_customer", "solved", "closed")  # statuses that customers hear of


class TicketTelling:
    """Sends what CSRs write and what became of a ticket."""

    def __init__(self, pages: TicketPages, ownership: Ownership, sentences: Sentences) -> None:
        self._pages = pages
        self._ownership = ownership
        self._sentences = sentences

    async def write(
        self, work: TicketWork, row: Ticket, agent: Agent, text: str, client_id: str
    ) -> None:
        """Send a CSR's own words and keep them with the ticket.

        Raises Problem 409 where there is no channel, NotYours where a colleague talks with them.
        """
        lang = cast("Lang", row.lang)
        reply = Reply(
            text=text,
            lang=lang,
            source=Source("csr", agent.id, ""),
            kind="ticket",
            data=card(row),
            choices=self._choices(row, lang),
        )
        await self._send(row, agent, reply, client_id, by_person=True)
        await work.note(f"console:{client_id}", row.id, By("csr", agent.id), text, told=True)

    async def changed(
        self, row: Ticket, agent: Agent, key: str, client_id: str, **slots: str
    ) -> bool:
        """Say what became of the ticket in approved words; whether it could be said."""
        lang = cast("Lang", row.lang)
        reply = self._sentences.about(key, lang, "ticket", card(row), ticket=row.number, **slots)
        reply = replace(reply, choices=self._choices(row, lang))
        try:
            await self._send(row, agent, reply, client_id, by_person=False)
        except (Problem, NotYours):
            return False
        return True

    async def status(self, row: Ticket, agent: Agent, client_id: str) -> bool:
        """Say the new status."""
        return row.status in _TELL and await self.changed(
            row, agent, f"ticket_{row.status}", client_id
        )

    async def _send(
        self, row: Ticket, agent: Agent, reply: Reply, client_id: str, *, by_person: bool
    ) -> None:
        conversation = await self._pages.reached_in(row)
        if conversation is None:
            raise Problem("ticket-no-channel", 409)
        context: dict[str, Any] = {"ticket": row.number, "ticket_id": row.id}
        await self._ownership.tell(
            conversation.id,
            agent.id,
            reply,
            "csr" if by_person else "system",
            agent.name if by_person else "",
            client_id,
            context,
        )

    def _choices(self, row: Ticket, lang: Lang) -> tuple[Choice, ...]:
        labels = self._sentences.texts
        choices = [Choice("inform:note", labels["label_note"][lang])]
        if row.status in ("open", "waiting_customer"):
            choices.append(Choice("ticket_status", labels["label_status"][lang]))
        return tuple(choices)


def card(row: Ticket) -> dict[str, str]:
    """Return what the client's ticket card shows."""
    return {
        "number": row.number,
        "category": row.category,
        "priority": row.priority,
        "status": row.status,
        "due_at": row.due_at.isoformat(),
    }
