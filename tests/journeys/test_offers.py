from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from bench.serving import Serving
from tests.journeys.customer import Visitor

Visit = Callable[..., Visitor]


def _offers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if message["kind"] == "offer"]


@pytest.fixture
def known(sapa: Serving, visitor: Visit) -> Visit:
    """Make a visitor whom the shop vouches for."""

    def make(customer_id: str, lang: str = "id") -> Visitor:
        secret = (sapa.data_dir / "demo_site_secret").read_text().strip()
        expires = datetime.now(UTC) + timedelta(minutes=5)
        claims = {"sub": customer_id, "aud": "demo", "exp": expires}
        return visitor(lang, jwt.encode(claims, secret, algorithm="HS256"))

    return make


def test_an_offer_that_is_asked_for_names_product_price_and_reason(visitor: Visit) -> None:
    (offer,) = _offers(visitor("id").says("ada promo apa hari ini?"))

    assert {"offer_id", "price_idr", "product", "reason"} <= offer["data"].keys()
    assert offer["data"]["product"] in offer["text"]
    assert [choice["id"].partition(":")[0] for choice in offer["choices"]][:2] == [
        "accept_offer",
        "decline_offer",
    ]


def test_an_accepted_offer_is_followed_up(visitor: Visit) -> None:
    customer = visitor("en")
    assert _offers(customer.says("any deal for me today?"))
    (thanks, *_) = customer.taps("accept_offer")

    assert thanks["source"]["id"].startswith("offer-accepted")


def test_a_declined_offer_is_not_made_again(visitor: Visit) -> None:
    customer = visitor("id")
    (first,) = _offers(customer.says("ada promo apa hari ini?"))
    customer.taps("decline_offer")
    again = _offers(customer.says("ada promo lain?"))

    assert first["data"]["product"] not in [offer["data"]["product"] for offer in again]


def test_after_a_tracked_order_at_most_one_offer_fits_what_was_bought(known: Visit) -> None:
    customer = known("C0074")  # bought shoes, and no other test meets them
    first = _offers(customer.says("cek TL-261111-0029"))
    later = _offers(customer.says("cek TL-261111-0029"))

    assert len(first) == 1
    assert first[0]["data"]["sku"] != "SHO-005"  # what the order was
    assert later == []


def test_nobody_who_declined_consent_is_offered_anything_unasked(
    known: Visit,
) -> None:
    customer = known("C0003")
    replies = [*customer.says("cek TL-261117-0008"), *customer.says("jam buka toko?")]

    assert _offers(replies) == []


def test_a_complaint_gets_no_offer(known: Visit) -> None:
    customer = known("C0002", "en")
    replies = customer.says("this is the worst service ever, I am really angry")

    assert _offers(replies) == []
    assert [message["kind"] for message in replies] == ["handoff"]
