"""Money and moments in the words of the customer's language and the shop's time zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency

from bot.actions.turn import Turn
from bot.speech import Templates
from channels.message import Lang
from db.base import now
from language.clock import CLOCK


def money(amount_idr: int) -> str:
    """Write 249000 as "Rp249.000", in both languages as the shop does."""
    return format_currency(amount_idr, "IDR", "¤#,##0", locale="id_ID", currency_digits=False)


def day(turn: Turn, at: datetime | date) -> str:
    """Write "Selasa, 24 November"."""
    local = at.astimezone(_zone(turn)).date() if isinstance(at, datetime) else at
    return format_date(local, "EEEE, d MMMM", locale=turn.lang)


def clock(turn: Turn, at: datetime) -> str:
    """Write "15.00 WIB"."""
    local = at.astimezone(_zone(turn))
    return f"{format_time(local.time(), CLOCK[turn.lang], locale=turn.lang)} {local.tzname()}"


def moment(turn: Turn, at: datetime) -> str:
    """Write "hari ini pukul 15.00 WIB", "besok pukul …", or with the date."""
    return spoken_moment(turn.services.templates, at, turn.lang, _zone(turn))


def spoken_moment(templates: Templates, at: datetime, lang: Lang, zone: ZoneInfo) -> str:
    """Write a moment as `moment` does, where no turn is under way."""
    local = at.astimezone(zone)
    days = (local.date() - now().astimezone(zone).date()) // timedelta(days=1)
    template = {0: "moment-today", 1: "moment-tomorrow"}.get(days, "moment")
    slots = {"time": f"{format_time(local.time(), CLOCK[lang], locale=lang)} {local.tzname()}"}
    if template == "moment":
        slots["date"] = format_date(local.date(), "EEEE, d MMMM", locale=lang)
    return templates.text(template, lang, **slots)


def _zone(turn: Turn) -> ZoneInfo:
    return turn.services.hours.zone
