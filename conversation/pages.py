"""Which page of the shop a visitor looks at: kept for whoever helps, and a reason to offer help."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection

from channels.message import Lang, Reply
from channels.problem import Problem
from conversation.rows import ConversationUnknown, held
from conversation.tables import Conversation
from conversation.thread import is_quiet
from conversation.transcript import Transcript
from db.base import now

_AGAIN_AFTER = timedelta(hours=12)  # who did not want help with a page is not asked on each visit


class PageVisits:
    """Implements channels.website_visit.Pages over the transcript."""

    def __init__(
        self,
        transcript: Transcript,
        help_with: Callable[[str, Lang], Reply | None],
        bot_name: str,
    ) -> None:
        """`help_with` gives what the assistant says about a kind of page, if anything."""
        self._transcript = transcript
        self._help_with = help_with
        self._bot_name = bot_name

    async def look(self, conversation_id: str, page: Mapping[str, Any]) -> None:
        """Note the page, and offer help with it. Raises Problem 401."""
        try:
            spoke = await self._transcript.database.change(
                lambda connection: self._look(connection, conversation_id, page)
            )
        except ConversationUnknown as error:
            raise Problem("session-invalid", 401) from error
        if spoke:
            self._transcript.announce(conversation_id)

    def _look(self, connection: Connection, conversation_id: str, page: Mapping[str, Any]) -> bool:
        kind, moment = str(page["kind"]), now()
        with held(connection, conversation_id) as conversation:
            offered = dict((conversation.page or {}).get("offered", {}))
            help_offered = None
            if _is_free(conversation) and _long_ago(offered.get(kind), moment):
                help_offered = self._help_with(kind, cast("Lang", conversation.lang))
            if help_offered is not None:
                offered[kind] = moment.isoformat()
                self._transcript.add_reply(
                    connection, conversation, help_offered, "bot", self._bot_name
                )
            conversation.page = {**page, "at": moment.isoformat(), "offered": offered}
        return help_offered is not None


def _is_free(conversation: Conversation) -> bool:
    """Whether the bot has the conversation, and neither an answer nor a question is open."""
    return (
        conversation.state == "bot"
        and conversation.pending_since is None
        and conversation.lease_until is None
        and not conversation.dialogue.get("loop")
        and not conversation.context.get("problem")
        and not is_quiet(conversation)
    )


def _long_ago(offered_at: str | None, moment: datetime) -> bool:
    return offered_at is None or datetime.fromisoformat(offered_at) + _AGAIN_AFTER < moment
