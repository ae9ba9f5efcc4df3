"""What a visitor's file is taken for, and what is refused whatever it calls itself."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from channels.file import FileRefused
from channels.upload import checked_upload
from tests.channels.pictures import archive, photo

LARGEST = 1_000_000
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OGG = b"OggS" + b"v" * 100
WEBM = b"\x1aE\xdf\xa3" + b"v" * 100
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"v" * 100


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 10_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "name", "declared", "found"),
    [
        (photo(), "kursi patah.jpg", "image/jpeg", ("image", "image/jpeg", "kursi patah.jpg")),
        (photo(), "image", "", ("image", "image/jpeg", "image.jpg")),
        (photo(kind="PNG"), "layar.PNG", "image/png", ("image", "image/png", "layar.png")),
        (photo(kind="WEBP"), "a.webp", "image/webp", ("image", "image/jpeg", "a.jpg")),
        (PDF, "TL-1.pdf", "application/pdf", ("document", "application/pdf", "TL-1.pdf")),
        (OGG, "", "audio/ogg;codecs=opus", ("audio", "audio/ogg", "audio.ogg")),
        (WEBM, "suara.webm", "audio/webm;codecs=opus", ("audio", "audio/webm", "suara.webm")),
        (WEBM, "suara.webm", "video/webm", ("audio", "audio/webm", "suara.webm")),
        (MP4, "suara.m4a", "audio/mp4", ("audio", "audio/mp4", "suara.m4a")),
        (MP4, "film.mp4", "video/mp4", ("video", "video/mp4", "film.mp4")),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_content(
    content: bytes, name: str, declared: str, found: tuple[str, str, str]
) -> None:
    upload = checked_upload(content, name, declared, LARGEST)

    assert (upload.kind, upload.file.mime, upload.name) == found


@pytest.mark.parametrize(
    ("content", "name", "declared", "reason"),
    [
        (b"", "a.jpg", "image/jpeg", "empty"),
        (PDF + b"%" * LARGEST, "a.pdf", "application/pdf", "too-large"),
        (archive(), "foto.zip", "application/zip", "kind"),
        (archive(), "foto.jpg", "image/jpeg", "kind"),
        (b"MZ" + b"x" * 99, "foto.jpg", "image/jpeg", "kind"),
        (b"<svg onload=alert(1)>", "a.svg", "image/svg+xml", "kind"),
        (b"<html><script>alert(1)</script>", "a.pdf", "application/pdf", "kind"),
        (b"GIF89a" + b"x" * 99, "a.gif", "image/gif", "kind"),
        (b"\x00\x00\x00\x18ftypheic" + b"x" * 99, "IMG_1.HEIC", "image/heic", "kind"),
        (PDF, "foto.jpg", "image/jpeg", "mismatch"),
        (PDF, "faktur.pdf.exe", "application/pdf", "mismatch"),
        (photo(), "foto.pdf", "image/jpeg", "mismatch"),
        (photo(), "foto.jpg", "text/html", "mismatch"),
        (PDF, "a.pdf", "text/html", "mismatch"),
        (PDF + archive(), "a.pdf", "application/pdf", "kind"),  # a PDF and a ZIP
        (OGG + archive(), "a.ogg", "audio/ogg", "kind"),
        (PDF + b"<script>alert(1)</script>", "a.pdf", "application/pdf", "kind"),
        (b"%PDF-1.7 no end", "a.pdf", "application/pdf", "damaged"),
        (photo()[:200], "a.jpg", "image/jpeg", "damaged"),
        (b"\xff\xd8\xff\xe0" + b"j" * 999, "a.jpg", "image/jpeg", "damaged"),
        (bomb(50_000, 50_000), "a.png", "image/png", "too-large"),
        (bomb(2_000, 2_000), "a.png", "image/png", "damaged"),
    ],
)  # fmt: skip
def test_what_could_be_two_things_or_is_not_what_it_says_is_refused(
    content: bytes, name: str, declared: str, reason: str
) -> None:
    with pytest.raises(FileRefused, match=f"^{reason}$"):
        checked_upload(content, name, declared, LARGEST)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_tells_neither_where_it_was_taken_nor_what_is_hidden_behind_it(kind: str) -> None:
    content = photo(kind=kind) + b"<script>alert(1)</script>"

    kept = checked_upload(content, "a", "", LARGEST).file.content

    with Image.open(BytesIO(kept)) as picture:
        assert dict(picture.getexif()) == {}
        assert "exif" not in picture.info
    assert b"Telepon Sari" not in kept
    assert b"script" not in kept


def test_a_picture_that_is_a_zip_as_well_is_only_a_picture_afterwards() -> None:
    kept = checked_upload(photo() + archive(), "a.jpg", "image/jpeg", LARGEST).file.content

    assert b"PK\x05\x06" not in kept


def test_a_picture_lying_on_its_side_stands_up_and_a_huge_one_becomes_smaller() -> None:
    turned = checked_upload(photo(40, 20, turned=True), "a.jpg", "", LARGEST).file.content
    huge = checked_upload(photo(6000, 3000), "a.jpg", "", LARGEST).file.content

    sizes = [Image.open(BytesIO(content)).size for content in (turned, huge)]
    assert sizes == [(20, 40), (2560, 1280)]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\boot.pdf", "boot.pdf"),
        ('"><img src=x onerror=alert(1)>.pdf', "img src=x onerror=alert(1).pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ("faktur\u202efdp.pdf", "fakturfdp.pdf"),
        ("\x00", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_a_name_becomes_harmless(name: str, kept: str) -> None:
    assert checked_upload(PDF, name, "", LARGEST).name == kept
