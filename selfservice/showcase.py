"""Each site as its widget shows it: the assistant, colours, hours, and what to ask first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.speech import Persona
from channels.message import Lang
from conversation.most_asked import MostAsked
from conversation.view import rfc3339
from crm.hours import ServiceHours
from db.base import now
from faq.live import LiveFaq
from site_settings import Site

_MOST = 4  # suggestions


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the server can do for visitors, beside answering."""

    largest_mb: int
    max_chars: int
    speech: bool = False
    dictation: bool = False
    mail: bool = False


class Showcase:
    """Implements channels.website_sites.Showcase and channels.website.Greeter."""

    def __init__(
        self,
        sites: Mapping[str, Site],
        persona: Persona,
        hours: ServiceHours,
        most_asked: MostAsked,
        knowledge: LiveFaq,
        abilities: Abilities,
    ) -> None:
        """`hours` are the shop's; a site may have its own. Raises BadHours."""
        self._sites = sites
        self._persona = persona
        self._hours = {
            key: ServiceHours.load(hours.zone.key, site.hours_file) if site.hours_file else hours
            for key, site in sites.items()
        }
        self._most_asked = most_asked
        self._knowledge = knowledge
        self._abilities = abilities

    @property
    def largest_mb(self) -> int:
        """The largest file that a visitor may send."""
        return self._abilities.largest_mb

    async def shown(self, site_key: str, lang: Lang) -> dict[str, Any]:
        """Give what channels.website_sites.ShownSite wants."""
        site, able = self._sites[site_key], self._abilities
        return {
            "name": site.name,
            "position": site.position,
            "theme": site.theme.model_dump() if site.theme else {},
            "persona": dict(self.persona(site_key, lang)),
            "suggestions": await self._suggestions(site_key, lang),
            "hours": self._open(site_key),
            "link_hosts": site.hosts,
            "voice": {"speech": able.speech, "dictation": able.dictation},
            "transcript": {"mail": able.mail},
            "max_chars": able.max_chars,
            "help": f"/help/{lang}",
        }

    def persona(self, site_key: str, lang: Lang) -> Mapping[str, Any]:
        """Give name, greeting and pictures of the site's assistant."""
        site, who = self._sites[site_key], self._persona
        name = site.assistant or who.name
        greeting = site.greeting[lang] if site.greeting else who.greeting[lang]
        return {
            "name": name,
            "greeting": greeting.replace(who.name, name) if site.assistant else greeting,
            "avatar": site.avatar or site.pictures.get("neutral") or who.avatar,
            "pictures": dict(site.pictures),
        }

    async def _suggestions(self, site_key: str, lang: Lang) -> list[str]:
        """Give the site's own, or its most asked questions and then what anybody may want."""
        own = self._sites[site_key].suggestions
        if own is not None:
            return list(own[lang])
        asked = await self._questions(site_key, lang)
        return [*asked[: _MOST - 1], *(one[lang] for one in _starters())][:_MOST]

    async def _questions(self, site_key: str, lang: Lang) -> Sequence[str]:
        if not self._knowledge.begun:  # nobody waits for the answers to be loaded
            return ()
        found = map(self._knowledge.article, await self._most_asked.of(site_key))
        return [one.texts[lang].questions[0] for one in found if one and lang in one.texts]

    def _open(self, site_key: str) -> dict[str, Any]:
        """Say whether people answer now, and when that changes."""
        hours, moment = self._hours[site_key], now()
        if not hours.is_open(moment):
            return {"open": False, "opens": rfc3339(hours.next_opening(moment))}
        shift = hours.shift(moment.astimezone(hours.zone).date())
        return {"open": True, "until": rfc3339(shift.end) if shift else None}


@cache
def _starters() -> Sequence[Mapping[str, str]]:
    file = Path(__file__).parent / "content" / "suggestions.yml"
    found: Sequence[Mapping[str, str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found
