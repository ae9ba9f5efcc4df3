"""The demo shop's one CSR, whose password only the owner of the machine can read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from db.engine import Database
from desk.agents import Agents, LoginTaken
from desk.tables import Agent

LOGIN = "demo"
_NAME = "Sari"
_FILE = "demo_csr_password"


class NotADemo(RuntimeError):
    """A demo account outside demo mode would be a door left open."""


async def ensure_demo_agent(
    database: Database, agents: Agents, data_dir: Path, *, demo: bool
) -> tuple[str, bool]:
    """Make the demo CSR if there is none; gives its password and whether it is new.

    The password is kept in `data_dir`, readable by the owner only, so that later starts can show
    it again. Raises NotADemo.
    """
    if not demo:
        raise NotADemo(LOGIN)
    password, kept = _kept_password(data_dir / _FILE)
    async with database.read() as session:
        exists = await session.scalar(select(Agent.id).where(Agent.login == LOGIN))
    if exists is None:
        with suppress(LoginTaken):  # another process was first, with the same file
            await agents.create(LOGIN, _NAME, password)
    elif not kept:  # the file was lost
        await agents.set_password(LOGIN, password)
    return password, exists is None


async def refuse_demo_agent(database: Database, *, demo: bool) -> None:
    """Close the demo account where the database of a demo is served for real."""
    if demo:
        return
    async with database.read() as session:
        left = await session.scalar(select(Agent.id).where(Agent.login == LOGIN, Agent.active))
    if left:
        await Agents(database).deactivate(LOGIN)


def _kept_password(path: Path) -> tuple[str, bool]:
    """Read the password, or make one; says whether it was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip(), True
    return password, False
