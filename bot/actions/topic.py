"""What all actions share: none fails silently, and a form they interrupt goes on after them."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar
from uuid import uuid4

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.actions.conversations import ConversationView
from bot.actions.doubt import is_rather_a_question
from bot.actions.handoff import POSSIBLE, hand_off, soothe, why_a_person
from bot.actions.services import Services
from bot.actions.turn import LISTEN, Turn, language, turn_id

log = structlog.get_logger()


class Topic(Action, ABC):
    """One action; `act` answers, this class guards it."""

    action_name: ClassVar[str]
    listens: ClassVar[bool] = True  # to danger and to the plain wish for a person, before it acts
    gives_way: ClassVar[bool] = False  # to an article, where the intent is in doubt
    soothes: ClassVar[bool] = True  # who may be upset, before it acts

    def __init__(self, services: Services) -> None:
        """Answer with these services."""
        self.services = services

    def name(self) -> str:
        """Return the name that rules and the domain use."""
        return self.action_name

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],  # noqa: ARG002
    ) -> list[EventType]:
        """Answer the turn; an error becomes an apology with an id that stands in the log."""
        try:
            turn = await Turn.begin(self.services, tracker, dispatcher)
            if not await self._steps_aside(turn):
                await self.act(turn)
        except ActionExecutionRejection:  # a form's way of saying "not for me"
            raise
        except Exception:
            error_id = uuid4().hex[:8]
            log.exception("action failed", action=self.name(), error_id=error_id)
            return self._apologise(dispatcher, tracker, error_id)
        if not turn.goes_on:
            self.then(turn)
        return turn.events

    def then(self, turn: Turn) -> None:
        """Say what follows: a form that was interrupted asks its pending question again.

        Always said, as no rule knows what follows an action that another action named.
        """
        turn.follow(turn.loop or LISTEN)

    @abstractmethod
    async def act(self, turn: Turn) -> None:
        """Answer, and note on the turn what changes in the dialogue."""

    async def _steps_aside(self, turn: Turn) -> bool:
        """Leave the turn to a person, or to an article that knows better."""
        wish = why_a_person(turn) if self.listens else None
        if wish is not None:
            await hand_off(turn, wish)
            return True
        if self.gives_way and turn.loop is None and await is_rather_a_question(turn):
            turn.follow("action_answer")
            return True
        if self.soothes and turn.likelihood("complaint") >= POSSIBLE:
            soothe(turn)
        return False

    def _apologise(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, error_id: str
    ) -> list[EventType]:
        # What was said before the failure may contradict it.
        dispatcher.messages.clear()
        turn = Turn(
            services=self.services,
            tracker=tracker,
            dispatcher=dispatcher,
            conversation=ConversationView(tracker.sender_id),
            id=turn_id(tracker),
            lang=language(tracker),
            slots=dict(tracker.slots),
        )
        turn.say("failure", kind="error", data={"error_id": error_id}, error=error_id)
        turn.remember(failed=error_id)
        turn.leave_form()
        return turn.events
