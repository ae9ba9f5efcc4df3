"""Answers to what the customer said last, from the articles; a CSR inserts and sends them."""

import asyncio
from dataclasses import dataclass
from typing import cast

from sqlalchemy import select

from channels.message import Lang
from channels.problem import Problem
from conversation.tables import Conversation, Message, UnansweredQuestion
from db.engine import Database
from desk.cases.shop import Knowledge

_MOST = 3
_LIKELY = 0.2  # of the best one; less is no help but noise


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One article that may answer."""

    article: str
    version: str
    title: str
    answer: str
    percent: int | None  # how sure, of the first


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was asked and what may answer it."""

    question: str
    found: list[Suggestion]


class Suggesting:
    """Searches for a CSR as the bot would for a customer."""

    def __init__(self, database: Database, knowledge: Knowledge | None) -> None:
        self._database = database
        self._knowledge = knowledge

    async def of(self, conversation_id: str) -> Suggested:
        """Search for the customer's latest words."""
        async with self._database.read() as session:
            conversation = await session.get_one(Conversation, conversation_id)
            text = await session.scalar(
                select(Message.text)
                .where(
                    Message.conversation_id == conversation_id,
                    Message.author == "customer",
                    Message.text != "",
                )
                .order_by(Message.seq.desc())
                .limit(1)
            )
        if not text or self._knowledge is None:
            return Suggested(text or "", [])
        lang = cast("Lang", conversation.lang)
        return await asyncio.to_thread(self._search, self._knowledge, text, lang)

    def _search(self, knowledge: Knowledge, text: str, lang: Lang) -> Suggested:
        """Search in a thread: the model takes milliseconds of CPU, and others type meanwhile."""
        finding = knowledge.search(text, lang)
        if finding.confidence < _LIKELY:
            return Suggested(text, [])
        found = []
        for place, match in enumerate(finding.ranked[:_MOST]):
            article = knowledge.article(match.article_id)
            if article is not None:
                said = article.texts[lang]
                percent = round(finding.confidence * 100) if place == 0 else None
                found.append(
                    Suggestion(article.id, article.version, said.title, said.answer, percent)
                )
        return Suggested(text, found)

    async def keep(self, conversation_id: str, seq: int) -> str:
        """Ask for an article from what a CSR answered; gives the question. Raises Problem 404.

        The question is what the customer said before it. Asking twice keeps it once.
        """
        async with self._database.write() as session:
            said = await session.scalar(
                select(Message).where(
                    Message.conversation_id == conversation_id,
                    Message.seq == seq,
                    Message.author == "csr",
                )
            )
            question = await session.scalar(
                select(Message)
                .where(
                    Message.conversation_id == conversation_id,
                    Message.seq < seq,
                    Message.author == "customer",
                    Message.text != "",
                )
                .order_by(Message.seq.desc())
                .limit(1)
            )
            if said is None or question is None or not said.text:
                raise Problem("nothing-to-keep", 404)
            turn_id = f"console:{said.id}"
            if await session.get(UnansweredQuestion, turn_id) is None:
                session.add(
                    UnansweredQuestion(
                        turn_id=turn_id,
                        conversation_id=conversation_id,
                        text=question.text,
                        lang=question.lang,
                        best_article=None,
                        confidence=0.0,
                        answer=said.text,
                        at=question.at,
                    )
                )
            return question.text
