"""Meta's webhook: prove who sends, store, answer 200. Everything else happens later.

Meta repeats for up to 7 days whatever is not answered with 200, and asks for 250 ms.
Source: developers.facebook.com, WhatsApp Business Platform, "Create a webhook endpoint".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from channels.event import Store
from channels.webhook import body_of, is_equal, refused, took
from channels.whatsapp.envelope import CHANNEL, split

PATH = "/channels/whatsapp/webhook"
LARGEST_BODY = 3 * 1024 * 1024  # Meta's own limit
_ALGORITHM = "sha256="


@dataclass(frozen=True, slots=True)
class WebhookAccess:
    """What proves that a webhook is Meta's, and for which number it must be."""

    app_secret: str
    verify_token: str
    phone_number_id: str


def whatsapp_router(access: WebhookAccess, store: Store) -> APIRouter:
    """Build GET and POST /channels/whatsapp/webhook. Without a secret both refuse everything."""
    router = APIRouter(prefix="/channels/whatsapp", tags=["whatsapp"])

    @router.get("/webhook")
    async def verify(
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge", max_length=500)] = "",
    ) -> Response:
        """Meta's handshake: give the challenge back to whoever knows the verify token."""
        if mode != "subscribe" or not is_equal(token, access.verify_token):
            raise refused(CHANNEL, "verify-token")
        return Response(challenge, media_type="text/plain")

    @router.post("/webhook")
    async def receive(
        request: Request, x_hub_signature_256: Annotated[str, Header()] = ""
    ) -> Response:
        """Store what Meta signed, once; 5xx if that fails, so that Meta sends it again."""
        if not x_hub_signature_256:
            raise refused(CHANNEL, "unsigned")
        body = await body_of(request, CHANNEL, LARGEST_BODY)
        if not is_signed(body, x_hub_signature_256, access.app_secret):
            raise refused(CHANNEL, "signature")
        events = split(body, access.phone_number_id, datetime.now(UTC))
        if events:
            await store.put(CHANNEL, events)
            took(CHANNEL, len(events))
        return Response()

    return router


class DirectWebhook:
    """Takes events as the route does, past the web framework (app/direct.py)."""

    def __init__(self, access: WebhookAccess, store: Store) -> None:
        self._access, self._store = access, store

    async def take(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[int, bytes] | None:
        """Store what Meta signed; None for what the route has to refuse, and to count."""
        signature = headers.get(b"x-hub-signature-256", b"").decode("latin-1")
        if not is_signed(body, signature, self._access.app_secret):
            return None
        events = split(body, self._access.phone_number_id, datetime.now(UTC))
        if events:
            await self._store.put(CHANNEL, events)
            took(CHANNEL, len(events))
        return 200, b""


def is_signed(body: bytes, signature: str, app_secret: str) -> bool:
    """Whether `signature` ("sha256=" and 64 hex digits) is the HMAC of exactly these bytes."""
    made = hmac.digest(app_secret.encode(), body, hashlib.sha256).hex()
    return bool(app_secret) and is_equal(signature, _ALGORITHM + made)
