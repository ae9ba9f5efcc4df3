"""Send parcels through Indonesia: courier, tracking number, ETA and the events on the way."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from db.sample import days
from db.sample.content import Entry, Place, moment
from db.sample.rows import Shipment, ShipmentEvent

COURIERS = {"JNE": 34, "J&T": 30, "SiCepat": 24, "POS": 12}  # share in percent
COD_COURIERS = {"JNE": 58, "SiCepat": 42}
TRACKING_NUMBERS = {"JNE": ("01", 14), "J&T": ("JP", 10), "SiCepat": ("00", 10), "POS": ("P", 13)}
WAREHOUSES = {"Bandung": 85, "Surabaya": 15}
FASTEST_DAYS = {"java": 1, "outside": 3, "remote": 7}
PROMISED_DAYS = {"java": 3, "outside": 7, "remote": 14}

LATE_CHANCE = 0.07
RAINY_FROM = date(2026, 11, 2)  # so that NOW finds several late parcels
RAINY_LATE_CHANCE = 0.25
NOBODY_HOME_CHANCE = 0.07
SECOND_FAILURE_CHANCE = 0.3
NEVER_COLLECTED_CHANCE = 0.25
DELAYS = ("bad_weather", "sent_to_wrong_hub", "high_volume", "address_unclear")
RECEIVERS = ("received_in_person", "received_by_family", "received_by_security", "left_at_door")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to a parcel; `note` is a code, its words are in the templates."""

    at: datetime
    code: str
    city: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel's whole way, also the part that lies after NOW."""

    courier: str
    tracking_number: str
    origin: str
    shipped_at: datetime
    eta: date
    steps: tuple[Step, ...]

    def until_now(self) -> "Parcel":
        """Return the parcel as the shop knows it at NOW."""
        return replace(self, steps=tuple(s for s in self.steps if s.at <= days.NOW))

    @property
    def last_code(self) -> str:
        """Return the code of the latest step."""
        return self.steps[-1].code

    @property
    def delivered_at(self) -> datetime | None:
        """Return when it was delivered, if it was."""
        return self.steps[-1].at if self.last_code == "delivered" else None


def send(rng: Random, shipped_at: datetime, place: Place, *, cod: bool) -> Parcel:
    """Send one parcel to `place`; cash on delivery goes with the couriers that collect it."""
    couriers = COD_COURIERS if cod else COURIERS
    courier = rng.choices(list(couriers), list(couriers.values()))[0]
    origin = rng.choices(list(WAREHOUSES), list(WAREHOUSES.values()))[0]
    fastest, promised = _transit_days(origin, place)
    eta = days.not_sunday(shipped_at.date() + timedelta(days=promised))
    rainy = shipped_at.date() >= RAINY_FROM
    late = rng.random() < (RAINY_LATE_CHANCE if rainy else LATE_CHANCE)
    arrives = shipped_at.date() + timedelta(days=rng.randint(fastest, promised))
    if late:
        arrives = eta + timedelta(days=rng.randint(1, 5))
    steps = _travel(rng, shipped_at, days.not_sunday(arrives), origin, place, late=late)
    steps += _last_mile(rng, steps[-1].at, place.city)
    return Parcel(
        courier=courier,
        tracking_number=_tracking_number(rng, courier),
        origin=origin,
        shipped_at=shipped_at,
        eta=eta,
        steps=tuple(steps),
    )


def known(entry: Entry) -> Parcel:
    """Read the parcel of a well-known order; it was shipped with its first event."""
    steps = tuple(
        Step(moment(e["at"]), e["code"], e["city"], e.get("note", "")) for e in entry["events"]
    )
    return Parcel(
        courier=entry["courier"],
        tracking_number=entry["tracking_number"],
        origin=entry["origin_city"],
        shipped_at=steps[0].at,
        eta=entry["eta"],
        steps=steps,
    )


