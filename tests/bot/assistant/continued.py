"""Run inside Rasa's environment: talk to the small assistant as stock Rasa does, in one tracker.

Usage: python -m tests.bot.assistant.continued MODEL ACTIONS_URL < conversations.json
"""

import asyncio
import json
import os
import sys
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.utils.endpoints import EndpointConfig

from bot.rasa.action_server import ActionServer, failures
from bot.rasa.turn import dialogue_of


async def _talk(agent: Agent, name: str, texts: list[str]) -> list[dict[str, Any]]:
    turns = []
    for text in texts:
        failures.set([])
        output = CollectingOutputChannel()
        await agent.handle_message(UserMessage(text, output, name))
        tracker = await agent.tracker_store.retrieve(name)
        did = [message["custom"]["did"] for message in output.messages]
        turns.append({"did": did, "dialogue": dialogue_of(tracker)})
    return turns


async def _all(model: str, actions_url: str) -> None:
    headers = {"Authorization": f"Bearer {os.environ['SAPA_RASA_TOKEN']}"}
    agent = Agent.load(model, action_endpoint=EndpointConfig(actions_url, headers=headers))
    processor = agent.processor
    processor.action_endpoint = ActionServer(
        processor.action_endpoint, processor.domain.as_dict(), "continued"
    )
    conversations = json.load(sys.stdin)
    answers = {name: await _talk(agent, name, texts) for name, texts in conversations.items()}
    await processor.action_endpoint.session().close()
    print(json.dumps(answers))


if __name__ == "__main__":
    asyncio.run(_all(*sys.argv[1:]))
