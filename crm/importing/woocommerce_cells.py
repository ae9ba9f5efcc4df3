"""What each object of WooCommerce's REST API says in our columns."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from crm.contacts import BadEmail, BadPhone, phone_e164, plain_email
from crm.texts import storable

Remark = Callable[[str, str], None]

_STATUS = {
    "pending": "pending",
    "on-hold": "pending",
    "processing": "paid",
    "completed": "delivered",
    "cancelled": "cancelled",
    "failed": "cancelled",
    "refunded": "returned",
}
_CURRENCY = "IDR"
_UNCOUNTED = 100  # in stock, where the shop does not count
_APART = timedelta(hours=14)  # no time zone is further from UTC
_ROUNDING_IDR = 100
_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\s+")


class Unfit(ValueError):
    """An object that cannot be taken in; `reasons` are columns and why."""

    def __init__(self, *reasons: tuple[str, str]) -> None:
        super().__init__("; ".join(reason for _, reason in reasons))
        self.reasons = reasons


def amount(value: object, column: str) -> int:
    """Read whole rupiah, as "125000" or "125000.00". Raises Unfit."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > 10**15:
        raise Unfit((column, f"{value!r} is no amount"))
    if found != found.to_integral_value():
        raise Unfit((column, f"{value} is not whole rupiah: another currency?"))
    if found < 0:
        raise Unfit((column, f"{value} is negative"))
    return int(found)


def sku_of(found: Mapping[str, Any], number: str = "id") -> str:
    """Give the product's own code, or one made of WooCommerce's number. Raises Unfit."""
    sku = str(found.get("sku") or "").strip() or f"WC-{found.get(number)}"
    if not sku.isprintable() or _BLANK.search(sku):
        raise Unfit(("sku", f"{sku!r} contains spaces or control characters"))
    return sku


def product_row(found: Mapping[str, Any]) -> dict[str, Any]:
    """Read a product; its complements are added by who knows all products. Raises Unfit."""
    name = _plain(found.get("name"))
    if not name or not isinstance(found.get("id"), int):
        raise Unfit(("name" if not name else "id", "is empty"))
    if found["id"] in (found.get("cross_sell_ids") or []):
        raise Unfit(("cross_sell_ids", f"{name} is its own complement"))
    categories = found.get("categories") or [{}]
    stock = found.get("stock_quantity")
    if not isinstance(stock, int):
        stock = _UNCOUNTED if found.get("stock_status") == "instock" else 0
    text = _plain(found.get("short_description") or found.get("description"))
    return {
        "sku": sku_of(found),
        "name_id": name,
        "name_en": name,
        "category": str(categories[0].get("slug") or "lainnya"),
        "price_idr": amount(found.get("regular_price") or found.get("price"), "regular_price"),
        "stock": max(stock, 0),
        "description_id": text,
        "description_en": text,
        "active": found.get("status", "publish") == "publish",
        "shippable": not found.get("virtual", False),
    }


