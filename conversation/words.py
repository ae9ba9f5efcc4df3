"""The words of a message: what a tap, an attachment or a text stands for in the conversation."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from sqlalchemy import Connection, select

from channels.attachment import described, kind_of
from channels.message import AttachmentKind, Inbound, Lang
from conversation.tables import Conversation, Message
from language import detect

# A language is called by its own name, whatever the language of the reader.
_LANGUAGE_CHOICES = {"change_language:id": "Bahasa Indonesia", "change_language:en": "English"}


class ChoiceUnknown(ValueError):
    """The customer tapped something that was never offered in this conversation."""


def heard(connection: Connection, conversation: Conversation, inbound: Inbound) -> str:
    """Give the words a message is shown with; words also tell which language is spoken."""
    if inbound.is_command:
        return inbound.text
    if inbound.choice is not None:
        return _label(connection, conversation, inbound.choice)
    if inbound.text and inbound.asks:
        conversation.lang = detect(inbound.text, cast("Lang", conversation.lang)).lang
    return shown(inbound.text, inbound.data, cast("Lang", conversation.lang))


def shown(text: str, data: Mapping[str, Any], lang: Lang) -> str:
    """Give the words for those who read the conversation."""
    attachment = data.get("attachment")
    return described(attachment, lang) if attachment else text


@cache
def owner_name(lang: Lang) -> str:
    """Say who stands above what the shop's owner wrote by phone."""
    file = Path(__file__).parent / "content" / "owner.yml"
    return str(yaml.safe_load(file.read_text(encoding="utf-8"))[lang])


def words_of(message: Message) -> str:
    """What the customer wrote; of an attachment only what stands beside it."""
    attachment = message.data.get("attachment")
    return str(attachment["caption"]) if attachment else message.text


def attachment_of(messages: Sequence[Message]) -> AttachmentKind | None:
    """Say what was sent last, where all that was sent has no words."""
    if any(map(words_of, messages)) or not messages:
        return None
    return kind_of(messages[-1].data.get("attachment", {}).get("kind", "unsupported"))


def _label(connection: Connection, conversation: Conversation, choice: str) -> str:
    """Find what the tapped choice says; only what was offered may be chosen.

    The language may be chosen always: every client has a switch of its own.
    """
    if choice in _LANGUAGE_CHOICES:
        return _LANGUAGE_CHOICES[choice]
    offered = connection.scalars(
        select(Message.choices)
        .where(Message.conversation_id == conversation.id, Message.author != "customer")
        .order_by(Message.seq.desc())
        .limit(50)
    )
    for choices in offered:
        for entry in choices:
            if entry["id"] == choice:
                return str(entry["label"])
    raise ChoiceUnknown(choice)
