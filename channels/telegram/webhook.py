"""Telegram's webhook: prove who sends, store, answer 200. Everything else happens later.

Telegram repeats for a day whatever is not answered with 2xx, and sends the updates of one chat
one after another. Source: core.telegram.org/bots/api, "setWebhook".
"""

import json
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from channels.event import Store
from channels.telegram.envelope import CHANNEL, event_of, unreadable
from channels.webhook import is_equal, refused, took

PATH = "/channels/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - its name
_LARGEST_BODY = 3 * 1024 * 1024  # far more than any update


def telegram_router(secret: str, store: Store) -> APIRouter:
    """Build POST /channels/telegram/webhook. Without a secret it refuses everything."""
    router = APIRouter(tags=["telegram"], max_body_size=_LARGEST_BODY)

    @router.post(PATH)
    async def receive(
        request: Request, given: Annotated[str, Header(alias=SECRET_HEADER)] = ""
    ) -> Response:
        """Store what Telegram sent, once; 5xx if that fails, so that it is sent again."""
        if not is_equal(given, secret):
            raise refused(CHANNEL, "secret" if given else "unsigned")
        body, moment = await request.body(), datetime.now(UTC)
        try:
            event = event_of(json.loads(body), moment)
        except ValueError:
            event = unreadable(body, moment)
        if event is not None:
            await store.put(CHANNEL, [event])
            took(CHANNEL, 1)
        return Response()

    return router
