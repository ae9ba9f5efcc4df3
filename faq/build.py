"""Build the search index into a folder, and read it back.

Each build is a folder of its own; the file CURRENT names the one in use and is replaced in one
step, so an interrupted build leaves the old index serving.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.alone import alone_in
from faq.articles import Article, content_hash
from faq.corpus import Corpus
from faq.decision import Judge, Yardstick
from faq.head import Head
from faq.index import Opener
from faq.knowledge import load_articles
from faq.lexical import LetterIndex
from faq.profiles import version
from faq.ranking import Ranker
from faq.recall import Encodes
from faq.rehearsal import CONTENT, Material, rehearse, strangers

log = logging.getLogger(__name__)

FORMAT = 10  # raise it when the files, the signals or their weights change
CURRENT = "CURRENT"
_PARTS = ("letters", "head", "graph")  # of a ranker; the last two may be missing
_KEPT_BUILDS = 2  # the one in use, and the one a running process may still be reading


class IndexUnusable(Exception):
    """The stored index is missing, damaged, or was made by another version."""


@dataclass(frozen=True, slots=True)
class Built:
    """Everything a search needs, in memory."""

    model: str
    content_hash: str
    articles: tuple[Article, ...]
    material: Material
    ranker: Ranker
    judge: Judge


def encode(corpus: Corpus, encoder: Encodes) -> Material:
    """Return the corpus with the vectors of its passages."""
    return Material(
        corpus,
        encoder.encode([wording.text for wording in corpus.wordings]),
        encoder.encode_answers([answer.text for answer in corpus.answers]),
        encoder.encode(strangers()),
    )


def fit(corpus: Corpus, encoder: Encodes) -> tuple[Material, Ranker, Judge]:
    """Encode a corpus, fit its ranker and calibrate its decision."""
    material = encode(corpus, encoder)
    ranker = material.ranker(with_head=material.head_pays)
    return material, ranker, calibrate(material, ranker)


def calibrate(material: Material, ranker: Ranker) -> Judge:
    """Calibrate the decision for a ranker fitted on the material."""
    strange = material.strange(ranker)
    yardstick = Yardstick.of(strange)
    prior = load_prior(with_head=material.head_pays)
    return Judge.fit(yardstick, rehearse(material, yardstick, strange), prior)


def load_prior(*, with_head: bool) -> Judge | None:
    """Return the calibration learned from our own articles, if it has been made."""
    file = CONTENT / "prior.json"
    if not file.exists():
        return None
    kinds = json.loads(file.read_text(encoding="utf-8"))
    return Judge.from_json(kinds["with_head" if with_head else "without_head"])


def build(knowledge: Path, folder: Path, encoder: Encodes) -> Built:
    """Build the index of the articles in `knowledge` and put it into use in `folder`.

    Raises BrokenKnowledge, and changes nothing, if an article has a fault.
    """
    with alone_in(folder):
        built = compose(load_articles(knowledge), encoder)
        store(built, folder)
    return built


def compose(articles: Sequence[Article], encoder: Encodes) -> Built:
    """Make the index of `articles` in memory."""
    material, ranker, judge = fit(Corpus.of(articles), encoder)
    return Built(encoder.model, content_hash(articles), tuple(articles), material, ranker, judge)


def read(folder: Path, opener: Opener | None = None) -> Built:
    """Return the index in use in `folder`, its passages in memory or where `opener` keeps them.

    Raises IndexUnusable, saying why, if it is not sound.
    """
    current = folder / CURRENT
    if not current.exists():
        raise IndexUnusable(f"there is no FAQ index in {folder}")
    try:
        return _read(folder / current.read_text(encoding="utf-8").strip(), opener)
    except IndexUnusable:
        raise
    except (OSError, ValueError, KeyError, TypeError, LookupError) as error:
        raise IndexUnusable(f"the FAQ index in {folder} is damaged: {error!r}") from error


def store(built: Built, folder: Path) -> None:
    """Put `built` into use in `folder`, in one step; call it alone in the folder."""
    place = Path(tempfile.mkdtemp(prefix=f"{built.content_hash}-", dir=folder))
    _write_arrays(
        place / "vectors.npz",
        {
            "wordings": built.material.wordings,
            "answers": built.material.answers,
            "strangers": built.material.strangers,
        },
    )
    for name, arrays in built.ranker.arrays().items():
        _write_arrays(place / f"{name}.npz", arrays)
    _write_json(place / "articles.json", [article.to_json() for article in built.articles])
    _write_json(place / "judge.json", built.judge.to_json())
    files = {file.name: _checksum(file) for file in sorted(place.iterdir())}
    manifest = {
        "format": FORMAT,
        "model": built.model,
        "encoder": version(built.model),
        "content": built.content_hash,
        "files": files,
    }
    _write_json(place / "manifest.json", manifest)
    marker = folder / f".{CURRENT}-{place.name}"
    marker.write_text(place.name, encoding="utf-8")
    os.replace(marker, folder / CURRENT)  # noqa: PTH105 - the word for "in one step"
    _sweep(folder, place)


def _sweep(folder: Path, current: Path) -> None:
    """Delete builds that nothing reads any more."""
    builds = [path for path in folder.iterdir() if path.is_dir() and path != current]
    builds.sort(key=lambda path: path.stat().st_mtime)
    for old in builds[: len(builds) - _KEPT_BUILDS + 1]:
        shutil.rmtree(old, ignore_errors=True)


def _read(place: Path, opener: Opener | None) -> Built:
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise IndexUnusable(f"the FAQ index has format {manifest['format']}, not {FORMAT}")
    if manifest["encoder"] != version(manifest["model"]):
        raise IndexUnusable(f"the FAQ index was made by another version of {manifest['model']}")
    for name, checksum in manifest["files"].items():
        if _checksum(place / name) != checksum:
            raise IndexUnusable(f"the FAQ index is damaged: {name} has changed since it was built")
    rows = json.loads((place / "articles.json").read_text(encoding="utf-8"))
    articles = tuple(Article.from_json(row) for row in rows)
    corpus = Corpus.of(articles)
    vectors = _read_arrays(place / "vectors.npz")
    material = Material(corpus, *(vectors[name] for name in ("wordings", "answers", "strangers")))
    parts = {
        name: _read_arrays(file) for name in _PARTS if (file := place / f"{name}.npz").exists()
    }
    ranker = Ranker.of_parts(
        corpus,
        material.wordings,
        material.answers,
        material.taught_strangers,
        LetterIndex.from_arrays(parts["letters"]),
        Head.from_arrays(parts["head"]) if "head" in parts else None,
        parts["graph"]["graph"] if "graph" in parts else None,
        opener,
    )
    judge = Judge.from_json(json.loads((place / "judge.json").read_text(encoding="utf-8")))
    return Built(manifest["model"], manifest["content"], articles, material, ranker, judge)


def _write_arrays(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with file.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **dict(arrays))


def _read_arrays(file: Path) -> dict[str, NDArray[Any]]:
    # Without pickle a planted file can hold numbers only.
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _write_json(file: Path, value: Mapping[str, Any] | Sequence[Any]) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
