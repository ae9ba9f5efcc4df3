"""Where other servers come in: the vendors of channels, and Rasa, which calls our actions."""

from fastapi import Depends, FastAPI

from app.assembly import Parts
from app.direct import Headers, Take
from bot.action_endpoint import ActionEndpoint, action_router
from bot.actions import all_actions
from channels.telegram.webhook import telegram_router
from channels.whatsapp.webhook import LARGEST_BODY, DirectWebhook, WebhookAccess, whatsapp_router
from channels.whatsapp.webhook import PATH as META_PATH
from settings import Settings

_LARGEST_ACTION_CALL = 2_000_000  # a tracker and a part of the domain


def add_servers(app: FastAPI, settings: Settings, parts: Parts) -> dict[str, tuple[Take, int]]:
    """Let other servers in, the vendors of channels and Rasa; give what may go past the routes."""
    meta = WebhookAccess(
        app_secret=settings.whatsapp_app_secret.get_secret_value(),
        verify_token=settings.whatsapp_verify_token.get_secret_value(),
        phone_number_id=settings.whatsapp_phone_number_id,
    )
    app.include_router(whatsapp_router(meta, parts.inbox))
    # While we poll nobody has to get in here.
    secret = settings.telegram_webhook_secret if settings.telegram_webhook_url else None
    app.include_router(telegram_router(secret.get_secret_value() if secret else "", parts.inbox))
    actions = ActionEndpoint(
        all_actions(parts.services),
        settings.rasa_token.get_secret_value(),
        max_body_bytes=_LARGEST_ACTION_CALL,
    )
    loaded = [Depends(parts.faq.wait_until_begun)]
    app.include_router(action_router(actions), dependencies=loaded)
    return {
        "/bot/actions": (_once_loaded(actions, parts), actions.max_body_bytes),
        META_PATH: (DirectWebhook(meta, parts.inbox).take, LARGEST_BODY),
    }


def _once_loaded(actions: ActionEndpoint, parts: Parts) -> Take:
    async def take(headers: Headers, body: bytes) -> tuple[int, bytes] | None:
        return await actions.take(headers, body) if parts.faq.begun else None

    return take
