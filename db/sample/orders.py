"""Invent the orders of the demo shop, from the basket to the state they are in at NOW."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from db.sample import days, parcels, rows
from db.sample.baskets import Basket, Baskets
from db.sample.content import Content, Entry
from db.sample.people import Person

COD_LIMIT_IDR = 2_000_000
COD_FEE_IDR = 5_000
QRIS_LIMIT_IDR = 10_000_000
INSTALMENT_FROM_IDR = 1_000_000
INSURED_FROM_IDR = 1_000_000
INSURANCE_SHARE = 0.002
FREE_SHIPPING_FROM_IDR = 150_000
FREE_SHIPPING_UP_TO_IDR = 20_000
NEW_CUSTOMER_FROM_IDR = 100_000
NEW_CUSTOMER_IDR = 25_000
SHIPPING_IDR = {"java": (9_000, 18_000), "outside": (25_000, 45_000), "remote": (55_000, 80_000)}

CANCELLED_CHANCE = 0.04
NEVER_PAID_CHANCE = 0.5
VOUCHER_CHANCE = 0.5
RETURNED_CHANCE = 0.03
WAITS_FOR_GOODS_CHANCE = 0.08
PACKED_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Slot:
    """The moment at which one customer orders; `number` counts the orders of that day."""

    day: date
    number: int
    person: Person

    @property
    def order_number(self) -> str:
        """Return the order number, as TL-261118-0042."""
        return f"TL-{self.day:%y%m%d}-{self.number:04d}"


@dataclass(frozen=True, slots=True)
class Sale:
    """One order with its lines and, once it has been shipped, its parcel."""

    order: rows.Order
    lines: list[rows.OrderLine]
    parcel: parcels.Parcel | None


@dataclass
class Draft:
    """An order while it is being made up."""

    slot: Slot
    basket: Basket
    payment_method: str = ""
    paid_at: datetime | None = None
    parcel: parcels.Parcel | None = None
    status: str = ""
    shipping_idr: int = 0
    lines: list[rows.OrderLine] = field(default_factory=list)

    @property
    def ordered_at(self) -> datetime:
        """Return when the order came in."""
        return days.order_time(self.slot.day, self.slot.number)

    @property
    def goods_idr(self) -> int:
        """Return the sum of the lines."""
        return sum(line.quantity * line.unit_price_idr for line in self.lines)


class Slots:
    """Gives out order numbers, each once."""

    def __init__(self, rng: Random, people: list[Person], taken: set[str]) -> None:
        """Keep `taken`, the well-known order numbers, free."""
        self._rng = rng
        self._people = people
        self._taken = set(taken)

    def on(self, day: date, person: Person) -> Slot:
        """Return a free slot for `person` on `day`, not after NOW."""
        while True:
            slot = Slot(day, self._rng.randint(1, days.DAY_NUMBERS), person)
            free = slot.order_number not in self._taken
            if free and days.order_time(day, slot.number) <= days.NOW:
                self._taken.add(slot.order_number)
                return slot

    def draw(self, count: int) -> list[Slot]:
        """Return `count` slots on busy days for people who then buy, in order of time."""
        every_day = [days.FIRST_DAY + timedelta(days=n) for n in range(_days_shown())]
        chosen = self._rng.choices(every_day, [days.busyness(d) for d in every_day], k=count)
        slots = [self.on(day, self._buyer(day)) for day in sorted(chosen)]
        return sorted(slots, key=lambda slot: slot.order_number)

    def _buyer(self, day: date) -> Person:
        buyers = [p for p in self._people if p.buys_on(day)]
        return self._rng.choices(buyers, [p.pace for p in buyers])[0]


class Shop:
    """Turns slots and baskets into orders."""

    def __init__(self, rng: Random, content: Content, baskets: Baskets) -> None:
        """Take prices from `baskets`."""
        self._rng = rng
        self._content = content
        self._baskets = baskets
        self._orders_of: dict[str, int] = defaultdict(int)

    def sell(self, slot: Slot, basket: Basket | None = None) -> Sale:
        """Make the order of `slot`; without `basket` the customer chooses."""
        draft = Draft(slot, basket or self._baskets.fill(slot.person, slot.day))
        self._price(draft)
        self._pay(draft)
        if draft.status != "cancelled":
            self._ship(draft)
        return self._sale(draft, self._rng.choices(["website", "app"], [55, 45])[0])

    def sell_known(self, entry: Entry, person: Person) -> Sale:
        """Make a well-known order as it is written."""
        day = datetime.strptime(entry["number"][3:9], "%y%m%d").replace(tzinfo=days.WIB).date()
        basket = {line["sku"]: line["quantity"] for line in entry["lines"]}
        draft = Draft(Slot(day, int(entry["number"][10:]), person), basket)
        self._price(draft)
        draft.shipping_idr = entry.get("shipping_idr", 0)
        draft.payment_method = entry["payment_method"]
        draft.paid_at = draft.ordered_at + timedelta(minutes=6)
        draft.status = entry["status"]
        if "shipment" in entry:
            draft.parcel = parcels.known(entry["shipment"])
        return self._sale(draft, entry["channel"], vouchers=False)

    def _price(self, draft: Draft) -> None:
        day = draft.slot.day
        for sku, quantity in draft.basket.items():
            price = self._baskets.price(sku, day)
            number = draft.slot.order_number
            draft.lines.append(rows.OrderLine(number, len(draft.lines) + 1, sku, quantity, price))
        if self._has_goods(draft):
            low, high = SHIPPING_IDR[draft.slot.person.place.zone]
            draft.shipping_idr = self._rng.randrange(low, high + 1, 1000)

    def _pay(self, draft: Draft) -> None:
        draft.payment_method = self._payment_method(draft)
        minutes = self._rng.uniform(1, 28)
        if draft.payment_method == "transfer":
            minutes = self._rng.uniform(20, 20 * 60)
        paid_at = draft.ordered_at + timedelta(seconds=round(minutes * 60))
        if self._rng.random() < CANCELLED_CHANCE:
            # Some were never paid, and expire when the 24 hours are over.
            unpaid = self._rng.random() < NEVER_PAID_CHANCE and draft.payment_method != "cod"
            expired = draft.ordered_at + timedelta(hours=24) <= days.NOW
            over = expired if unpaid else paid_at <= days.NOW
            draft.status = "cancelled" if over else "pending"
            draft.paid_at = (
                paid_at if over and not unpaid and draft.payment_method != "cod" else None
            )
        else:
            draft.paid_at = paid_at

    def _payment_method(self, draft: Draft) -> str:
        total = draft.goods_idr + draft.shipping_idr
        shares = {"transfer": 26, "virtual_account": 22, "qris": 24, "card": 8}
        if self._has_goods(draft) and total <= COD_LIMIT_IDR:
            shares["cod"] = 20
        if total > QRIS_LIMIT_IDR:
            del shares["qris"]
        if total >= INSTALMENT_FROM_IDR:
            shares["instalment"] = 25
        return self._rng.choices(list(shares), list(shares.values()))[0]

    def _ship(self, draft: Draft) -> None:
        """Send the goods and set the status to what it is at NOW."""
        if draft.paid_at is None or draft.paid_at > days.NOW:
            draft.status, draft.paid_at = "pending", None
            return
        ready = draft.ordered_at if draft.payment_method == "cod" else draft.paid_at
        leaves_at = self._leaves_at(ready)
        if not self._has_goods(draft):
            done = days.working_day_after(ready.date(), self._rng.randint(1, 3))
            draft.status = "delivered" if days.at(done, 15) <= days.NOW else "paid"
        elif leaves_at > days.NOW:
            draft.status = "packed" if ready + PACKED_AFTER <= days.NOW else "paid"
        else:
            self._hand_over(draft, leaves_at)
        if draft.payment_method == "cod":
            # Cash is paid at the door.
            draft.paid_at = draft.parcel.delivered_at if draft.parcel else None

    def _hand_over(self, draft: Draft, leaves_at: datetime) -> None:
        place = draft.slot.person.place
        cod = draft.payment_method == "cod"
        draft.parcel = parcels.send(self._rng, leaves_at, place, cod=cod).until_now()
        delivered_at = draft.parcel.delivered_at
        draft.status = "delivered" if delivered_at else "shipped"
        if draft.parcel.last_code == "returned_to_sender":
            draft.status = "returned"
        comes_back = self._rng.random() < RETURNED_CHANCE
        if comes_back and delivered_at and days.NOW - delivered_at > timedelta(days=7):
            draft.status = "returned"

    def _leaves_at(self, ready: datetime) -> datetime:
        """Return when the courier collects: the same working day if ready before 14.00 WIB."""
        day = ready.date()
        if not days.is_working_day(day) or ready.timetz() >= days.SHIPPING_CUT_OFF.replace(
            tzinfo=days.WIB
        ):
            day = days.working_day_after(day)
        if self._rng.random() < WAITS_FOR_GOODS_CHANCE:
            day = days.working_day_after(day, self._rng.randint(1, 2))
        return days.at(day, self._rng.uniform(15.5, 18))

    def _sale(self, draft: Draft, channel: str, *, vouchers: bool = True) -> Sale:
        person = draft.slot.person
        fee = self._fee(draft)
        discount = self._discount(draft) if vouchers else 0
        self._orders_of[person.id] += 1
        order = rows.Order(
            number=draft.slot.order_number,
            customer_id=person.id,
            ordered_at=draft.ordered_at,
            status=draft.status,
            total_idr=draft.goods_idr + draft.shipping_idr + fee - discount,
            payment_method=draft.payment_method,
            channel=channel,
            city=person.place.city,
            shipping_idr=draft.shipping_idr,
            fee_idr=fee,
            discount_idr=discount,
            paid_at=draft.paid_at,
        )
        return Sale(order, draft.lines, draft.parcel)

    def _fee(self, draft: Draft) -> int:
        insured = self._has_goods(draft) and draft.goods_idr > INSURED_FROM_IDR
        insurance = round(draft.goods_idr * INSURANCE_SHARE) if insured else 0
        return insurance + (COD_FEE_IDR if draft.payment_method == "cod" else 0)

    def _discount(self, draft: Draft) -> int:
        """Return what the one voucher of an order takes off."""
        is_new = (
            draft.slot.person.since >= days.FIRST_DAY and not self._orders_of[draft.slot.person.id]
        )
        if is_new and draft.goods_idr >= NEW_CUSTOMER_FROM_IDR:
            return NEW_CUSTOMER_IDR
        if draft.goods_idr >= FREE_SHIPPING_FROM_IDR and self._rng.random() < VOUCHER_CHANCE:
            return min(FREE_SHIPPING_UP_TO_IDR, draft.shipping_idr)
        return 0

    def _has_goods(self, draft: Draft) -> bool:
        return any(self._content.products[sku].shippable for sku in draft.basket)


def _days_shown() -> int:
    return (days.NOW.date() - days.FIRST_DAY).days + 1
