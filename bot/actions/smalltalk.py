"""Short social turns; inside a form they are short indeed, and the question follows."""

from typing import ClassVar

from bot.actions.topic import Topic
from bot.actions.turn import Turn


class SmallTalk(Topic):
    """One template outside forms, a shorter one inside."""

    gives_way = True
    template: ClassVar[str]
    short: ClassVar[str | None] = None  # inside a form; None: say nothing but the question

    async def act(self, turn: Turn) -> None:
        """Say the sentence."""
        if turn.loop is None:
            turn.say(self.template)
        elif self.short is not None:
            turn.say(self.short)


class Greet(Topic):
    """Greets, and introduces itself only once."""

    action_name = "action_greet"
    gives_way = True

    async def act(self, turn: Turn) -> None:
        """Say hello."""
        if turn.loop is not None:
            turn.say("greet-short")
        elif any(said.author == "bot" for said in turn.conversation.recent):
            turn.say("greet-again")
        else:
            turn.say("greet")


class Goodbye(Topic):
    """Says goodbye; who leaves in the middle of a form has left it."""

    action_name = "action_goodbye"
    gives_way = True

    async def act(self, turn: Turn) -> None:
        """Say goodbye."""
        if turn.loop is None:
            turn.say("goodbye")
        else:
            turn.say("goodbye-unfinished")
            turn.leave_form()


class Thanks(SmallTalk):
    """Takes thanks."""

    action_name = "action_thanks"
    template = "thanks"
    short = "thanks-short"


class BotChallenge(SmallTalk):
    """Never claims to be a person."""

    action_name = "action_bot_challenge"
    template = "bot-challenge"
    short = "bot-challenge-short"


class Capabilities(SmallTalk):
    """Says what it can do."""

    action_name = "action_capabilities"
    template = "capabilities"
    short = "capabilities"


ACTIONS = (Greet, Goodbye, Thanks, BotChallenge, Capabilities)
