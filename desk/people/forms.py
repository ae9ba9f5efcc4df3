"""What the console's forms about people send; a list is written with commas."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from channels.message import Lang
from channels.text import clean
from desk.agents import Role

_MOST = 30


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _said(value: str) -> str:
    said = clean(value)
    if not said:
        raise ValueError("empty")
    return said


Listed = Annotated[list[str], BeforeValidator(_listed), Field(max_length=_MOST)]
Said = Annotated[str, AfterValidator(_said), Field(max_length=80)]
Capacity = Annotated[int, Field(ge=1, le=50)]


class InvitationForm(BaseModel):
    """Whom to invite."""

    login: Annotated[Said, Field(pattern=r"^[^\s]+$")]
    name: Said
    role: Role = "csr"
    lang: Lang = "id"
    capacity: Capacity = 3
    teams: Listed = []


class PersonForm(BaseModel):
    """What an admin sets of somebody; a box that is not ticked is not sent."""

    name: Said
    role: Role
    capacity: Capacity
    active: bool = False
    sees_all: bool = False
    langs: Listed = []
    topics: Listed = []
    lines: Listed = []
    cities: Listed = []
    teams: Listed = []


class NewPassword(BaseModel):
    """A password that somebody chose."""

    password: str = Field(max_length=1000)


class PasswordChange(NewPassword):
    """A new password of one's own, with the old one."""

    current: str = Field(max_length=1000)


class PairingForm(BaseModel):
    """The secret that was shown and the code that an app made of it."""

    secret: str = Field(max_length=64)
    code: str = Field(max_length=12)


class PasswordAgain(BaseModel):
    """One's password, before a second factor is turned off."""

    password: str = Field(max_length=1000)


class Away(BaseModel):
    """Whether one is away."""

    away: bool
