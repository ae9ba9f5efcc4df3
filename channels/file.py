"""Files that customers and CSRs send: which kinds we keep, told by content and not by name."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

_STARTS: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"\xff\xd8\xff", ("image/jpeg",)),
    (b"\x89PNG\r\n\x1a\n", ("image/png",)),
    (b"%PDF-", ("application/pdf",)),
    (b"OggS", ("audio/ogg",)),
    (b"\x1aE\xdf\xa3", ("audio/webm",)),  # Matroska; what browsers record
    (b"#!AMR", ("audio/amr",)),
    (b"ID3", ("audio/mpeg",)),
    (b"\xff\xfb", ("audio/mpeg",)),
    (b"\xff\xf3", ("audio/mpeg",)),
    (b"\xff\xf1", ("audio/aac",)),
    (b"\xff\xf9", ("audio/aac",)),
)
_BRANDED = ("video/mp4", "audio/mp4", "video/3gpp")  # ISO base media: "ftyp" at byte 4
_PICTURE_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")


# What every channel can show: WhatsApp takes no other pictures, and none larger.
_SENDABLE: dict[str, tuple[Literal["image", "document"], str]] = {
    "image/jpeg": ("image", ".jpeg"),
    "image/png": ("image", ".png"),
    "application/pdf": ("document", ".pdf"),
}
LARGEST_IMAGE = 5_000_000
# With which a file is handed out: never kept by a cache, never a page of ours.
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
_LONGEST_NAME = 100
_UNFIT = re.compile(r'[\x00-\x1f\x7f"<>|:*?\u202a-\u202e\u2066-\u2069]+')


@dataclass(frozen=True, slots=True)
class File:
    """A file whose kind and size were checked."""

    content: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file on its way to a customer, with what is written beside it."""

    file: File
    kind: Literal["image", "document"]
    name: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A file as it is kept, for those who may have it."""

    path: Path
    mime: str
    name: str


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
    if declared not in kinds_of(content):
        raise FileRefused("kind not kept, or not what it says it is")
    return File(content, declared)


def enclosed(content: bytes, name: str, caption: str, largest: int) -> Enclosed:
    """Give a file that every channel can show, of at most `largest` bytes.

    Raises FileRefused with the reason "empty", "kind" or "too-large".
    """
    if not content:
        raise FileRefused("empty")
    mime = next((kind for kind in kinds_of(content) if kind in _SENDABLE), None)
    if mime is None:
        raise FileRefused("kind")
    kind, ending = _SENDABLE[mime]
    if len(content) > min(largest, LARGEST_IMAGE if kind == "image" else largest):
        raise FileRefused("too-large")
    return Enclosed(File(content, mime), kind, safe_name(name, kind, ending), caption)


def safe_name(name: str, otherwise: str, ending: str) -> str:
    """Keep of a name what no system takes for a path, a command or another kind of file."""
    stem = PurePosixPath(_UNFIT.sub("", name).replace("\\", "/")).stem.strip(". ")
    return f"{stem[:_LONGEST_NAME] or otherwise}{ending}"


def kinds_of(content: bytes) -> tuple[str, ...]:
    """Name what a file may be by its first bytes."""
    if content[4:8] == b"ftyp":
        return () if content[8:12] in _PICTURE_BRANDS else _BRANDED
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("image/webp",)
    return next((kinds for start, kinds in _STARTS if content.startswith(start)), ())
