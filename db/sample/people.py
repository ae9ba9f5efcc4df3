"""Invent the customers of the demo shop: who they are and how they like to buy."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from db.sample import days
from db.sample.content import Content, Entry, Place, email_of, is_open, moment

CUSTOMERS = 300
# Indonesia reserves no numbers for fiction; nothing is ever sent to this block.
PHONE_BLOCK = "+62811000"
FAVOURITES = ("jewellery", "shoes", "belts", "bags", "phones", "accessories", "home", "beauty")
EARLY_CHANCE = 0.4  # of having been a customer before the first order shown
OLDEST = date(2022, 3, 1)


@dataclass(frozen=True)
class Person:
    """A customer together with the habits that drive the invented orders."""

    id: str
    name: str
    phone: str
    email: str
    place: Place
    lang: str
    since: date
    consent: bool
    consent_at: datetime | None
    pace: float = (
        0.0  # orders, relative; 0 for the well-known customers, whose orders are written by hand
    )
    stops: date | None = None  # after this day the person buys nothing
    tastes: frozenset[str] = frozenset()

    def buys_on(self, day: date) -> bool:
        """Tell whether the person is a customer and has not stopped buying on `day`."""
        return is_open(self.since, self.stops, day)


def invent(rng: Random, content: Content) -> list[Person]:
    """Return CUSTOMERS people, the well-known ones first."""
    people = [_known(entry, content.places) for entry in content.known["customers"]]
    names = Counter(p.name for p in people)
    taken = {p.phone for p in people}
    endings = [n for n in range(1000, 10000) if f"{PHONE_BLOCK}{n}" not in taken]
    phones = rng.sample(endings, CUSTOMERS - len(people))
    for ending in phones:
        name = _name(rng, content.names)
        names[name] += 1
        people.append(
            _person(
                rng,
                content,
                id_=f"C{len(people) + 1:04d}",
                name=name,
                phone=f"{PHONE_BLOCK}{ending}",
                email=email_of(name, names[name]),
            )
        )
    return people


def _known(entry: Entry, places: dict[str, Place]) -> Person:
    return Person(
        id=entry["id"],
        name=entry["name"],
        phone=entry["phone"],
        email=entry["email"],
        place=places[entry["city"]],
        lang=entry["lang"],
        since=entry["since"],
        consent=entry["consent_offers"],
        consent_at=moment(entry["consent_at"]),
    )


def _name(rng: Random, origins: list[Entry]) -> str:
    origin = rng.choices(origins, [o["share"] for o in origins])[0]
    first = rng.choice(origin["first"])
    return f"{first} {rng.choice(origin['last'])}"


def _person(
    rng: Random, content: Content, *, id_: str, name: str, phone: str, email: str
) -> Person:
    places = list(content.places.values())
    place = rng.choices(places, [p.share for p in places])[0]
    since = _since(rng)
    answer = rng.choices(["yes", "no", "not asked"], [62, 23, 15])[0]
    asked_at = days.at(since, rng.uniform(7, 22))
    return Person(
        id=id_,
        name=name,
        phone=phone,
        email=email,
        place=place,
        lang="en"
        if rng.random() < (0.2 if place.city in {"Jakarta", "Denpasar"} else 0.07)
        else "id",
        since=since,
        consent=answer == "yes",
        consent_at=None if answer == "not asked" else asked_at,
        pace=rng.lognormvariate(0, 1.0),
        stops=_stops(rng, since),
        tastes=frozenset(rng.sample(FAVOURITES, 2)),
    )


def _since(rng: Random) -> date:
    early = rng.random() < EARLY_CHANCE
    first, last = (OLDEST, days.FIRST_DAY) if early else (days.FIRST_DAY, date(2026, 11, 14))
    return first + timedelta(days=rng.randrange((last - first).days))


def _stops(rng: Random, since: date) -> date | None:
    habit = rng.choices(["active", "passive", "lapsed"], [60, 20, 20])[0]
    if habit == "active":
        return None
    shortest, longest = (95, 260) if habit == "passive" else (275, 500)
    stop = days.NOW.date() - timedelta(days=rng.randrange(shortest, longest))
    return stop if stop > since else None
