"""A small knowledge base on disk, and the real encoder."""

from pathlib import Path

import pytest
import yaml

from faq.encoder import Encoder
from faq.engine import FaqEngine

ARTICLES = {
    "returns-window": (
        (
            "Berapa lama batas retur?",
            "masih bisa balikin barang ga ya",
            "Kapan terakhir boleh retur",
        ),
        ("How long do I have to return an item?", "return deadline", "can I still send it back"),
        ("Retur paling lambat 14 hari.", "You can return it within 14 days."),
    ),
    "payment-cod": (
        ("Bisa bayar di tempat?", "cod bisa ga kak", "Apakah ada COD?"),
        ("Can I pay on delivery?", "is cod available", "pay cash to the courier"),
        ("Bisa COD sampai Rp2.000.000.", "Cash on delivery up to Rp2,000,000."),
    ),
    "stores-hours": (
        ("Jam berapa toko buka?", "tutup jam brp kak", "Apakah hari Minggu buka?"),
        ("When is the shop open?", "opening hours", "are you open on Sunday"),
        ("Buka setiap hari 10.00-21.00.", "Open daily from 10 am to 9 pm."),
    ),
}


def article(article_id: str = "returns-window", **changes: object) -> dict[str, object]:
    wordings_id, wordings_en, answers = ARTICLES[article_id]
    return {
        "article": article_id,
        "topic": article_id.split("-", maxsplit=1)[0],
        "updated": "2026-11-01",
        "texts": {
            "id": {"title": article_id, "questions": list(wordings_id), "answer": answers[0]},
            "en": {"title": article_id, "questions": list(wordings_en), "answer": answers[1]},
        },
        **changes,
    }


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for article_id in ARTICLES:
        write(folder / f"{article_id}.yml", article(article_id))
    return folder


def write(file: Path, *articles: dict[str, object]) -> Path:
    file.write_text(yaml.safe_dump(list(articles), allow_unicode=True, sort_keys=False))
    return file


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FaqEngine:
    folder = tmp_path_factory.mktemp("three-articles")
    for article_id in ARTICLES:
        write(folder / f"{article_id}.yml", article(article_id))
    return FaqEngine.load_or_build(folder / "index", folder)
