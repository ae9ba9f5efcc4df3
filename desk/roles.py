"""What a role may do beyond a CSR."""

from channels.problem import Problem
from desk.tables import Agent


def supervises(agent: Agent) -> bool:
    """Whether this person sees what everybody does."""
    return agent.role in ("supervisor", "admin")


def supervisors_only(agent: Agent) -> None:
    """Raise Problem 403 for a CSR."""
    if not supervises(agent):
        raise Problem("supervisors-only", 403)


def admins_only(agent: Agent) -> None:
    """Raise Problem 403 for whoever is not an admin."""
    if agent.role != "admin":
        raise Problem("admins-only", 403)
