"""Prove a WhatsApp configuration, one step after the other, and say what to do next."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from channels.finding import Finding, forgery_is_refused
from channels.whatsapp.webhook import WebhookAccess

_CHALLENGE = "sapa-check"


@dataclass(frozen=True, slots=True)
class Account:
    """What sends: the token, Meta's API, and the account that owns number and templates."""

    api_url: str
    token: str
    account_id: str  # of the WhatsApp Business Account; "" if not given
    template: str  # "" if none is used


async def check(
    access: WebhookAccess, account: Account, webhook_url: str, http: httpx.AsyncClient
) -> AsyncIterator[Finding]:
    """Check settings, number and secret, templates, and the webhook; stops where nothing follows.

    Meta is only asked, nothing is changed; what the webhook is sent carries no event.
    """
    missing = [
        name
        for name, value in (
            ("SAPA_WHATSAPP_PHONE_NUMBER_ID", access.phone_number_id),
            ("SAPA_WHATSAPP_TOKEN", account.token),
            ("SAPA_WHATSAPP_APP_SECRET", access.app_secret),
            ("SAPA_WHATSAPP_VERIFY_TOKEN", access.verify_token),
        )
        if not value
    ]
    yield Finding("settings", not missing, ", ".join(missing))
    if missing:
        return
    meta = _Meta(account, access.app_secret, http)
    number = await meta.get(
        access.phone_number_id, fields="display_phone_number,verified_name,quality_rating"
    )
    yield _of_meta("number", number, "display_phone_number", "verified_name", "quality_rating")
    if account.account_id:
        yield await _account(meta, account, access.phone_number_id)
        yield await _subscription(meta, account)
    if account.template:
        yield await _template(meta, account)
    yield await _handshake(access, webhook_url, http)
    yield await _signature(access, webhook_url, http)


class _Meta:
    def __init__(self, account: Account, app_secret: str, http: httpx.AsyncClient) -> None:
        self._account = account
        self._http = http
        # Meta refuses a proof made with the secret of another app.
        # Source: developers.facebook.com/docs/graph-api/guides/secure-requests
        digest = hmac.digest(app_secret.encode(), account.token.encode(), hashlib.sha256)
        self._proof = digest.hex()

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        try:
            response = await self._http.get(
                f"{self._account.api_url.rstrip('/')}/{path}",
                params={**params, "appsecret_proof": self._proof},
                headers={"Authorization": f"Bearer {self._account.token}"},
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            return {"error": {"message": type(error).__name__, "away": True}}
        return answer if isinstance(answer, dict) else {"error": {"message": "no JSON object"}}


def _of_meta(key: str, answer: dict[str, Any], *shown: str) -> Finding:
    error = answer.get("error")
    if isinstance(error, dict) and error.get("away"):  # it was not Meta who answered
        return Finding("network", good=False, detail=str(error["message"]))
    if error:
        return Finding(key, good=False, detail=str(error.get("message", error))[:200])
    good = all(name in answer for name in shown[:1])
    return Finding(key, good, ", ".join(str(answer.get(name, "?")) for name in shown))


async def _account(meta: _Meta, account: Account, phone_number_id: str) -> Finding:
    """The number must be the account's own."""
    answer = await meta.get(f"{account.account_id}/phone_numbers", fields="id")
    if "error" in answer:
        return _of_meta("account", answer)
    owned = {str(found.get("id")) for found in answer.get("data", ())}
    return Finding("account", phone_number_id in owned, account.account_id)


async def _subscription(meta: _Meta, account: Account) -> Finding:
    """Without this Meta posts nothing, however right the webhook is."""
    answer = await meta.get(f"{account.account_id}/subscribed_apps")
    if "error" in answer:
        return _of_meta("subscription", answer)
    apps = [found.get("whatsapp_business_api_data", {}) for found in answer.get("data", ())]
    return Finding("subscription", bool(apps), ", ".join(str(one.get("name", "?")) for one in apps))


async def _template(meta: _Meta, account: Account) -> Finding:
    if not account.account_id:
        return Finding("account", good=False)
    answer = await meta.get(
        f"{account.account_id}/message_templates",
        name=account.template,
        fields="name,language,status,components",
    )
    if "error" in answer:
        return _of_meta("template", answer)
    ours = [found for found in answer.get("data", ()) if found.get("name") == account.template]
    approved = {found["language"] for found in ours if found.get("status") == "APPROVED"}
    missing = [lang for lang in ("id", "en") if lang not in approved]
    if missing:
        return Finding("template", good=False, detail=", ".join(missing))
    with_variables = [found["language"] for found in ours if _has_variables(found)]
    if with_variables:  # it is sent without any, and Meta would refuse it
        return Finding("template", good=False, detail=f"{{{{1}}}}: {', '.join(with_variables)}")
    return Finding("template", good=True, detail=account.template)


def _has_variables(template: dict[str, Any]) -> bool:
    return any("{{" in str(one.get("text", "")) for one in template.get("components", ()))


async def _handshake(access: WebhookAccess, url: str, http: httpx.AsyncClient) -> Finding:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": access.verify_token,
        "hub.challenge": _CHALLENGE,
    }
    try:
        answer = await http.get(url, params=asked)
    except httpx.HTTPError as error:
        return Finding("webhook", good=False, detail=f"{url}: {type(error).__name__}")
    good = answer.status_code == httpx.codes.OK and answer.text == _CHALLENGE
    return Finding("webhook", good, url if good else f"{url}: {answer.status_code}")


async def _signature(access: WebhookAccess, url: str, http: httpx.AsyncClient) -> Finding:
    """A signed body must pass, and the same with a wrong signature must not."""
    made = hmac.digest(access.app_secret.encode(), b"{}", hashlib.sha256).hex()
    right, wrong = (
        {"X-Hub-Signature-256": f"sha256={signature}"} for signature in (made, "0" * len(made))
    )
    return await forgery_is_refused("signature", url, right, wrong, http)
