"""Lay out the promotions: those in promotions.yml, and a deal of the day for every day."""

from datetime import date, timedelta
from random import Random

from db.sample import days
from db.sample.content import Content, Entry, Product
from db.sample.rows import Promotion

DAYS_BEFORE_REPEAT = 40
LAST_SECOND = 24 - 1 / 3600


def promotions(rng: Random, content: Content) -> list[Promotion]:
    """Return all promotions, the written ones first."""
    written = [_written(entry) for entry in content.promotions["promotions"]]
    return written + _deals(rng, content)


def _written(entry: Entry) -> Promotion:
    return Promotion(
        id=entry["id"],
        kind="promo",
        sku=entry.get("sku", ""),
        category=entry.get("category", ""),
        percent_off=entry.get("percent_off"),
        amount_off_idr=entry.get("amount_off_idr"),
        min_total_idr=entry.get("min_total_idr", 0),
        starts_at=days.at(entry["from"], 0),
        ends_at=days.at(entry["until"], LAST_SECOND),
        title_id=entry["title"]["id"],
        title_en=entry["title"]["en"],
        code=entry.get("code", ""),
    )


def _deals(rng: Random, content: Content) -> list[Promotion]:
    rules = content.promotions["deal_of_day"]
    recent: list[str] = []
    deals: list[Promotion] = []
    day: date = rules["from"]
    while day <= rules["until"]:
        choice = [
            p for p in _candidates(content, rules) if p.sku not in recent[-DAYS_BEFORE_REPEAT:]
        ]
        product = rng.choice(choice)
        recent.append(product.sku)
        percent = rng.choice([p for p in rules["percents"] if _covers_cost(product, p)])
        deals.append(_deal(rules, day, product, percent))
        day += timedelta(days=1)
    return deals


def _candidates(content: Content, rules: Entry) -> list[Product]:
    return [
        p
        for p in content.products.values()
        if p.active
        and p.stock > 0
        and p.category not in rules["never"]
        and _covers_cost(p, min(rules["percents"]))
    ]


def _covers_cost(product: Product, percent: int) -> bool:
    return product.price_idr * (100 - percent) >= product.cost_idr * 100


def _deal(rules: Entry, day: date, product: Product, percent: int) -> Promotion:
    title = rules["title"]
    return Promotion(
        id=f"DOD-{day:%y%m%d}",
        kind="deal_of_day",
        sku=product.sku,
        category="",
        percent_off=percent,
        amount_off_idr=None,
        min_total_idr=0,
        starts_at=days.at(day, 0),
        ends_at=days.at(day, LAST_SECOND),
        title_id=title["id"].format(product=product.name_id, percent=percent),
        title_en=title["en"].format(product=product.name_en, percent=percent),
        code="",
    )
