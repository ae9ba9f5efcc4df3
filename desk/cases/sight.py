"""Which tickets an agent may see and work on."""

from sqlalchemy import ColumnElement, or_, select, true

from conversation.tables import Conversation
from crm.ticketing.tables import Ticket
from desk.people.tables import TeamMember
from desk.tables import Agent

_SUPERVISE = ("supervisor", "admin")


def visible(agent: Agent) -> ColumnElement[bool]:
    """Match what nobody has yet, what is theirs, and that of whom they are helping right now.

    A colleague's ticket is read by supervisors only, as a colleague's conversation is; so is what
    nobody has, where it came from a conversation of another team.
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
    free: ColumnElement[bool] = Ticket.agent_id.is_(None)
    if not agent.sees_all:
        theirs = select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)
        elsewhere = select(Conversation.id).where(
            Conversation.id == Ticket.conversation_id,
            Conversation.team_id.is_not(None),
            Conversation.team_id.not_in(theirs),
        )
        free = free & ~elsewhere.exists()
    return or_(
        free,
        Ticket.agent_id == agent.id,
        same_talk.exists(),
        same_person.exists(),
    )


def may_assign(agent: Agent, to: str | None) -> bool:
    """Whether a ticket may be given to `to`: a CSR takes and puts back, a supervisor decides."""
    return agent.role in _SUPERVISE or to in (None, agent.id)
