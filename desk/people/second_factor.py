"""A second factor: six digits of an authenticator app (TOTP), or one of ten codes on paper.

Source: RFC 6238; a code counts once, and for 30 s before and after its time.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno

from channels.problem import Problem
from db.base import now
from db.engine import Database
from desk.tables import Agent

_ISSUER = "Sapa"
_RECOVERY_CODES = 10
_DRIFT = (-1, 0, 1)  # steps by which clocks may differ


class CodeNeeded(PermissionError):
    """The password is right; now the code of the authenticator app."""


class WrongCode(PermissionError):
    """The code is not right, or was used before."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """What an authenticator app scans; nothing is stored before its first code came back."""

    secret: str
    picture: str  # a data: address with the QR code


def pairing(agent: Agent) -> Pairing:
    """Make a new secret for somebody's app."""
    secret = pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=agent.login, issuer_name=_ISSUER)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, dark="#22302f", light="#fff")
    return Pairing(secret, picture)


def spend(agent: Agent, code: str, moment: datetime) -> None:
    """Use up a code of who needs one; `agent` is locked. Raises CodeNeeded, WrongCode."""
    if agent.totp_secret is None:
        return
    given = code.replace(" ", "").replace("-", "").lower()
    if not given:
        raise CodeNeeded
    if (step := _step(agent.totp_secret, given, moment)) is not None:
        if agent.totp_step is not None and step <= agent.totp_step:
            raise WrongCode
        agent.totp_step = step
        return
    digest = _digest(given)
    if digest not in agent.recovery:
        raise WrongCode
    agent.recovery = [one for one in agent.recovery if one != digest]


class SecondFactor:
    """Turns it on and off."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn_on(self, agent_id: str, secret: str, code: str) -> list[str]:
        """Keep `secret` if `code` shows that an app has it; gives codes to keep on paper.

        Raises WrongCode.
        """
        try:
            step = _step(secret, code.replace(" ", ""), now())
        except ValueError as error:  # not base32
            raise Problem("request-invalid", 422) from error
        if step is None:
            raise WrongCode
        codes = [secrets.token_hex(5) for _ in range(_RECOVERY_CODES)]
        async with self._database.write() as session:
            agent = await session.get_one(Agent, agent_id)
            agent.totp_secret, agent.totp_step = secret, step
            agent.recovery = [_digest(one) for one in codes]
        return [f"{one[:5]}-{one[5:]}" for one in codes]

    async def turn_off(self, agent_id: str) -> None:
        """Let the password be enough again."""
        async with self._database.write() as session:
            agent = await session.get_one(Agent, agent_id)
            agent.totp_secret = agent.totp_step = None
            agent.recovery = []


def _step(secret: str, code: str, moment: datetime) -> int | None:
    """Give the number of the 30 s in which `code` holds, if it is now."""
    totp = pyotp.TOTP(secret)
    here = totp.timecode(moment)
    held = (here + drift for drift in _DRIFT)
    return next(
        (step for step in held if secrets.compare_digest(totp.generate_otp(step), code)), None
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
