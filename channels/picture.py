"""Draw a customer's picture anew, so that nothing is kept of its file but what can be seen.

Gone are where and when it was taken, what else was hidden in or behind it, and its file's tricks;
a picture that lies on its side stands up. Only Pillow's own readers touch it.
"""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from channels.file import LARGEST_IMAGE, File, FileRefused

_FORMATS = ("JPEG", "PNG", "WEBP")
_LONGEST_SIDE = 2560
# A few bytes can unfold to gigabytes. JPEG is read at a fraction of its size, the others whole.
_MOST_PIXELS = {"JPEG": 200_000_000, "PNG": 30_000_000, "WEBP": 30_000_000}
_QUALITY = 85


def redrawn(content: bytes) -> File:
    """Give a JPEG, or a PNG where it was one. Raises FileRefused "damaged" or "too-large"."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS[str(picture.format)]:
                raise FileRefused("too-large")
            picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            return _written(upright, as_png=picture.format == "PNG")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, MemoryError) as error:
        raise FileRefused("damaged") from error
    except Image.DecompressionBombError as error:
        raise FileRefused("too-large") from error


def _written(picture: Image.Image, *, as_png: bool) -> File:
    if as_png:
        drawn = picture.convert("RGBA" if _is_see_through(picture) else "RGB")
        content = _bytes(drawn, "PNG")
        if len(content) <= LARGEST_IMAGE:
            return File(content, "image/png")
    return File(_bytes(_on_white(picture), "JPEG", quality=_QUALITY), "image/jpeg")


def _is_see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG has no transparency; what was see-through would turn black."""
    if not _is_see_through(picture):
        return picture.convert("RGB")
    drawn = picture.convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(white, drawn).convert("RGB")


def _bytes(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = BytesIO()
    # A copy that carries none of the metadata which `save` would write.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    bare.save(out, kind, **options)
    return out.getvalue()