def rows(
    parcel: Parcel, shipment_id: str, order_number: str
) -> tuple[Shipment, list[ShipmentEvent]]:
    """Write `parcel` down as a shipment and its events."""
    shipment = Shipment(
        id=shipment_id,
        order_number=order_number,
        courier=parcel.courier,
        tracking_number=parcel.tracking_number,
        shipped_at=parcel.shipped_at,
        eta=parcel.eta,
        delivered_at=parcel.delivered_at,
        status=parcel.last_code,
        origin_city=parcel.origin,
    )
    return shipment, [
        ShipmentEvent(shipment_id, s.at, s.code, s.city, s.note) for s in parcel.steps
    ]


def _transit_days(origin: str, place: Place) -> tuple[int, int]:
    if origin == place.city:
        return 1, 2
    return FASTEST_DAYS[place.zone], PROMISED_DAYS[place.zone]


def _travel(
    rng: Random, shipped_at: datetime, arrives: date, origin: str, place: Place, *, late: bool
) -> list[Step]:
    """Return the steps up to the morning of the first delivery attempt."""
    hub_at = days.at(shipped_at.date(), rng.uniform(20, 23.9))
    arrived_at = days.at(arrives, rng.uniform(5.5, 7))
    moved_at = _between(rng, hub_at, arrived_at, 0.2, 0.5)
    steps = [Step(shipped_at, "picked_up", origin), Step(hub_at, "at_hub", origin)]
    if place.city != origin:
        steps.append(Step(moved_at, "in_transit", place.hub))
    if late:
        delayed_at = _between(rng, moved_at, arrived_at, 0.3, 0.7)
        steps.append(Step(delayed_at, "delayed", place.hub, rng.choice(DELAYS)))
    if place.city != origin:
        steps.append(Step(arrived_at, "arrived_city", place.city))
    steps.append(Step(days.at(arrives, rng.uniform(7.5, 9.5)), "out_for_delivery", place.city))
    return steps


def _last_mile(rng: Random, out_at: datetime, city: str) -> list[Step]:
    """Deliver at most twice; then the parcel waits 3 days at the branch."""
    day = out_at.date()
    steps: list[Step] = []
    for chance in (NOBODY_HOME_CHANCE, SECOND_FAILURE_CHANCE):
        if rng.random() >= chance:
            steps.append(Step(_afternoon(rng, day), "delivered", city, rng.choice(RECEIVERS)))
            return steps
        steps.append(Step(_afternoon(rng, day), "failed_attempt", city, "recipient_absent"))
        day = days.not_sunday(day + timedelta(days=1))
        # The second attempt starts a new round; after it the parcel goes to the branch.
        if chance == NOBODY_HOME_CHANCE:
            steps.append(Step(days.at(day, rng.uniform(7.5, 9.5)), "out_for_delivery", city))
    steps.append(Step(days.at(day, rng.uniform(8, 9)), "held_at_branch", city, "waits_3_days"))
    if rng.random() < NEVER_COLLECTED_CHANCE:
        sent_back = days.at(day + timedelta(days=4), rng.uniform(9, 11))
        return [*steps, Step(sent_back, "returned_to_sender", city, "not_collected")]
    collected = days.at(day + timedelta(days=rng.randint(1, 3)), rng.uniform(10, 18))
    return [*steps, Step(collected, "delivered", city, "collected_at_branch")]


def _afternoon(rng: Random, day: date) -> datetime:
    return days.at(day, rng.uniform(10, 18.5))


def _between(rng: Random, start: datetime, end: datetime, low: float, high: float) -> datetime:
    seconds = (end - start).total_seconds() * rng.uniform(low, high)
    return start + timedelta(seconds=round(seconds))


def _tracking_number(rng: Random, courier: str) -> str:
    """Make a number that looks like the courier's: its prefix and its count of digits."""
    prefix, digits = TRACKING_NUMBERS[courier]
    return f"{prefix}{rng.randrange(10**digits):0{digits}d}"
