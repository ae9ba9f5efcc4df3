"""A folder like the one of public sets, small enough to read."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

KB = [
    {"id": "gadai", "question": "bagaimana cara gadai emas", "answer": "Bawa KTP.", "lang": "id"},
    {"id": "tenor", "question": "berapa lama kredit motor", "answer": "12 bulan.", "lang": "id"},
    {"id": "jam", "question": "jam berapa kantor buka", "answer": "Pukul 8.", "lang": "id"},
]
QUERIES = [
    {"text": "cara gadai emas gimana", "faq_id": "gadai", "lang": "id", "style": "colloquial"},
    {"text": "kantor buka jam berapa", "faq_id": "jam", "lang": "id", "style": "formal"},
    {"text": "lama kredit motor berapa bulan", "faq_id": "tenor", "lang": "id", "style": "formal"},
    {"text": "siapa presiden sekarang", "faq_id": None, "lang": "id", "style": "formal"},
]
BANKING = [
    ("lost_card", "train", [f"I lost my card number {n}" for n in range(12)]),
    ("exchange", "train", [f"what is the exchange rate for {n} dollars" for n in range(12)]),
    ("lost_card", "test", ["my card is lost"]),
    ("exchange", "test", ["exchange rate please"]),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write(folder / "faq/pegadaian_id/kb.jsonl", KB)
    write(folder / "faq/pegadaian_id/queries.jsonl", QUERIES)
    intents = [
        {"text": text, "label": label, "split": split, "lang": "en"}
        for label, split, texts in BANKING
        for text in texts
    ]
    write(folder / "intents/banking77/intents.jsonl", intents)
    oos = [{"text": text, "label": "oos", "split": "test", "lang": "en"} for text in ("hm", "la")]
    taught = [{"text": "nothing of ours", "label": "oos", "split": "train", "lang": "en"}]
    write(folder / "intents/clinc150/intents.jsonl", [*intents, *oos, *taught])
    pairs = [("Apakah hujan?", "Will it rain?"), ("Hujan tidak?", "Will it rain?")]
    rows = [{"text": text, "text_en": english, "split": "test"} for text, english in pairs]
    write(folder / "intents/xsid_id/intents.jsonl", rows)
    return folder


def write(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
