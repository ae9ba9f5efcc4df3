"""Small files of the kinds that CSRs send."""

import base64

# 1 x 1, teal: a browser shows it.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGPgjo8BAAGFAL5Rl8yIAAAAAElFTkSuQmCC"
)
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 1000
PDF = b"%PDF-1.7 invoice"
