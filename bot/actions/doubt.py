"""Whether a message asks rather than does what its intent says: the article and the classifier.

"Where is my parcel" and "how do I track a parcel" both find the article on tracking, and "any
discount for my first purchase?" sounds like a wish for an offer. So both are asked: an article
must answer, and the classifier must hold a question likely enough beside the intent.
Measured: docs/decisions/0011-question-or-task.md.
"""

import asyncio

from bot.actions.parts import TASKS, sure_part
from bot.actions.questions import questions_of
from bot.actions.turn import Turn
from language.clauses import asks

_LIKELY = 0.2  # of a question, relative to the intent's own likelihood
_COURTESIES = frozenset({"goodbye", "greet", "thanks"})


async def is_rather_a_question(turn: Turn) -> bool:
    """Whether articles answer the message, and the intent is not surer than they are."""
    if not turn.text or _is_surely_meant(turn):
        return False
    return any(one.answered for one in await asyncio.to_thread(questions_of, turn))


def _is_surely_meant(turn: Turn) -> bool:
    """Whether the words leave no doubt of the intent, so that no article is looked for."""
    if turn.entities("order_number", "ticket_number"):
        return True
    if turn.intent == "open_ticket" and turn.services.wishes.found(turn.text) == "ticket":
        return True  # asked for by its name
    if turn.intent in TASKS and sure_part(turn, turn.intent):
        return True  # what else the message asks is answered beside it
    if turn.intent in _COURTESIES:
        return not asks(turn.text)
    return turn.likelihood("faq") < _LIKELY * turn.confidence
