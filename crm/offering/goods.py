"""Products and promotions as choosing an offer needs them: many and often, so without the ORM."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, Table, select

from crm.tables import Product, Promotion


@dataclass(frozen=True, slots=True)
class Goods:
    """One product, as in the catalogue."""

    sku: str
    name_id: str
    name_en: str
    category: str
    price_idr: int
    cost_idr: int | None
    stock: int
    complements: list[str]
    refill_days: int | None
    active: bool
    shippable: bool
    upgrade_to: str | None

    def name(self, lang: str) -> str:
        """Return its name in `lang`."""
        return self.name_en if lang == "en" else self.name_id


@dataclass(frozen=True, slots=True)
class Running:
    """One promotion that holds now."""

    id: str
    kind: str  # promo, deal_of_day
    sku: str | None
    category: str | None
    percent_off: int | None
    amount_off_idr: int | None
    min_total_idr: int | None
    ends_at: datetime
    title_id: str
    title_en: str
    audience: str | None  # a segment, as in "activity:lapsed"; None: for everybody


_products: Table = Product.__table__  # type: ignore[assignment]
_promotions: Table = Promotion.__table__  # type: ignore[assignment]
_GOODS = select(*(_products.c[field.name] for field in fields(Goods)))
_RUNNING = select(*(_promotions.c[field.name] for field in fields(Running)))


def goods_of(connection: Connection, skus: Iterable[str | None]) -> dict[str, Goods]:
    """Return what there is of these products."""
    wanted = sorted({sku for sku in skus if sku})
    if not wanted:
        return {}
    rows = connection.execute(_GOODS.where(_products.c.sku.in_(wanted)))
    return {row.sku: Goods(*row) for row in rows}


def running(connection: Connection, at: datetime, segments: dict[str, str]) -> list[Running]:
    """Return the promotions that hold at `at` for somebody of `segments`, biggest first.

    Vouchers to type in are left out: whether somebody may use one is decided at the checkout.
    """
    c = _promotions.c
    rows = connection.execute(
        _RUNNING.where(c.starts_at <= at, c.ends_at >= at, c.code.is_(None)).order_by(
            c.percent_off.desc(), c.amount_off_idr.desc(), c.id
        )
    )
    found = [Running(*row) for row in rows]
    return [one for one in found if one.audience is None or _is_one(one.audience, segments)]


def _is_one(audience: str, segments: dict[str, str]) -> bool:
    dimension, _, code = audience.partition(":")
    return segments.get(dimension) == code