def sale_row(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read a sale with a beginning and an end as a promotion. Raises Unfit."""
    starts, ends = found.get("date_on_sale_from_gmt"), found.get("date_on_sale_to_gmt")
    if not found.get("sale_price") or not starts or not ends:
        return None
    regular = amount(found.get("regular_price"), "regular_price")
    sale = amount(found["sale_price"], "sale_price")
    if sale >= regular:
        raise Unfit(("sale_price", f"{sale} is not below the regular price {regular}"))
    name = _plain(found.get("name"))
    return {
        "id": f"WC-SALE-{found['id']}",
        "kind": "promo",
        "sku": sku_of(found),
        "category": None,
        "percent_off": None,
        "amount_off_idr": regular - sale,
        "starts_at": moment(starts, "date_on_sale_from_gmt"),
        "ends_at": moment(ends, "date_on_sale_to_gmt"),
        "title_id": f"Diskon {name}",
        "title_en": f"{name} on sale",
    }


def customer_row(found: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    """Read a registered customer. Raises Unfit."""
    if not isinstance(found.get("id"), int) or found["id"] < 1:
        raise Unfit(("id", "is no number above 0"))
    billing = found.get("billing") or {}
    email = found.get("email") or billing.get("email")
    since = found.get("date_created_gmt")
    return {
        "id": f"WC-{found['id']}",
        "since": moment(since, "date_created_gmt") if since else None,
        **_person({**billing, **{k: v for k, v in found.items() if v}, "email": email}, remark),
    }


def guest_row(found: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    """Read who ordered without an account: one customer per e-mail or phone. Raises Unfit.

    Apart from an account with the same e-mail: to name one proves nothing.
    """
    person = _person(found.get("billing") or {}, remark)
    contact = person["email"] or person["phone"]
    if not contact:
        raise Unfit(("customer_id", "unknown customer: no account, no e-mail and no phone"))
    digest = blake2b(str(contact).encode(), digest_size=8).hexdigest()
    return {"id": f"WC-GUEST-{digest}", "since": None, **person}


def customer_id(found: Mapping[str, Any]) -> str | None:
    """Give whose order it is, None for a guest's."""
    number = found.get("customer_id")
    return f"WC-{number}" if isinstance(number, int) and number > 0 else None


def order_row(found: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    """Read an order without its lines. Raises Unfit with all that is wrong."""
    wrong: list[tuple[str, str]] = []
    if found.get("currency") != _CURRENCY:
        wrong.append(("currency", f"{found.get('currency')!r}: amounts must be {_CURRENCY}"))
    status = _STATUS.get(str(found.get("status")))
    if status is None:
        wrong.append(("status", f"{found.get('status')!r} is none of {', '.join(_STATUS)}"))
    number = str(found.get("number") or found.get("id") or "").strip().upper()
    if not number or _BLANK.search(number):
        wrong.append(("number", f"{number!r} is no order number"))
    if wrong:
        raise Unfit(*wrong)
    total = amount(found.get("total"), "total")
    _check_sum(found, total)
    refunded = _refunded(found)
    if refunded > total:
        raise Unfit(("refunds", f"{refunded} refunded of an order of {total}"))
    if refunded and status != "returned":
        remark("refunds", f"Rp{refunded} refunded; counted off the total")
    paid = found.get("date_paid_gmt")
    return {
        "number": number,
        "customer_id": customer_id(found) or "",
        "ordered_at": _ordered_at(found),
        "status": status,
        "total_idr": total - (refunded if status != "returned" else 0),
        "payment_method": found.get("payment_method_title") or None,
        "channel": "woocommerce",
        "city": _plain((found.get("shipping") or {}).get("city")) or None,
        "shipping_idr": amount(found.get("shipping_total") or 0, "shipping_total"),
        "fee_idr": 0,
        "discount_idr": amount(found.get("discount_total") or 0, "discount_total"),
        "paid_at": moment(paid, "date_paid_gmt") if paid else None,
    }


def moment(value: object, column: str) -> datetime:
    """Read a time in UTC, as WooCommerce's `_gmt` columns say it. Raises Unfit."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
    except ValueError as error:
        raise Unfit((column, f"{value!r} is no time like 2026-11-20T07:30:00")) from error


def _ordered_at(found: Mapping[str, Any]) -> datetime:
    at = moment(found.get("date_created_gmt"), "date_created_gmt")
    local = found.get("date_created")
    if local and abs(moment(local, "date_created") - at) > _APART:
        reason = f"{local} and {found['date_created_gmt']} are no time zone apart"
        raise Unfit(("date_created", f"{reason}: day and month mixed up?"))
    return at


def _check_sum(found: Mapping[str, Any], total: int) -> None:
    parts = [item.get("total", 0) for item in found.get("line_items") or []]
    parts += [item.get("total", 0) for item in found.get("fee_lines") or []]
    try:
        added = sum(Decimal(str(one or 0)) for one in parts)
        added += Decimal(str(found.get("shipping_total") or 0))
        added += Decimal(str(found.get("total_tax") or 0))
    except InvalidOperation as error:
        raise Unfit(("line_items", "an amount is no number")) from error
    if abs(added - total) > max(_ROUNDING_IDR, total // 100):
        raise Unfit(("total", f"{total}, but its lines sum to {added}: a currency mixed up?"))


def _refunded(found: Mapping[str, Any]) -> int:
    total = 0
    for refund in found.get("refunds") or []:
        value = str(refund.get("total", ""))
        if not value.startswith("-"):
            raise Unfit(("refunds", f"{value!r} is not negative, as refunds are"))
        total += amount(value[1:], "refunds")
    return total


def _person(found: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    name = _plain(f"{found.get('first_name') or ''} {found.get('last_name') or ''}")
    name = name or _plain(found.get("username"))
    if not name:
        raise Unfit(("first_name", "is empty"))
    phone = email = None
    try:
        phone = phone_e164(str(found["phone"])) if found.get("phone") else None
    except BadPhone:
        remark("phone", "is no phone number; left empty")
    try:
        email = plain_email(str(found["email"])) if found.get("email") else None
    except BadEmail:
        remark("email", "is no e-mail address; left empty")
    city = _plain((found.get("billing") or found).get("city")) or None
    return {"name": name, "phone": phone, "email": email, "city": city}


def _plain(text: object) -> str:
    """Take text out of HTML."""
    shown = html.unescape(_TAG.sub(" ", storable(str(text or ""))))
    return _BLANK.sub(" ", "".join(c if c.isprintable() else " " for c in shown)).strip()
