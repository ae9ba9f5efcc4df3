"""Who answers for the bot: Rasa, or, when it is down, the knowledge base and a way to a person."""

import asyncio
from dataclasses import replace
from typing import Any

import structlog

from bot.actions.conversations import ConversationView
from bot.actions.handoff import wait_data
from bot.actions.services import Services
from bot.client import RasaUnavailable
from bot.rasas import Rasas
from bot.speech import Templates
from bot.stop_words import Promotions
from bot.surveys import SurveyTalk
from bot.typed import LONGEST, TypedChoices
from bot.waiting import WaitWords, wait_told
from channels.message import Choice, Reply
from conversation.answering import Answer, HandoffWish, Question
from crm.channel_codes import code_in
from faq.engine import FaqEngine

log = structlog.get_logger()


class BotAnswerer:
    """Implements conversation.answering.Answerer."""

    def __init__(
        self,
        rasa: Rasas,
        services: Services,
        typed: TypedChoices,
        wait_words: WaitWords,
        surveys: SurveyTalk,
    ) -> None:
        self._rasa = rasa
        self._faq = services.faq
        self._services = services
        self._queue = services.queue
        self._escalation = services.escalation
        self._wishes = services.wishes
        self._under_way = services.under_way
        self._typed = typed
        self._wait_words = wait_words
        self._surveys = surveys
        self._promotions = Promotions(services.consents)

    async def answer(self, question: Question) -> Answer:
        """Ask Rasa, and do without it when it fails or has nothing to say."""
        if question.attachment:  # nothing that Rasa could read
            words = self._words(question).reply(f"attachment-{question.attachment}", question.lang)
            return Answer(replies=(words,), dialogue=question.dialogue)
        if question.waiting:
            return await self._of_the_wait(question)
        try:
            conversation = await self._under_way.begin(question.conversation_id, question.turn_id)
            templates = self._words(question)
            ended = await self._promotions.answer(question, conversation, templates)
            if ended is not None:
                return ended
            question = self._with_choice(question, conversation)
            taken = await self._surveys.answer(question, conversation.context)
            if taken is None:
                return await self._of_rasa(question)
            wants_person = self._wishes.stands(question.text, "person")
            if not wants_person and not self._escalation.found(question.text):
                return taken
            # Who asks for a person, or is in danger, is heard also in a comment.
            answer = await self._of_rasa(question)
            return replace(answer, context={**answer.context, **taken.context})
        finally:
            self._under_way.end(question.turn_id)

    async def _of_rasa(self, question: Question) -> Answer:
        try:
            answer = await self._rasa.take_turn(question)
        except RasaUnavailable as reason:
            log.warning("answered without Rasa", turn=question.turn_id, reason=str(reason))
            return await self._without_rasa(question)
        if not answer.replies:
            log.error("Rasa said nothing", turn=question.turn_id, intent=answer.intent)
            return await self._without_rasa(question)
        return answer

    def _with_choice(self, question: Question, conversation: ConversationView) -> Question:
        """Take what was typed for the choice it names."""
        if question.choice is not None or len(question.text) > LONGEST:
            return question
        if code := code_in(question.text):
            return replace(question, choice=f"account_info:{code}")
        typed = self._typed.found(question.text, conversation.last_bot_turn)
        return replace(question, choice=typed) if typed else question

    async def _of_the_wait(self, question: Question) -> Answer:
        """Say how long it takes, or let the customer go on with the bot."""
        if self._wait_words.leaves(question.text):
            words = self._words(question).reply("line-left", question.lang)
            return Answer(replies=(words,), dialogue={}, leaves_line=True)
        expected = await self._queue.expected(question.conversation_id)
        words = wait_told(self._words(question), expected, question.lang)
        return Answer(replies=(words,), dialogue=question.dialogue)

    def _words(self, question: Question) -> Templates:
        return self._services.at(question.site).templates

    def apologise(self, question: Question, error_id: str) -> Answer:
        """Say that it did not work, with the code a CSR finds in the log, and offer a person."""
        words = self._words(question).reply("failure", question.lang, error=error_id, kind="error")
        return Answer(replies=(words,), dialogue={})

    async def _without_rasa(self, question: Question) -> Answer:
        """Keep the dialogue state, so that a form goes on when Rasa is back."""
        intent, _, value = (question.choice or "").partition(":")
        if intent == "request_human" or self._escalation.found(question.text):
            return await self._hand_over(question)
        faq = self._faq.pinned()
        if intent == "faq" and (reply := self._article(faq, value, question)):
            return Answer(replies=(reply,), dialogue=question.dialogue, intent="faq")
        return await self._search(faq, question)

    async def _search(self, faq: FaqEngine, question: Question) -> Answer:
        # Off the event loop: the encoder computes for milliseconds.
        found = await asyncio.to_thread(faq.search, question.text, question.lang)
        reply = None
        if found.decision == "answer":
            reply = self._article(faq, found.ranked[0].article_id, question, found.confidence)
        elif found.decision == "clarify":
            reply = self._clarify(faq, [match.article_id for match in found.choices], question)
        missed = reply is None
        reply = reply or self._words(question).reply("unavailable", question.lang)
        return Answer(
            replies=(reply,),
            dialogue=question.dialogue,
            missed=missed,
            intent=None if missed else "faq",
            confidence=found.confidence,
        )

    def _article(
        self, faq: FaqEngine, article_id: str, question: Question, confidence: float = 1.0
    ) -> Reply | None:
        article = faq.article(article_id)
        if article is None:
            return None
        data = {"article": article.id, "confidence": confidence}
        text = article.texts[question.lang].answer
        return self._words(question).article(
            text, question.lang, article.id, article.version, kind="answer", data=data
        )

    def _clarify(self, faq: FaqEngine, article_ids: list[str], question: Question) -> Reply:
        articles = [article for one in article_ids if (article := faq.article(one))]
        choices = [Choice(f"faq:{one.id}", one.texts[question.lang].title) for one in articles]
        data = {"articles": [one.id for one in articles]}
        return self._words(question).reply(
            "answer-clarify", question.lang, kind="clarify", data=data, choices=choices
        )

    async def _hand_over(self, question: Question) -> Answer:
        expected = await self._queue.expected(question.conversation_id)
        template = "unavailable-handoff" if expected.open else "unavailable-handoff-closed"
        slots: dict[str, Any] = {"position": str(expected.position)} if expected.open else {}
        data = {
            "state": "waiting",
            **wait_data(expected),
            "reason": "request",
        }
        reply = self._words(question).reply(
            template, question.lang, kind="handoff", data=data, **slots
        )
        brief = {"wants": question.text, "said": question.text}
        return Answer(
            replies=(reply,),
            dialogue={},
            handoff=HandoffWish("request", brief, expected.record()),
            intent="request_human",
        )
