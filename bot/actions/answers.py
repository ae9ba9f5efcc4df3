"""Answer questions from the knowledge base; ask back when unsure, and never guess."""

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.actions.articles import answer_with, article_of
from bot.actions.handoff import POSSIBLE, hand_off, soothe, wish_of
from bot.actions.parts import TASKS, Part, courtesy, sure_part, task_beside
from bot.actions.questions import Asked, questions_of
from bot.actions.topic import Topic
from bot.actions.turn import Turn
from conversation.tables import AnswerRating, UnansweredQuestion
from faq.engine import Finding

_NONE = "none"  # the choice that says that no title fits
_MOST_TITLES = 3
_MOST_ANSWERS = 3  # to one message
_SURE_INTENT = 0.8  # of small talk, from which on no answer is looked for
_CLOSE = 0.5  # of a task, relative to the question's own likelihood
_PERHAPS = 0.2  # of anger, where nothing else was understood
_WISH = 0.2  # of a wish for a person, likewise
_HINT, _EITHER = 0.1, 0.35  # of a wish, where it and anger together are as likely as this
_EXCERPT = 500  # characters of a question kept for the shop owner
_QUOTED = 80  # characters of a part that is said to have no answer
_IDLE = frozenset({"chitchat", "out_of_scope"})


class AnswerQuestion(Topic):
    """Finds the article; also for what no intent fits."""

    action_name = "action_answer"
    soothes = False  # only when it knows what it says

    async def act(self, turn: Turn) -> None:
        """Answer all that is asked, clarify, or say that there is no answer."""
        if turn.value is not None:
            await self._answer_chosen(turn, turn.value)
            return
        idle = turn.intent in _IDLE and turn.confidence >= _SURE_INTENT
        if idle and sure_part(turn, "faq") is None:
            self._decline(turn)
            return
        if turn.intent == "deny":  # to the titles that were offered
            await self._answer_chosen(turn, _NONE)
            return
        in_form, unsure = turn.loop is not None, turn.intent == "nlu_fallback"
        bare = bool(turn.entities("phone_last4")) and len(turn.text.split()) == 1
        facts = unsure or turn.intent == "inform" or bare
        form = _form_that_fits(turn) if facts else None
        if form is not None and not in_form:
            turn.follow(form)
            return
        if in_form and self.services.wishes.found(turn.text) == "leave":
            turn.leave_form()  # and asks something else
        asked = await asyncio.to_thread(questions_of, turn)
        await self._answer_asked(turn, asked, may_clarify=not (in_form and unsure))

    async def _answer_asked(self, turn: Turn, asked: Sequence[Asked], *, may_clarify: bool) -> None:
        """Answer; what has no answer may be a task, or a wish for a person."""
        in_form, known = turn.loop is not None, any(one.answered for one in asked)
        task = task_beside(turn) or (None if asked[0].answered else _likely_task(turn))
        if task is not None and not in_form and not known:
            turn.follow(TASKS[task.intent])
            return
        if not known and _may_wish_for_a_person(turn):
            await hand_off(turn, wish_of(turn))
            return
        soothe(turn, POSSIBLE if known else _PERHAPS)
        polite = courtesy(turn)
        if polite and not in_form and any(one.finding.decision != "abstain" for one in asked):
            turn.say(f"{polite}-short")
        if len(asked) > 1:
            await self._answer_each(turn, asked)
        else:
            await self._answer_one(turn, asked[0], may_clarify=may_clarify)
        if task is not None and not in_form:
            turn.follow(TASKS[task.intent])

    async def _answer_one(self, turn: Turn, asked: Asked, *, may_clarify: bool) -> None:
        finding = asked.finding
        if asked.answered:
            article = article_of(turn, finding.ranked[0].article_id)
            answer_with(turn, article, finding.confidence, question=asked.text[:_EXCERPT])
        elif finding.decision == "clarify" and may_clarify:
            self._clarify(turn, asked)
        elif turn.intent in _IDLE:
            self._decline(turn)
        else:
            await self._miss(turn, finding)

    async def _answer_each(self, turn: Turn, asked: Sequence[Asked]) -> None:
        """Answer one after the other; of what stays open, ask back once or say so."""
        answered = [one for one in asked[:_MOST_ANSWERS] if one.answered]
        for one in answered:
            article = article_of(turn, one.finding.ranked[0].article_id)
            question, more = one.text[:_EXCERPT], one is not answered[-1]
            answer_with(turn, article, one.finding.confidence, question=question, more=more)
        left = [one for one in asked[:_MOST_ANSWERS] if not one.answered]
        unclear = next((one for one in left if one.finding.decision == "clarify"), None)
        if unclear is not None:
            self._clarify(turn, unclear)
        elif left:
            finding = left[0].finding
            await self._keep_unanswered(turn, left[0].text, left[0].article, finding.confidence)
            turn.say("answer-part-missed", question=left[0].text[:_QUOTED])
        if len(asked) > _MOST_ANSWERS:
            turn.say("answer-more")

    async def _answer_chosen(self, turn: Turn, value: str) -> None:
        article = None if value == _NONE else turn.services.faq.article(value)
        if article is not None:
            answer_with(turn, article, 1.0)
        elif value == _NONE:
            question = str(turn.conversation.context.get("unclear") or "")
            await self._keep_unanswered(turn, question, None, 0.0)
            turn.command(missed=True)
            turn.say("answer-none-of-these")
        else:
            turn.say("answer-gone")

    def _clarify(self, turn: Turn, asked: Asked) -> None:
        matches = asked.finding.choices[:_MOST_TITLES]
        articles = [article_of(turn, match.article_id) for match in matches]
        choices = [
            turn.choice(f"faq:{article.id}", article.texts[turn.lang].title) for article in articles
        ]
        turn.say(
            "answer-clarify",
            kind="clarify",
            data={"articles": [article.id for article in articles]},
            choices=[*choices, turn.choice(f"faq:{_NONE}")],
        )
        turn.remember(unclear=turn.text[:_EXCERPT], question=asked.text[:_EXCERPT])

    def _decline(self, turn: Turn) -> None:
        if turn.loop is not None:
            turn.say("chitchat-short")
        else:
            turn.say("chitchat" if turn.intent == "chitchat" else "out-of-scope")

    async def _miss(self, turn: Turn, finding: Finding) -> None:
        turn.command(missed=True)
        if turn.loop is not None and turn.intent == "nlu_fallback":
            missed = turn.conversation.missed_turns
            turn.say("form-unclear-again" if missed else "form-unclear")
            return
        best = finding.ranked[0].article_id if finding.ranked else None
        await self._keep_unanswered(turn, turn.text, best, finding.confidence)
        if turn.conversation.missed_turns:
            turn.say("answer-missed-again")
        else:
            turn.say("answer-missed")

    async def _keep_unanswered(
        self, turn: Turn, text: str, best: str | None, confidence: float
    ) -> None:
        row = UnansweredQuestion(
            turn_id=turn.id,
            conversation_id=turn.conversation.id,
            text=text[:_EXCERPT],
            lang=turn.lang,
            best_article=best,
            confidence=confidence,
        )
        if turn.id and text:
            await _merge(turn, row)


