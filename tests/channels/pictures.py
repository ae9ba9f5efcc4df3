"""Small files of the kinds that CSRs send."""

import base64
import zipfile
from io import BytesIO

from PIL import Image

# 1 x 1, teal: a browser shows it.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGPgjo8BAAGFAL5Rl8yIAAAAAElFTkSuQmCC"
)
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 1000
PDF = b"%PDF-1.7 invoice"


def photo(width: int = 40, height: int = 20, *, kind: str = "JPEG", turned: bool = False) -> bytes:
    """A picture as a phone takes it: it knows where it was taken, and may lie on its side."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Telepon Sari"  # Make
    exif.get_ifd(0x8825)[2] = (6.0, 12.0, 30.0)  # GPSLatitude
    if turned:
        exif[0x0112] = 6  # Orientation: a quarter turn
    Image.new("RGB", (width, height), "teal").save(out, kind, exif=exif)
    return out.getvalue()


def archive() -> bytes:
    """A ZIP that unfolds to a thousand times its size."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.txt", b"0" * 10_000_000)
    return out.getvalue()
