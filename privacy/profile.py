"""The profile of a customer: each fact with where it comes from and since when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from privacy.belongings import Belongings

Row = Mapping[str, Any]
Form = Literal["text", "money", "day", "word"]

_IDENTITY: tuple[tuple[str, Form], ...] = (
    ("name", "text"),
    ("phone", "text"),
    ("email", "text"),
    ("city", "text"),
    ("lang", "word"),
    ("since", "day"),
    ("level", "word"),
    ("points", "text"),
    ("segment", "text"),
    ("activity", "word"),
)
_RETURNED = ("returned",)
_SHOP = "shop"  # its own system, by import


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing we know; `name` and a value of form "word" have words in content/words.yml."""

    name: str
    value: Any
    source: str  # shop, chat, page, csr, import, whatsapp, …
    at: datetime | None
    form: Form = "text"


@dataclass(frozen=True, slots=True)
class Section:
    """Facts that belong together; `name` has a title in content/words.yml."""

    name: str
    facts: tuple[Fact, ...]


def profile_of(found: Belongings) -> list[Section]:
    """Tell what was found of a person as facts, newest first where there are many."""
    sections = (
        Section("identity", tuple(_identity(found))),
        Section("consent", tuple(_consents(found))),
        Section("channels", tuple(_channels(found))),
        Section("orders", tuple(_orders(found, returned=False))),
        Section("returns", tuple(_orders(found, returned=True))),
        Section("bills", tuple(_bills(found))),
        Section("tickets", tuple(_tickets(found))),
        Section("call_backs", tuple(_call_backs(found))),
        Section("surveys", tuple(_surveys(found))),
        Section("contacts", tuple(_contacts(found))),
        Section("offers", tuple(_offers(found))),
    )
    return [section for section in sections if section.facts]


def _identity(found: Belongings) -> Iterator[Fact]:
    changes = _sorted(found.rows.get("contact_changes", ()), "at")
    for customer in found.rows.get("customers", ()):
        if customer["merged_into"]:
            continue
        for name, form in _IDENTITY:
            value = customer[name]
            if value in (None, ""):
                continue
            change = next((one for one in changes if one["field"] == name), None)
            if change is not None and change["new"] == value:
                yield Fact(name, value, change["source"], change["at"], form)
            else:
                at = customer["imported_at"] or customer["since"]
                yield Fact(name, value, _SHOP, at, form)


def _consents(found: Belongings) -> Iterator[Fact]:
    log = sorted(found.rows.get("consent_log", ()), key=lambda row: row["id"])
    logged = {row["purpose"]: row for row in log}  # the last word counts
    if "offers" not in logged:  # from before there was a log
        for customer in found.rows.get("customers", ()):
            if customer["consent_at"] is not None and not customer["merged_into"]:
                value = "yes" if customer["consent_offers"] else "no"
                yield Fact("offers", value, _SHOP, customer["consent_at"], "word")
    for purpose, row in logged.items():
        value = "yes" if row["granted"] else "no"
        yield Fact(purpose, value, row["source"], row["at"], "word")


def _channels(found: Belongings) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("conversations", ()), "updated_at"):
        value = "proved" if row["verified"] else "not_proved"
        yield Fact(row["channel"], value, row["channel"], row["created_at"], "word")


def _orders(found: Belongings, *, returned: bool) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("orders", ()), "ordered_at"):
        if (row["status"] in _RETURNED) == returned:
            yield Fact(row["number"], row["total_idr"], _SHOP, row["ordered_at"], "money")


def _bills(found: Belongings) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("invoices", ()), "due_at"):
        if row["status"] != "paid":
            yield Fact(row["number"], row["amount_idr"], _SHOP, row["due_at"], "money")


def _tickets(found: Belongings) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("tickets", ()), "created_at"):
        yield Fact(f"TK-{row['id']:06d}", row["description"], "chat", row["created_at"])


def _call_backs(found: Belongings) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("call_backs", ()), "at"):
        yield Fact(row["phone"], row["status"], "chat", row["at"], "word")


def _surveys(found: Belongings) -> Iterator[Fact]:
    """Marks that they gave: of answers, and of whatever else asks for one."""
    for row in _sorted(found.rows.get("answer_ratings", ()), "at"):
        yield Fact(row["article"], "yes" if row["helped"] else "no", "chat", row["at"], "word")
    for row in found.rows.get("surveys", ()):
        at = next((row[name] for name in ("answered_at", "at", "sent_at") if row.get(name)), None)
        score = next((row[name] for name in ("score", "mark", "answer") if row.get(name)), None)
        if score is not None:
            yield Fact("survey", score, "chat", at)


def _contacts(found: Belongings) -> Iterator[Fact]:
    said: dict[str, list[Row]] = {}
    for row in found.rows.get("messages", ()):
        if row["author"] == "customer":
            said.setdefault(row["conversation_id"], []).append(row)
    for conversation in _sorted(found.rows.get("conversations", ()), "updated_at"):
        messages = said.get(conversation["id"], [])
        if messages:
            last = max(row["at"] for row in messages)
            yield Fact("messages", len(messages), conversation["channel"], last)


def _offers(found: Belongings) -> Iterator[Fact]:
    for row in _sorted(found.rows.get("offers", ()), "shown_at"):
        yield Fact(row["sku"], row["outcome"], "chat", row["shown_at"], "word")


def _sorted(rows: Iterable[Row], name: str) -> list[Row]:
    return sorted((row for row in rows if row[name]), key=lambda row: row[name], reverse=True)
