"""The public sets, each as a knowledge base and the questions of its test split.

FAQ sets have no splits of their own: the engine was developed on the questions with
`sha256(text) % 5 < 2` (docs/faq.md), so the others are the ones to report. Intent sets become
knowledge bases whose articles are the labels, with the words of the label as the question, and
whose wordings are the training examples.
"""

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faq.foreign import Entry, Question, read_kb, read_queries

_OUT_OF_SCOPE = "oos"
_SHOTS, _SEED = 10, 1


class NoData(ValueError):
    """The folder does not hold the public sets."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One knowledge base, its questions, and the parts of them to report."""

    name: str
    title: str
    entries: Sequence[Entry]
    questions: Sequence[Question]
    parts: Mapping[str, NDArray[np.bool_]]  # the first is the one to compare by

    @property
    def wordings(self) -> list[tuple[int, str]]:
        """Return (row of the entry, text) for everything an entry is asked with."""
        return [
            (row, text)
            for row, entry in enumerate(self.entries)
            for text in (entry.question, *entry.wordings)
            if text.strip()
        ]

    @property
    def examples(self) -> list[tuple[int, str]]:
        """Return (row of the entry, text) without the labels' own words, where there are others."""
        return [
            (row, text)
            for row, entry in enumerate(self.entries)
            for text in entry.wordings or (entry.question,)
        ]


def load(name: str, data: Path) -> PublicSet:
    """Return the set of that name. Raises NoData if its files are not in `data`."""
    try:
        return SETS[name](data)
    except FileNotFoundError as error:
        raise NoData(
            f"{error.filename} is missing; --data takes the folder of public sets"
        ) from error


def held_out(text: str) -> bool:
    """Return whether a question of a FAQ set was kept out of development."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5 >= 2


def _faq(folder: str, name: str, title: str) -> Callable[[Path], PublicSet]:
    def read(data: Path) -> PublicSet:
        entries = read_kb(data / "faq" / folder / "kb.jsonl")
        known = {entry.id for entry in entries}
        questions = read_queries(data / "faq" / folder / "queries.jsonl", known)
        kept = np.array([held_out(question.text) for question in questions])
        parts = {"held out": kept}
        for style in sorted({question.style for question in questions} - {""}):
            of_style = np.array([question.style == style for question in questions])
            parts[f"held out, {style}"] = kept & of_style
        parts["all"] = np.ones(len(questions), dtype=np.bool_)
        return PublicSet(name, title, entries, questions, parts)

    return read


def _intents(folder: str, name: str, title: str, shots: int | None) -> Callable[[Path], PublicSet]:
    def read(data: Path) -> PublicSet:
        rows = _rows(data / "intents" / folder / "intents.jsonl")
        examples: dict[str, list[str]] = {}
        for row in rows:
            if row["split"] == "train" and row["label"] != _OUT_OF_SCOPE:
                examples.setdefault(row["label"], []).append(row["text"])
        if shots:
            chance = random.Random(_SEED)
            examples = {label: chance.sample(texts, shots) for label, texts in examples.items()}
        entries = [
            Entry(label, label.replace("_", " "), "", "en", tuple(texts))
            for label, texts in examples.items()
        ]
        questions = [
            Question(row["text"], _right(row["label"]), "en", "")
            for row in rows
            if row["split"] == "test"
        ]
        everything = np.ones(len(questions), dtype=np.bool_)
        return PublicSet(name, title, entries, questions, {"test": everything})

    return read


def _right(label: str) -> frozenset[str]:
    return frozenset() if label == _OUT_OF_SCOPE else frozenset({label})


def _translations(data: Path) -> PublicSet:
    """Ask in Indonesian for the English sentence that means the same."""
    rows = [r for r in _rows(data / "intents/xsid_id/intents.jsonl") if r["split"] == "test"]
    english = list(dict.fromkeys(row["text_en"] for row in rows))
    entries = [Entry(text, text, "", "en", ()) for text in english]
    right: dict[str, set[str]] = {}
    for row in rows:
        right.setdefault(row["text"], set()).add(row["text_en"])
    questions = [Question(text, frozenset(ids), "id", "") for text, ids in right.items()]
    everything = np.ones(len(questions), dtype=np.bool_)
    title = "xSID, Indonesian to English"
    return PublicSet("xsid", title, entries, questions, {"test": everything})


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


SETS: Mapping[str, Callable[[Path], PublicSet]] = {
    "stackfaq": _faq("stackfaq_en", "stackfaq", "StackFAQ, English"),
    "tegal": _faq("tegal_gov_id", "tegal", "Tegal, Indonesian"),
    "pegadaian": _faq("pegadaian_id", "pegadaian", "Pegadaian, Indonesian"),
    "banking77_10": _intents("banking77", "banking77_10", "Banking77, 10 wordings each", _SHOTS),
    "banking77": _intents("banking77", "banking77", "Banking77, all wordings", None),
    "clinc150": _intents("clinc150", "clinc150", "CLINC150 with out of scope", None),
    "hint3": _intents("hint3_powerplay11", "hint3", "HINT3 powerplay11, real queries", None),
    "xsid": _translations,
}
