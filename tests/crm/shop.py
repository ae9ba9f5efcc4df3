"""A very small shop for the tests: two customers, five products, two orders."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crm.eligibility import Situation
from crm.offers import Offers, Proposal
from crm.tables import (
    Customer,
    Order,
    OrderLine,
    Product,
    Promotion,
    Shipment,
    ShipmentEvent,
)
from db.base import new_id
from db.engine import Database

NOON = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)  # a Wednesday, 12.00 in Jakarta
SARI_ORDER = "TL-261115-0001"
BUDI_ORDER = "TL-261110-0002"


def at_noon() -> datetime:
    return NOON


def product(sku: str, category: str, price_idr: int = 100_000, **more: object) -> Product:
    name = sku.lower()
    return Product(
        **{
            "sku": sku,
            "name_id": f"{name} (id)",
            "name_en": f"{name} (en)",
            "category": category,
            "price_idr": price_idr,
            "stock": 10,
            **more,
        }
    )


async def fill(database: Database) -> None:
    async with database.write() as session:
        session.add_all(
            [
                Customer(
                    id="C0001",
                    name="Sari",
                    phone="+6281200001111",
                    email="sari@example.com",
                    city="Bandung",
                    since=NOON - timedelta(days=700),
                    consent_offers=True,
                ),
                Customer(
                    id="C0002",
                    name="Budi",
                    phone="+6281200002222",
                    email=None,
                    consent_offers=False,
                ),
                product("NECKLACE", "jewellery", 500_000, complements=["EARRINGS", "GONE"]),
                product("EARRINGS", "jewellery", 250_000),
                product("GONE", "jewellery", stock=0),
                product("SHOES", "shoes", 400_000),
                product("SERUM", "beauty", 90_000, refill_days=30),
            ]
        )
        await session.flush()
        session.add_all(
            [
                Order(
                    number=SARI_ORDER,
                    customer_id="C0001",
                    ordered_at=NOON - timedelta(days=3),
                    status="shipped",
                    total_idr=590_000,
                    city="Bandung",
                ),
                Order(
                    number=BUDI_ORDER,
                    customer_id="C0002",
                    ordered_at=NOON - timedelta(days=8),
                    status="delivered",
                    total_idr=400_000,
                ),
            ]
        )
        await session.flush()
        session.add_all(
            [
                _line(SARI_ORDER, 1, "NECKLACE", 500_000),
                _line(SARI_ORDER, 2, "SERUM", 90_000),
                _line(BUDI_ORDER, 1, "SHOES", 400_000),
                Shipment(
                    id="S1",
                    order_number=SARI_ORDER,
                    courier="JNE",
                    tracking_number="JNE123",
                    shipped_at=NOON - timedelta(days=2),
                    eta=NOON + timedelta(days=1),
                    status="in_transit",
                ),
            ]
        )
        await session.flush()
        session.add_all(
            [
                _event("in_transit", timedelta(days=1), "Jakarta"),
                _event("picked_up", timedelta(days=2), "Bandung"),
            ]
        )


def _line(number: str, line: int, sku: str, price_idr: int) -> OrderLine:
    return OrderLine(order_number=number, line=line, sku=sku, quantity=1, unit_price_idr=price_idr)


def _event(code: str, before: timedelta, city: str) -> ShipmentEvent:
    return ShipmentEvent(shipment_id="S1", at=NOON - before, code=code, city=city)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def customer(name: str) -> Customer:
    return Customer(id=name, name=name)


async def buy(
    database: Database,
    who: str,
    *skus: str,
    at: datetime = NOON,
    status: str = "delivered",
    quantity: int = 1,
) -> str:
    """Store an order and return its number."""
    number = f"TL-{new_id()}"
    order = Order(number=number, customer_id=who, ordered_at=at, status=status, total_idr=1)
    lines = [_line(number, n, sku, 1) for n, sku in enumerate(skus, 1)]
    for line in lines:
        line.quantity = quantity
    async with database.write() as session:
        session.add(order)
        await session.flush()
        session.add_all(lines)
    return number


async def add(database: Database, *rows: Any) -> None:
    async with database.write() as session:
        session.add_all(rows)


def promotion(name: str, **fields: Any) -> Promotion:
    return Promotion(
        **{
            "id": name,
            "kind": "promo",
            "starts_at": NOON - timedelta(days=1),
            "ends_at": NOON + timedelta(days=1),
            "title_id": f"{name} (id)",
            "title_en": f"{name} (en)",
            **fields,
        }
    )


async def sku_for(offers: Offers, **situation: Any) -> str | None:
    chosen = await offers.choose(Situation(**{"conversation_id": "c", **situation}))
    return chosen.sku if chosen else None


SARI = Situation("hers", customer_id="C0001", order_number=SARI_ORDER)
EARRINGS = Proposal(
    sku="EARRINGS",
    name_id="earrings (id)",
    name_en="earrings (en)",
    price_idr=250_000,
    was_idr=None,
    promotion_id=None,
    reason="complement",
    customer_id="C0001",
    asked=False,
    reason_data={"product": {"id": "necklace (id)", "en": "necklace (en)"}},
)
