"""The commands `sapa crm …`; those that need the conversations too are added by the app."""

import typer

crm_commands = typer.Typer(help="Customers and offers.", no_args_is_help=True)


@crm_commands.callback()
def _group() -> None:
    """Keep each command a word of its own, also if it is the only one."""
