"""A conversation with the real actions, rules and domain, without Rasa's process.

It does what Rasa was seen to do (docs/decisions/0005-interrupting-forms.md): the form under way
runs first; if it takes nothing, the intent's rule runs; what an action names as follow-up comes
next. The test says the intent, the entities are found by the pipeline's own patterns.
"""

from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import all_actions
from bot.actions.services import Services
from bot.nlu import patterns
from channels.message import Lang
from conversation.tables import Conversation, Message
from db.base import new_id

BOT = Path(__file__).parents[2] / "bot"
LISTEN = "action_listen"
_MOST_ACTIONS = 8


def rules() -> dict[str, str]:
    """Return the action of each intent."""
    found = {}
    for file in sorted((BOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]:
            found[rule["steps"][0]["intent"]] = rule["steps"][1]["action"]
    return found


def domain(part: str) -> Any:
    """Return one part of the domain, such as "actions"."""
    found: Any = None
    for file in sorted((BOT / "domain").glob("*.yml")):
        found = yaml.safe_load(file.read_text(encoding="utf-8")).get(part) or found
    return found


class Rehearsal:
    """One conversation; `say` and `tap` are its turns."""

    def __init__(self, services: Services, lang: Lang = "id") -> None:
        self.id = new_id()
        self.lang: Lang = lang
        self.replies: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.handoff: dict[str, Any] | None = None
        self.loop: str | None = None
        self.slots: dict[str, Any] = {}
        self.parts: list[dict[str, Any]] = []  # of the next messages, as Rasa would read them
        self.ranking: dict[str, float] = {}  # of other intents
        self._services = services
        self._actions: dict[str, Action] = {one.name(): one for one in all_actions(services)}
        self._rules = rules()
        self._seq = 0

    async def say(
        self, text: str, intent: str, confidence: float = 0.97, turn_id: str | None = None
    ) -> list[str]:
        """Write `text`, understood as `intent`; return what is answered."""
        entities = [{"entity": f.entity, "value": f.value} for f in patterns.find(text)]
        return await self._turn(text, None, intent, confidence, entities, turn_id)

    async def tap(self, choice: str, turn_id: str | None = None) -> list[str]:
        """Tap a choice that the last replies offered."""
        assert choice in self.choices, f"{choice} is not among {self.choices}"
        return await self.type(choice, turn_id)

    async def type(self, choice: str, turn_id: str | None = None) -> list[str]:
        """Write what the app takes for `choice`, also if it was not offered."""
        intent, _, value = choice.partition(":")
        entities = [{"entity": "value", "value": value}] if value else []
        return await self._turn("", choice, intent, 1.0, entities, turn_id)

    @property
    def texts(self) -> list[str]:
        return [reply["text"] for reply in self.replies]

    @property
    def sources(self) -> list[str]:
        return [reply["source"]["id"] for reply in self.replies]

    @property
    def choices(self) -> list[str]:
        return [choice["id"] for reply in self.replies for choice in reply["choices"]]

    async def _turn(
        self,
        text: str,
        choice: str | None,
        intent: str,
        confidence: float,
        entities: list[dict[str, Any]],
        turn_id: str | None,
    ) -> list[str]:
        await self._store("customer", text, choice)
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "intent_ranking": [
                {"name": intent, "confidence": confidence},
                {"name": "faq", "confidence": 1 - confidence},
                *({"name": name, "confidence": other} for name, other in self.ranking.items()),
            ],
            "parts": self.parts,
            "entities": entities,
            "metadata": {"turn_id": turn_id or new_id(), "language": self.lang},
        }
        self.replies, self.commands, self.handoff = [], [], None
        await _Course(self, self._actions, message).run(self._rules.get(intent, ""))
        await self._keep()
        assert self.replies, f"silence after {text or choice!r}"
        return self.texts

    async def _store(self, author: str, text: str, choice: str | None = None, **more: Any) -> None:
        self._seq += 1
        async with self._services.database.write() as session:
            if await session.get(Conversation, self.id) is None:
                session.add(
                    Conversation(id=self.id, channel="website", address=self.id, lang=self.lang)
                )
                await session.flush()
            session.add(
                Message(
                    conversation_id=self.id,
                    seq=self._seq,
                    author=author,
                    text=text,
                    choice=choice,
                    lang=self.lang,
                    **more,
                )
            )

    async def _keep(self) -> None:
        """Apply the commands as conversation/turn.py does."""
        for reply in self.replies:
            kept = {key: reply[key] for key in ("kind", "data", "choices", "source", "mood")}
            await self._store("bot", reply["text"], **kept)
        async with self._services.database.write() as session:
            row = await session.get_one(Conversation, self.id)
            missed = any(command.get("missed") for command in self.commands)
            row.missed_turns = row.missed_turns + 1 if missed else 0
            for command in self.commands:
                row.context = {**row.context, **command.get("context", {})}
                self.lang = row.lang = command.get("language", self.lang)
                self.handoff = command.get("handoff", self.handoff)
                if command.get("unlinked"):
                    row.customer_id, row.verified = None, False
                if command.get("verified"):
                    row.customer_id, row.verified = command["verified"], True


