"""`sapa agents …`: who may log in to the console. Passwords are asked or made, never arguments."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar, cast

import typer

from channels.message import Lang
from db.engine import Database
from desk.agents import Agents, LoginTaken, Role, WeakPassword
from desk.demo import LOGIN, ensure_demo_agent
from settings import Settings, load_settings

agents_commands = typer.Typer(no_args_is_help=True)

_Result = TypeVar("_Result")
_Login = Annotated[str, typer.Argument(help="What is typed at login.")]
_Generate = Annotated[bool, typer.Option("--generate", help="Make a password and show it once.")]


@agents_commands.command()
def add(
    login: _Login,
    name: Annotated[str, typer.Option(help="First name that customers see.")],
    role: Annotated[str, typer.Option(help="csr, supervisor or admin.")] = "csr",
    lang: Annotated[str, typer.Option(help="Language of the console: id or en.")] = "id",
    capacity: Annotated[int, typer.Option(min=1, help="Conversations helped at once.")] = 3,
    *,
    generate: _Generate = False,
) -> None:
    """Open an account; asks for its password."""
    if role not in ("csr", "supervisor", "admin") or lang not in ("id", "en"):
        _stop("--role is csr, supervisor or admin; --lang is id or en")
    if not login.strip() or not name.strip():
        _stop("login and name cannot be empty")
    password = _password(generate=generate)
    _run(
        lambda agents: agents.create(
            login,
            name,
            password,
            role=cast("Role", role),
            lang=cast("Lang", lang),
            capacity=capacity,
        )
    )
    typer.echo(f"added {login}" + (f", password {password}" if generate else ""))


@agents_commands.command()
def password(login: _Login, *, generate: _Generate = False) -> None:
    """Change a password; all sessions of the account end."""
    chosen = _password(generate=generate)
    _run(lambda agents: agents.set_password(login, chosen))
    typer.echo(f"changed {login}" + (f", password {chosen}" if generate else ""))


@agents_commands.command()
def deactivate(login: _Login) -> None:
    """Close an account and end its sessions."""
    _run(lambda agents: agents.deactivate(login))
    typer.echo(f"deactivated {login}")


@agents_commands.command(name="list")
def list_agents() -> None:
    """List the accounts."""
    for agent in _run(lambda agents: agents.all()):
        state = "active" if agent.active else "inactive"
        typer.echo(f"{agent.login}\t{agent.name}\t{agent.role}\t{agent.lang}\t{state}")


def demo_agent(settings: Settings) -> str:
    """Make sure the demo CSR exists; gives a line that says how to log in. Raises NotADemo."""

    async def ensure() -> tuple[str, bool]:
        database = Database(settings.database)
        try:
            agents = Agents(database)
            return await ensure_demo_agent(database, agents, settings.data_dir, demo=settings.demo)
        finally:
            await database.close()

    chosen, _ = asyncio.run(ensure())
    return f"/console as {LOGIN}, password {chosen}"


def _run(act: Callable[[Agents], Awaitable[_Result]]) -> _Result:
    async def run() -> _Result:
        database = Database(load_settings().database)
        try:
            return await act(Agents(database))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except WeakPassword:
        _stop("a password has 12 to 256 characters, 5 different ones, and not the login in it")
    except LoginTaken as error:
        _stop(f"the login {error} is taken")
    except LookupError as error:
        _stop(f"nobody has the login {error}")


def _password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(15)
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _stop(text: str) -> NoReturn:
    typer.echo(f"sapa: {text}", err=True)
    raise typer.Exit(1)
