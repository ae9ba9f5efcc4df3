"""The server's voice and ears, where the operator gave it some; browsers have their own as well."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from channels.file import FileRefused
from channels.message import Lang
from channels.pace import Pace
from channels.problem import Problem
from channels.text import clean
from channels.upload import checked_upload
from channels.website import Website, admission

_LONGEST_TEXT = 600
_LONGEST_SOUND = 2_000_000  # bytes; some two minutes as browsers record
_MOST_BYTES = _LONGEST_SOUND * 4 // 3 + 2_000


class Voice(Protocol):
    """What speaks and what hears."""

    async def speak(self, text: str, lang: Lang) -> dict[str, Any]:
        """Give what `Speech` holds. Raises Problem."""

    async def hear(self, sound: bytes, mime: str, lang: Lang) -> str:
        """Give the words in a recording, "" if there are none. Raises Problem."""


@dataclass(frozen=True, slots=True)
class VoiceAccess:
    """The parts the routes work with."""

    voice: Voice
    pace: Pace  # per conversation


class SpeechWish(BaseModel):
    """What is to be said aloud."""

    text: str = Field(min_length=1, max_length=_LONGEST_TEXT)
    lang: Lang


class Viseme(BaseModel):
    """A shape of the mouth, from so many ms on."""

    shape: str
    at: int


class Speech(BaseModel):
    """Sound in base64, and how the mouth moves to it."""

    audio: str
    mime: str
    duration_ms: int
    visemes: list[Viseme]


class Recording(BaseModel):
    """What the customer said, in base64."""

    audio: str = Field(min_length=1, max_length=_MOST_BYTES)
    mime: str = Field(max_length=100)
    lang: Lang


class Heard(BaseModel):
    """The words in it."""

    text: str


def voice_router(website: Website, access: VoiceAccess) -> APIRouter:
    """Build the routes; see docs/voice.md."""
    router = APIRouter(prefix="/api/web", tags=["website"], max_body_size=_MOST_BYTES)
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type

    @router.post("/speech")
    async def speak(wish: SpeechWish, conversation_id: Conversation) -> Speech:
        """Say a sentence; 501 where the server has no voice."""
        await website.conversations.presence(conversation_id)
        await access.pace.hit(conversation_id)
        text = clean(wish.text)
        if not text:
            raise Problem("message-empty", 422)
        return Speech(**await access.voice.speak(text, wish.lang))

    @router.post("/dictation")
    async def hear(recording: Recording, conversation_id: Conversation) -> Heard:
        """Write down a recording; 501 where the server cannot. Nothing of it is kept."""
        await website.conversations.presence(conversation_id)
        await access.pace.hit(conversation_id)
        sound, mime = _sound(recording)
        return Heard(text=clean(await access.voice.hear(sound, mime, recording.lang)))

    return router


def _sound(recording: Recording) -> tuple[bytes, str]:
    """Give the recording and its kind. Raises Problem for what is none."""
    try:
        content = base64.b64decode(recording.audio, validate=True)
        upload = checked_upload(content, "", recording.mime, _LONGEST_SOUND)
    except binascii.Error as error:
        raise Problem("request-invalid", 422) from error
    except FileRefused as refusal:
        limit = _LONGEST_SOUND // 1_000_000
        status = 413 if str(refusal) == "too-large" else 422
        raise Problem(f"file-{refusal}", status, limit=limit) from None
    if upload.kind != "audio":
        raise Problem("file-kind", 422)
    return content, upload.file.mime
