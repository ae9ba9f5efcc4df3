"""The last resort: Rasa predicted nothing, which must not end in silence."""

from bot.actions.answers import AnswerQuestion


class Fallback(AnswerQuestion):
    """Treats the message as a question."""

    action_name = "action_default_fallback"


ACTIONS = (Fallback,)
