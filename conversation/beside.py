"""What customers tap that is no part of the talk, such as a survey's mark.

It is taken whoever answers at the moment: it takes nobody out of the queue, wakes no bot, and opens
no closed conversation.
"""

from typing import Protocol

from sqlalchemy import Connection

from channels.message import Author, Inbound, Reply
from conversation.tables import Conversation


class Beside(Protocol):
    """Whoever takes such taps; `name` is what their answer is signed with."""

    @property
    def name(self) -> str:
        """The name of the assistant."""

    def beside(
        self, connection: Connection, conversation: Conversation, inbound: Inbound
    ) -> Reply | None:
        """Take the tap in the transaction that stores it; None if it is part of the talk."""


def author_beside(conversation: Conversation) -> Author:
    """Say who answers it: the bot is silent while a person is waited for or answers."""
    return "system" if conversation.state in ("waiting", "csr") else "bot"
