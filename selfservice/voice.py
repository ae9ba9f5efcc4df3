"""A voice and ears for the server: espeak-ng (extra [speech]), and a command of the operator's.

Each sentence and each recording is a process of its own that ends in time or is ended. The command
gets the recording's path for {file} and "id" or "en" for {lang}, and prints the words.
"""

import asyncio
import json
import shlex
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog

from channels.message import Lang
from channels.problem import Problem
from settings import PROJECT_DIR

log = structlog.get_logger()

_SPEAKER = "selfservice.espeak"
_SPEAK_S = 10.0
_LONGEST_WORDS = 4_096
_AGAIN = {"Retry-After": "5"}


class ServerVoice:
    """Implements channels.website_voice.Voice."""

    def __init__(self, *, speaks: bool, command: str, timeout_s: float) -> None:
        """Hear by `command`; without it nothing is heard. Raises VoiceMissing."""
        if speaks and find_spec("espeakng_loader") is None:
            raise VoiceMissing("SAPA_SPEECH needs the extra [speech]: pip install 'sapa[speech]'")
        self._speaks = speaks
        self._command = shlex.split(command)
        self._timeout_s = timeout_s
        self._turn = asyncio.Semaphore(2)

    async def speak(self, text: str, lang: Lang) -> dict[str, Any]:
        """Say a sentence. Raises Problem."""
        if not self._speaks:
            raise Problem("speech-off", 501)
        asked = json.dumps({"text": text, "lang": lang}).encode()
        said = await self._run([sys.executable, "-m", _SPEAKER], asked, _SPEAK_S)
        return {"mime": "audio/wav", **json.loads(said)}

    async def hear(self, sound: bytes, mime: str, lang: Lang) -> str:
        """Write down a recording, of which nothing is kept. Raises Problem."""
        if not self._command:
            raise Problem("dictation-off", 501)
        with tempfile.TemporaryDirectory(prefix="sapa-voice-") as folder:
            file = Path(folder) / f"voice.{mime.partition('/')[2]}"
            await asyncio.to_thread(file.write_bytes, sound)
            known = {"{file}": str(file), "{lang}": lang}
            command = [known.get(part, part) for part in self._command]
            words = await self._run(command, b"", self._timeout_s)
        return words.decode("utf-8", "replace").strip()[:_LONGEST_WORDS]

    async def _run(self, command: list[str], given: bytes, timeout_s: float) -> bytes:
        """Run one process to its end. Raises Problem 503."""
        pipe, devnull = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        async with self._turn:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=pipe, stdout=pipe, stderr=devnull, cwd=PROJECT_DIR
                )
            except OSError as error:
                log.warning("voice failed", error=type(error).__name__)
                raise Problem("voice-failed", 503, headers=_AGAIN) from error
            try:
                async with asyncio.timeout(timeout_s):
                    told, _ = await process.communicate(given)
            except TimeoutError as error:
                log.warning("voice failed", error="too slow")
                raise Problem("voice-failed", 503, headers=_AGAIN) from error
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            log.warning("voice failed", error=f"ended with {process.returncode}")
            raise Problem("voice-failed", 503, headers=_AGAIN)
        return told


class VoiceMissing(ValueError):
    """The settings want a voice that is not installed."""
