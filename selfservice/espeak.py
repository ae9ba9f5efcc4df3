"""Speak a sentence with espeak-ng; a program of its own, started for each sentence.

Not in the app's process: the engine keeps its state in globals, is under GPL-3, and a crash of it
is then only a sentence without a voice. Reads {"text", "lang"} and writes {"audio", "duration_ms",
"visemes"} as JSON; `audio` is a WAV file in base64. Needs the extra [speech].
Source: espeak-ng/speak_lib.h, espeak_EVENT.
"""

import base64
import ctypes
import io
import json
import sys
import wave
from typing import Any

_RETRIEVAL, _PHONEME_EVENTS = 1, 1
_END, _PHONEME = 0, 7
_UTF8 = 1
_SPEEDS = {"id": 155, "en": 160}  # words a minute
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3
_PITCH = 62
_VOICES = {"id": b"id", "en": b"en-gb"}
_BUFFER_MS = 200
# The mouth's shape by the first letter of espeak's name for a sound.
_SHAPES = {
    **dict.fromkeys("aA&V3", "a"),
    **dict.fromkeys("eEiI@y", "e"),
    **dict.fromkeys("oO0", "o"),
    **dict.fromkeys("uUwW", "u"),
    **dict.fromkeys("mbp", "m"),
    **dict.fromkeys("fv", "f"),
    **dict.fromkeys("lrR*", "l"),
    **dict.fromkeys("sztdnSZTDNjkghxcJG?", "s"),
}


class _Id(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def spoken(text: str, lang: str) -> dict[str, Any]:
    """Give a sentence as sound and as the shapes of the mouth, with their times in ms."""
    import espeakng_loader  # noqa: PLC0415 - an extra

    engine = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    rate = engine.espeak_Initialize(_RETRIEVAL, _BUFFER_MS, data, _PHONEME_EVENTS)
    if rate <= 0:
        raise OSError("espeak-ng cannot be initialised")
    sound = bytearray()
    visemes: list[dict[str, Any]] = []

    def take(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            sound.extend(ctypes.string_at(samples, count * 2))
        at = 0
        while events[at].type != _END:
            if events[at].type == _PHONEME:
                _add(visemes, events[at].id.string.decode("utf-8", "ignore"), events[at])
            at += 1
        return 0

    callback = _Callback(take)
    engine.espeak_SetSynthCallback(callback)
    engine.espeak_SetVoiceByName(_VOICES[lang])
    engine.espeak_SetParameter(_RATE_PARAMETER, _SPEEDS[lang], 0)
    engine.espeak_SetParameter(_PITCH_PARAMETER, _PITCH, 0)
    said = text.encode()
    engine.espeak_Synth(said, len(said) + 1, 0, 0, 0, _UTF8, None, None)
    engine.espeak_Synchronize()
    duration_ms = len(sound) * 1000 // (2 * rate)
    return {
        "audio": base64.b64encode(_wav(bytes(sound), rate)).decode(),
        "duration_ms": duration_ms,
        "visemes": [*visemes, {"shape": "rest", "at": duration_ms}],
    }


def _add(visemes: list[dict[str, Any]], sound: str, event: _Event) -> None:
    shape = _SHAPES.get(sound.lstrip("',%=_:|")[:1], "rest")
    if not visemes or visemes[-1]["shape"] != shape:
        visemes.append({"shape": shape, "at": event.audio_position})


def _wav(samples: bytes, rate: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return out.getvalue()


def main() -> None:
    """Speak what is asked for on the standard input."""
    asked = json.load(sys.stdin)
    json.dump(spoken(asked["text"], asked["lang"]), sys.stdout)


if __name__ == "__main__":
    main()
