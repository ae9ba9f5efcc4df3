"""Ask for a mark, and hear the answer: a tap, a typed number, or a comment in the customer's words.

A tap counts whoever answers at the moment, bot or person, so it is taken when it is stored
(conversation/transcript.py) and not in a turn; it needs no Rasa, and disturbs no form.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection

from bot.speech import Templates
from channels.message import Choice, Inbound, Lang, Reply
from conversation.answering import Answer, Question
from conversation.tables import Conversation
from crm.surveys.asking import Asked, Solved, Surveys, Taken
from crm.surveys.questionnaires import BrokenQuestionnaires, Questionnaires
from db.base import now
from db.engine import Database

_INTENT = "survey"
_COMMENT, _SKIP = "comment", "skip"
_AWAITED = "survey_comment"  # in the conversation's context: which survey, and until when
_PATIENCE = timedelta(minutes=15)  # for the comment; later words are about something else
_SURVEY_COMMENT = "survey_comment"  # as intent of the turn that took it


@dataclass(frozen=True, slots=True)
class SurveyTalk:
    """Speaks and hears surveys."""

    name: str  # of the assistant
    database: Database
    surveys: Surveys
    templates: Templates

    def question(self, solved: Solved, asked: Asked, agent: str | None) -> Reply:
        """Ask about a case that `agent`, or the bot, solved."""
        lang = cast("Lang", solved.lang)
        scale, name = asked.questionnaire.scale, asked.questionnaire.name
        by_person = solved.solver == "person" and agent is not None
        slots: dict[str, Any] = {"agent": agent} if by_person else {}
        return self.templates.reply(
            f"survey-{name}-{'person' if by_person else 'bot'}",
            lang,
            kind="survey",
            data={"survey_id": asked.id, "scale": scale},
            choices=[
                Choice(f"{_INTENT}:{asked.id}:{mark}", self._label(scale, mark, lang))
                for mark in asked.questionnaire.marks
            ],
            **slots,
        )

    def beside(
        self, connection: Connection, conversation: Conversation, inbound: Inbound
    ) -> Reply | None:
        """Take a tap on a survey in the transaction that stores it; None for any other message."""
        if inbound.choice is None:
            return None
        if not inbound.choice.startswith(f"{_INTENT}:"):
            _forget_comment(conversation)  # they turned to something else
            return None
        reply, context = self._tapped(
            connection,
            conversation.id,
            inbound.choice,
            cast("Lang", conversation.lang),
            f"{inbound.channel}:{inbound.source_id}",
        )
        conversation.context = {**(conversation.context or {}), **context}
        return reply

    async def answer(self, question: Question, context: Mapping[str, Any]) -> Answer | None:
        """Take a typed mark, or the comment that was asked for; None if it is neither."""
        if question.choice is not None:
            return await self._typed(question)
        awaited = context.get(_AWAITED)
        if not awaited or not _is_awaited(awaited):
            return None
        taken = await self.database.change(
            lambda connection: self.surveys.comment(
                connection, question.conversation_id, awaited["id"], question.text
            )
        )
        reply = self._after(taken, question.lang)
        return Answer((reply,), question.dialogue, context={_AWAITED: None}, intent=_SURVEY_COMMENT)

    async def _typed(self, question: Question) -> Answer | None:
        choice = question.choice or ""
        if not choice.startswith(f"{_INTENT}:"):
            return None
        reply, context = await self.database.change(
            lambda connection: self._tapped(
                connection, question.conversation_id, choice, question.lang, question.turn_id
            )
        )
        return Answer((reply,), question.dialogue, context=context, intent=_INTENT)

    def _tapped(
        self, connection: Connection, conversation_id: str, choice: str, lang: Lang, said_in: str
    ) -> tuple[Reply, Mapping[str, Any]]:
        _, survey_id, value = (*choice.split(":", 2), "", "")[:3]
        if value == _COMMENT:
            taken = self.surveys.may_comment(connection, conversation_id, survey_id)
            if taken.what != "stored":
                return self._after(taken, lang), {_AWAITED: None}
            until = (now() + _PATIENCE).isoformat()
            awaited = {_AWAITED: {"id": survey_id, "until": until}}
            skip = self._choice(survey_id, _SKIP, lang)
            return self.templates.reply("survey-write", lang, choices=[skip]), awaited
        if value == _SKIP:
            return self.templates.reply("survey-skipped", lang), {_AWAITED: None}
        mark = int(value) if value.isascii() and value.isdigit() else -1
        taken = self.surveys.mark(connection, conversation_id, survey_id, mark, said_in)
        return self._after(taken, lang), {_AWAITED: None}

    def _after(self, taken: Taken, lang: Lang) -> Reply:
        """Say what became of an answer."""
        bad = "-bad" if taken.bad else ""
        if taken.what == "commented":
            return self.templates.reply(f"survey-commented{bad}", lang)
        if taken.what != "stored":
            return self.templates.reply(f"survey-{taken.what}", lang)
        comment = self._choice(taken.survey_id, _COMMENT, lang)
        return self.templates.reply(f"survey-thanks{bad}", lang, choices=[comment])

    def _choice(self, survey_id: str, value: str, lang: Lang) -> Choice:
        label = self.templates.text(f"label-survey-{value}", lang)
        return Choice(f"{_INTENT}:{survey_id}:{value}", label)

    def _label(self, scale: str, mark: int, lang: Lang) -> str:
        label = f"label-survey-{scale}-{mark}"
        return self.templates.text(label, lang) if label in self.templates else str(mark)


def check_words(
    questionnaires: Questionnaires, templates: Templates, categories: Collection[str]
) -> None:
    """Raise BrokenQuestionnaires where a sentence or the ticket's category is not there."""
    needed = [
        f"survey-{name}-{who}" for name in questionnaires.by_name for who in ("bot", "person")
    ]
    missing = [template for template in needed if template not in templates]
    if missing:
        raise BrokenQuestionnaires(f"bot/templates has no {', '.join(missing)}")
    if questionnaires.follow_up.category not in categories:
        raise BrokenQuestionnaires(
            f"follow_up.category: there is no ticket category {questionnaires.follow_up.category!r}"
        )


def _forget_comment(conversation: Conversation) -> None:
    if (conversation.context or {}).get(_AWAITED):
        conversation.context = {**conversation.context, _AWAITED: None}


def _is_awaited(awaited: Mapping[str, Any]) -> bool:
    """Whether a comment is still waited for; one from after a clock was set back is not."""
    until, moment = datetime.fromisoformat(str(awaited["until"])), now()
    return moment <= until <= moment + _PATIENCE
