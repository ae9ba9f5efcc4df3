"""What a status of an order and a courier's event are called, in the chat and on pages."""

from bot.speech import Templates
from channels.message import Lang


def status_words(templates: Templates, status: str, lang: Lang) -> str:
    """Name a status; one of a shop's own that has no words is named in general."""
    return _known(templates, "order-status", status, lang)


def event_words(templates: Templates, code: str, city: str | None, lang: Lang) -> str:
    """Say what the courier reported, and where if that is known."""
    event = _known(templates, "event", code, lang)
    return templates.text("event-in-city", lang, event=event, city=city) if city else event


def _known(templates: Templates, kind: str, code: str, lang: Lang) -> str:
    template = f"{kind}-{code}"
    return templates.text(template if template in templates else f"{kind}-unknown", lang)
