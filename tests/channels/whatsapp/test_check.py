import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from channels.whatsapp.check import Account, check
from channels.whatsapp.webhook import WebhookAccess
from tests.channels.whatsapp.conftest import WEBHOOK, Meta
from tests.channels.whatsapp.double import TOKEN
from tests.channels.whatsapp.payloads import APP_SECRET, NUMBER, VERIFY_TOKEN

ACCESS = WebhookAccess(APP_SECRET, VERIFY_TOKEN, NUMBER)
ACCOUNT = Account("https://graph.example.com/v25.0", TOKEN, "419", "reply_please")
URL = f"http://shop.example.com{WEBHOOK}"
APPROVED = ["id", "en"]


def _http(
    app: FastAPI,
    approved: list[str],
    owned: str = NUMBER,
    apps: Sequence[str] = ("Toko",),
    words: str = "Balas pesan ini.",
) -> httpx.AsyncClient:
    """Meta's API at one host, the shop's own server at the other."""
    proof = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()

    def meta(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return httpx.Response(401, json={"error": {"code": 190, "message": "Token expired"}})
        if request.url.params["appsecret_proof"] != proof:
            return httpx.Response(400, json={"error": {"message": "Invalid appsecret_proof"}})
        if request.url.path == f"/v25.0/{NUMBER}":
            found = {"display_phone_number": "+62 811", "verified_name": "Toko"}
            return httpx.Response(200, json=found)
        if request.url.path == "/v25.0/419/phone_numbers":
            return httpx.Response(200, json={"data": [{"id": owned}]})
        if request.url.path == "/v25.0/419/subscribed_apps":
            found_apps = [{"whatsapp_business_api_data": {"name": one}} for one in apps]
            return httpx.Response(200, json={"data": found_apps})
        template = {"name": "reply_please", "status": "APPROVED"}
        body = [{"type": "BODY", "text": words}]
        rows = [{**template, "language": one, "components": body} for one in approved]
        return httpx.Response(200, json={"data": rows})

    return httpx.AsyncClient(
        mounts={
            "https://graph.example.com": httpx.MockTransport(meta),
            "http://shop.example.com": httpx.ASGITransport(app),
        }
    )


async def _check(
    app: FastAPI,
    access: WebhookAccess = ACCESS,
    account: Account = ACCOUNT,
    approved: list[str] = APPROVED,
    url: str = URL,
    **metas: Any,
) -> list[tuple[str, bool, str]]:
    async with _http(app, approved, **metas) as http:
        return [(f.key, f.good, f.detail) async for f in check(access, account, url, http)]


async def test_a_right_configuration_is_good_at_every_step(app: FastAPI, meta: Meta) -> None:
    assert await _check(app) == [
        ("settings", True, ""),
        ("number", True, "+62 811, Toko, ?"),
        ("account", True, "419"),
        ("subscription", True, "Toko"),
        ("template", True, "reply_please"),
        ("webhook", True, URL),
        ("signature", True, ""),
    ]


@pytest.mark.parametrize(
    ("wrong", "bad"),
    [
        ({"access": replace(ACCESS, app_secret="")}, ("settings", "SAPA_WHATSAPP_APP_SECRET")),
        ({"account": replace(ACCOUNT, token="old")}, ("number", "Token expired")),
        ({"access": replace(ACCESS, app_secret="b")}, ("number", "Invalid appsecret_proof")),
        ({"account": replace(ACCOUNT, account_id="")}, ("account", "")),
        ({"owned": "1"}, ("account", "419")),
        ({"apps": ()}, ("subscription", "")),
        ({"approved": ["id"]}, ("template", "en")),
        ({"words": "Halo {{1}}"}, ("template", "{{1}}: id, en")),
        ({"access": replace(ACCESS, verify_token="b")}, ("webhook", f"{URL}: 403")),
        ({"url": f"{URL}s"}, ("webhook", f"{URL}s: 404")),
    ],
)
async def test_a_wrong_configuration_says_where_it_is_wrong(
    app: FastAPI, meta: Meta, wrong: dict[str, Any], bad: tuple[str, str]
) -> None:
    found = await _check(app, **wrong)

    assert next((key, detail) for key, good, detail in found if not good) == bad