class RateAnswer(Topic):
    """Keeps whether an answer helped."""

    action_name = "action_helpful"

    async def act(self, turn: Turn) -> None:
        """Thank for a yes, which may bring an offer; for a no bring a person."""
        helped = turn.value != "no" if turn.intent == "helpful" else turn.intent == "affirm"
        article = turn.conversation.context.get("article")
        if article and turn.id:
            version = str(turn.conversation.context.get("version") or "")
            row = AnswerRating(
                turn_id=turn.id,
                conversation_id=turn.conversation.id,
                article=str(article),
                version=version,
                helped=helped,
            )
            await _merge(turn, row)
        turn.say("answer-helpful-yes" if helped else "answer-helpful-no")
        if helped and turn.loop is None:
            turn.follow("action_offer")


async def answer_beside(turn: Turn) -> None:
    """Answer what a message asks besides the task that it is."""
    if task_beside(turn) is None:
        return
    for one in (await asyncio.to_thread(questions_of, turn))[:_MOST_ANSWERS]:
        if one.answered:
            article = article_of(turn, one.article or "")
            answer_with(turn, article, one.finding.confidence, question=one.text[:_EXCERPT])


def _may_wish_for_a_person(turn: Turn) -> bool:
    """Whether nothing was understood but that somebody, perhaps upset, may want a person."""
    wish = turn.likelihood("request_human")
    return wish >= _WISH or (wish >= _HINT and wish + turn.likelihood("complaint") >= _EITHER)


def _likely_task(turn: Turn) -> Part | None:
    """Return the task that an unanswered question may be: a close second of the classifier."""
    tasks = [Part(turn.text, intent, turn.likelihood(intent)) for intent in TASKS]
    best = max(tasks, key=lambda task: task.confidence)
    close = turn.intent == "faq" and best.confidence >= _CLOSE * turn.confidence
    return best if close else None


def _form_that_fits(turn: Turn) -> str | None:
    """Return the form that what stands in the message is for; it says more than the words."""
    proof = turn.entities("email", "phone", "phone_last4")
    if turn.entities("order_number") or (proof and turn.conversation.named_order):
        return "track_order_form"
    if turn.services.wishes.found(turn.text) == "note" and turn.conversation.context.get("ticket"):
        return "ticket_note_form"
    return None


async def _merge(turn: Turn, row: Any) -> None:
    """Store the row of this turn once; a repeated turn overwrites it with the same."""
    async with turn.services.database.write() as session:
        await session.merge(row)


ACTIONS = (AnswerQuestion, RateAnswer)
