"""Files that customers send: which kinds we keep, told by their content and not by their name."""

from dataclasses import dataclass
from typing import Protocol

_STARTS: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"\xff\xd8\xff", ("image/jpeg",)),
    (b"\x89PNG\r\n\x1a\n", ("image/png",)),
    (b"%PDF-", ("application/pdf",)),
    (b"OggS", ("audio/ogg",)),
    (b"#!AMR", ("audio/amr",)),
    (b"ID3", ("audio/mpeg",)),
    (b"\xff\xfb", ("audio/mpeg",)),
    (b"\xff\xf3", ("audio/mpeg",)),
    (b"\xff\xf1", ("audio/aac",)),
    (b"\xff\xf9", ("audio/aac",)),
)
_BRANDED = ("video/mp4", "audio/mp4", "video/3gpp")  # ISO base media: "ftyp" at byte 4


@dataclass(frozen=True, slots=True)
class File:
    """A file whose kind and size were checked."""

    content: bytes
    mime: str


class FileRefused(Exception):
    """A file that is too large, of a kind we do not keep, or not what it says it is."""


class Files(Protocol):
    """Where a channel's files are fetched."""

    async def fetch(self, media_id: str, mime: str, largest: int) -> File:
        """Give a file of at most `largest` bytes; `mime` is what its message called it.

        Raises FileRefused, DeliveryFailed.
        """


def checked(content: bytes, mime: str) -> File:
    """Give the file if its first bytes fit its declared kind. Raises FileRefused."""
    declared = mime.partition(";")[0].strip().lower()
    if declared not in _kinds(content):
        raise FileRefused("kind not kept, or not what it says it is")
    return File(content, declared)


def _kinds(content: bytes) -> tuple[str, ...]:
    if content[4:8] == b"ftyp":
        return _BRANDED
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("image/webp",)
    return next((kinds for start, kinds in _STARTS if content.startswith(start)), ())