class _Course:
    """The actions of one turn, one after the other."""

    def __init__(
        self, talk: Rehearsal, actions: dict[str, Action], message: dict[str, Any]
    ) -> None:
        self.talk, self.actions, self.message = talk, actions, message
        self.events: list[dict[str, Any]] = []
        if talk.loop:
            self.events = [ActionExecuted(talk.loop), ActiveLoop(talk.loop)]
        self.events += [ActionExecuted(LISTEN), {"event": "user", **message}]

    async def run(self, ruled: str) -> None:
        """Run the form under way, else the rule's action, then whatever follows."""
        following = None
        if self.talk.loop:
            taken, following = await self._form(self.talk.loop)
            if not taken:
                following = ruled
        else:
            following = ruled
        for _ in range(_MOST_ACTIONS):
            if following in (None, LISTEN):
                return
            if following.endswith("_form"):
                _, following = await self._form(following)
            else:
                following = await self._action(following)
        raise AssertionError("the turn does not end")

    async def _form(self, form: str) -> tuple[bool, str | None]:
        """Run a form as Rasa does; False if it did not take the message."""
        starts = self.talk.loop != form  # then Rasa does not ask whether it takes the message
        if starts:
            self.events.append(ActiveLoop(form))
            self.talk.loop = form
        asked = SlotSet("requested_slot", self.talk.slots.get("requested_slot"))
        marks = [asked, ActionExecuted(form)]
        found = await self._call(f"validate_{form}", [*self.events, *marks])
        takes = any(e["event"] == "slot" and e["name"] != "requested_slot" for e in found)
        if not (starts or takes):
            return False, None
        self.events.append(ActionExecuted(form))
        return True, self._apply(found)

    async def _action(self, name: str) -> str | None:
        found = await self._call(name, self.events)
        self.events.append(ActionExecuted(name))
        following = self._apply(found)
        # Rasa would predict something, and from the second action on no rule fits.
        assert following is not None, f"{name} does not say what follows"
        return following

    async def _call(self, name: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        dispatcher = CollectingDispatcher()
        loop = {"name": self.talk.loop} if self.talk.loop else {}
        tracker = Tracker(
            self.talk.id, self.talk.slots, self.message, events, False, None, loop, LISTEN
        )
        found: list[dict[str, Any]] = await self.actions[name].run(dispatcher, tracker, {})
        for said in dispatcher.messages:
            custom = said["custom"]
            if "reply" in custom:
                self.talk.replies.append(custom["reply"])
            else:
                self.talk.commands.append(custom["command"])
        return found

    def _apply(self, found: list[dict[str, Any]]) -> str | None:
        following = None
        for event in found:
            self.events.append(event)
            if event["event"] == "slot":
                self.talk.slots = {**self.talk.slots, event["name"]: event["value"]}
            elif event["event"] == "active_loop":
                self.talk.loop = event["name"]
            elif event["event"] == "followup":
                following = event["name"]
        return following
