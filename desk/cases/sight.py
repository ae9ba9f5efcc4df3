"""Which tickets an agent may see and work on."""

from sqlalchemy import ColumnElement, or_, select, true

from conversation.tables import Conversation
from crm.ticketing.tables import Ticket
from desk.tables import Agent

_SUPERVISE = ("supervisor", "admin")


def visible(agent: Agent) -> ColumnElement[bool]:
    """Match what nobody has yet, what is theirs, and that of whom they are helping right now.

    A colleague's ticket is read by supervisors only, as a colleague's conversation is.
    """
    if agent.role in _SUPERVISE:
        return true()
    helped = select(Conversation.id).where(
        Conversation.state == "csr", Conversation.agent_id == agent.id
    )
    same_talk = helped.where(Conversation.id == Ticket.conversation_id)
    same_person = helped.where(
        Conversation.verified, Conversation.customer_id == Ticket.customer_id
    )
    return or_(
        Ticket.agent_id.is_(None),
        Ticket.agent_id == agent.id,
        same_talk.exists(),
        same_person.exists(),
    )


def may_assign(agent: Agent, to: str | None) -> bool:
    """Whether a ticket may be given to `to`: a CSR takes and puts back, a supervisor decides."""
    return agent.role in _SUPERVISE or to in (None, agent.id)
