"""What stands in crm/content refers only to things that exist, in both languages."""

import csv
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
import yaml

from crm.offering.words import OfferContent
from crm.ticket_kinds import TicketKinds
from settings import PROJECT_DIR

FILES = sorted((PROJECT_DIR / "crm" / "content").glob("*.yml"))
CONTENT = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}


def texts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "id" in node or "en" in node:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from texts(child)


@pytest.mark.parametrize("name", CONTENT)
def test_every_text_is_there_in_both_languages(name: str) -> None:
    assert [text for text in texts(CONTENT[name]) if set(text) != {"id", "en"}] == []


def test_a_reason_has_the_same_slots_in_both_languages() -> None:
    for reason in CONTENT["offers"]["reasons"].values():
        slots = [
            {slot for _, slot, _, _ in Formatter().parse(reason[lang]) if slot}
            for lang in ("id", "en")
        ]
        assert slots[0] == slots[1]


def test_troubles_name_products_articles_and_ticket_categories_that_exist() -> None:
    with (PROJECT_DIR / "db" / "sample" / "products.csv").open(encoding="utf-8") as file:
        skus = {row["sku"] for row in csv.DictReader(file)}
    articles = {
        entry["article"]
        for file in (PROJECT_DIR / "knowledge").glob("*.yml")
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
    }
    for trouble in OfferContent.load().troubles:
        assert {*trouble.plans, trouble.unknown} <= skus
        assert trouble.articles <= articles
        assert trouble.categories <= set(TicketKinds.load().categories)


def test_every_wished_category_is_one_of_the_shop() -> None:
    with (PROJECT_DIR / "db" / "sample" / "products.csv").open(encoding="utf-8") as file:
        categories = {row["category"] for row in csv.DictReader(file)}

    assert set(CONTENT["offers"]["category_words"]) <= categories
