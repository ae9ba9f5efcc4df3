"""Taking a conversation, speaking in it and giving it back."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from channels.message import Reply, Source
from channels.problem import Problem
from channels.text import clean
from desk.access import Me
from desk.assembly import CLIENT_ID, Desk


class NewMessage(BaseModel):
    """What a CSR says; the same `client_id` again is the same message."""

    text: str
    client_id: str = Field(pattern=CLIENT_ID)


class Take(BaseModel):
    """The state in which the page showed the conversation, if a page did."""

    state: Literal["bot", "waiting"] | None = None


class Typing(BaseModel):
    """Whether the CSR is typing right now."""

    on: bool = True


class Seen(BaseModel):
    """The number of the last message that was on the screen."""

    seq: int = Field(ge=1, le=2**31 - 1)


class Ending(BaseModel):
    """What came of the conversation; only what was solved is asked about by a survey."""

    result: Literal["solved", "unsolved"] | None = None


def add_ownership(router: APIRouter, desk: Desk) -> None:
    async def say(key: str, conversation_id: str, state: str, name: str) -> Reply:
        thread = await desk.transcript.thread(conversation_id)
        bot = desk.assistants.get(thread.site, desk.bot_name)
        return desk.sentences.reply(key, thread.lang, state, name=name, bot=bot)

    async def end(
        conversation_id: str,
        agent: Me,
        to: Literal["bot", "closed"],
        key: str,
        result: str | None = None,
    ) -> dict[str, str]:
        goodbye = await say(key, conversation_id, to, agent.name)
        await desk.ownership.release(conversation_id, agent.id, to, goodbye, agent.name, result)
        return {"id": conversation_id, "state": to}

    @router.post("/api/console/conversations/{conversation_id}/take")
    async def take(
        conversation_id: str, agent: Me, response: Response, asked: Take | None = None
    ) -> dict[str, str]:
        """Become the one who answers; the bot is silent from now on."""
        await desk.screens.permit_taking(conversation_id, agent)
        hello = await say("joined", conversation_id, "csr", agent.name)
        shown = asked.state if asked else None
        await desk.ownership.take(conversation_id, agent.id, hello, agent.name, shown)
        await desk.cases.pops.begin(conversation_id, agent.name)
        response.headers["HX-Trigger"] = "conversation-changed, desk-changed"
        return {"id": conversation_id, "state": "csr"}

    @router.post("/api/console/conversations/{conversation_id}/release")
    async def release(conversation_id: str, agent: Me, response: Response) -> dict[str, str]:
        """Hand the conversation back to the bot."""
        response.headers["HX-Redirect"] = "/console"
        return await end(conversation_id, agent, "bot", "returned")

    @router.post("/api/console/conversations/{conversation_id}/close")
    async def close(
        conversation_id: str, agent: Me, response: Response, ending: Ending | None = None
    ) -> dict[str, str]:
        """End the conversation; the customer's next message begins with the bot again."""
        response.headers["HX-Redirect"] = "/console"
        result = ending.result if ending else None
        return await end(conversation_id, agent, "closed", "closed", result)


def add_talking(router: APIRouter, desk: Desk) -> None:
    @router.post("/api/console/conversations/{conversation_id}/messages", status_code=201)
    async def say(
        conversation_id: str, agent: Me, message: NewMessage, response: Response
    ) -> dict[str, Any]:
        """Say something to the customer; the same `client_id` again gives the same answer."""
        text = clean(message.text)
        if not text:
            raise Problem("message-empty", 422)
        if len(text) > desk.max_chars:
            raise Problem("message-too-long", 422, limit=desk.max_chars)
        thread = await desk.transcript.thread(conversation_id)
        reply = Reply(text=text, lang=thread.lang, source=Source("csr", agent.id, ""))
        stored = await desk.ownership.say(
            conversation_id, agent.id, reply, agent.name, client_id=message.client_id
        )
        response.headers["HX-Trigger"] = "log-changed"
        return {"id": stored.id, "seq": stored.seq}

    @router.post("/api/console/conversations/{conversation_id}/typing", status_code=204)
    async def typing(conversation_id: str, agent: Me, typing: Typing) -> None:
        """Tell the customer that the CSR is typing."""
        entry = await desk.screens.permit(conversation_id, agent)
        if entry.agent_id != agent.id:
            raise Problem("not-yours-csr", 409)
        desk.transcript.announce(
            conversation_id, type="typing", author="csr", name=agent.name, on=typing.on
        )

    @router.post("/api/console/conversations/{conversation_id}/read", status_code=204)
    async def read(conversation_id: str, agent: Me, seen: Seen) -> None:
        """Note how far the owner has read; a supervisor who looks on reads for nobody."""
        entry = await desk.screens.permit(conversation_id, agent)
        if entry.agent_id == agent.id:
            await desk.reading.saw(conversation_id, "csr", seen.seq)
