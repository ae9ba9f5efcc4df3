"""What a website's visitor may send: known by its content, and nothing that could be two things."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from channels.file import File, FileRefused, kinds_of, safe_name
from channels.message import AttachmentKind

# The kinds that are taken, what they count as, and the endings their names may have.
_TAKEN: dict[str, tuple[AttachmentKind, tuple[str, ...]]] = {
    "image/jpeg": ("image", (".jpg", ".jpeg", ".jpe", ".jfif")),
    "image/png": ("image", (".png",)),
    "image/webp": ("image", (".webp",)),
    "application/pdf": ("document", (".pdf",)),
    "audio/ogg": ("audio", (".ogg", ".oga", ".opus")),
    "audio/webm": ("audio", (".webm", ".weba")),
    "audio/mp4": ("audio", (".m4a", ".mp4")),
    "audio/mpeg": ("audio", (".mp3",)),
    "audio/aac": ("audio", (".aac",)),
    "video/mp4": ("video", (".mp4", ".m4v")),
}
KINDS = tuple(_TAKEN)
# For a page's file picker; phones that are told no "image/*" make a JPEG of their own formats.
ACCEPT = "image/jpeg,image/png,image/webp,application/pdf,audio/*,video/mp4"
_UNTOLD = ("", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked file of a visitor, and what it is called."""

    file: File
    kind: AttachmentKind
    name: str


def checked_upload(content: bytes, name: str, declared: str, largest: int) -> Upload:
    """Give the file as it may be kept; a picture is drawn anew, which takes tenths of a second.

    Raises FileRefused "empty", "too-large", "kind", "mismatch" or "damaged".
    """
    if not content:
        raise FileRefused("empty")
    if len(content) > largest:
        raise FileRefused("too-large")
    mime = _mime(content, name, declared.partition(";")[0].strip().lower())
    kind = _TAKEN[mime][0]
    if kind == "image":
        from channels.picture import redrawn  # noqa: PLC0415 - slow to import, and rarely needed

        file = redrawn(content)
    else:
        _refuse_two_things(content, mime)
        file = File(content, mime)
    ending = _TAKEN[file.mime][1][0]
    return Upload(file, kind, safe_name(name, kind, ending))


def _mime(content: bytes, name: str, declared: str) -> str:
    """Tell the kind by content; neither the name nor the browser may say that it is another."""
    found = [mime for mime in kinds_of(content) if mime in _TAKEN]
    if not found:
        raise FileRefused("kind")
    ending = PurePosixPath(name.replace("\\", "/").strip(". ").lower()).suffix
    fitting = [mime for mime in found if not ending or ending in _TAKEN[mime][1]]
    if not fitting:
        raise FileRefused("mismatch")
    if declared in _UNTOLD:
        return fitting[0]
    if declared in fitting:
        return declared
    # Browsers go by a name's ending: what has only sound in it may still be called "video/webm".
    if _family(declared) in map(_family, found):
        return fitting[0]
    raise FileRefused("mismatch")


def _family(mime: str) -> str:
    return mime.partition("/")[0].replace("video", "audio")


def _refuse_two_things(content: bytes, mime: str) -> None:
    """Refuse a file that is an archive as well, or has something else behind its end."""
    if zipfile.is_zipfile(BytesIO(content)):
        raise FileRefused("kind")
    if mime == "application/pdf":
        end = content.rfind(b"%%EOF")
        if end < 0:
            raise FileRefused("damaged")
        if content[end + 5 :].strip(b"\r\n\t \x00"):
            raise FileRefused("kind")
