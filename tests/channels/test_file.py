import pytest

from channels.file import LARGEST_IMAGE, FileRefused, enclosed
from tests.channels.pictures import JPEG, PDF, PNG


@pytest.mark.parametrize(
    ("content", "name", "kind", "named"),
    [
        (JPEG, "blender rusak.jpg", "image", "blender rusak.jpeg"),
        (PNG, "layar.PNG", "image", "layar.png"),
        (PDF, "Faktur TL-1.pdf", "document", "Faktur TL-1.pdf"),
        (PDF, "gambar.png", "document", "gambar.pdf"),  # it is what it holds, not what it says
        (PDF, "../../etc/passwd", "document", "passwd.pdf"),
        (PDF, "..\\..\\boot.ini", "document", "boot.pdf"),
        (PDF, 'a"\r\nX: 1.pdf', "document", "aX 1.pdf"),
        (PDF, "invoice\u202efdp.exe", "document", "invoicefdp.pdf"),
        (JPEG, "", "image", "image.jpeg"),
        (PDF, "...", "document", "document.pdf"),
        (PDF, "x" * 300 + ".pdf", "document", "x" * 100 + ".pdf"),
    ],
)
def test_a_file_is_told_by_its_content_and_gets_a_harmless_name(
    content: bytes, name: str, kind: str, named: str
) -> None:
    found = enclosed(content, name, "", largest=2000)

    assert (found.kind, found.name, found.file.content) == (kind, named, content)


@pytest.mark.parametrize(
    ("content", "largest", "reason"),
    [
        (b"", 1000, "empty"),
        (b"MZ" + b"x" * 99, 1000, "kind"),
        (b"<svg onload=alert(1)>", 1000, "kind"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", 1000, "kind"),  # WhatsApp shows none
        (b"\x00\x00\x00\x18ftypmp42...", 1000, "kind"),
        (PDF + b"x" * 1000, 1000, "too-large"),
        (JPEG + b"x" * LARGEST_IMAGE, 16_000_000, "too-large"),
    ],
)
def test_what_not_every_channel_can_show_is_refused(
    content: bytes, largest: int, reason: str
) -> None:
    with pytest.raises(FileRefused, match=f"^{reason}$"):
        enclosed(content, "a.jpg", "", largest)
