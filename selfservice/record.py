"""A visitor's conversation to take along: as a file, by mail, or gone for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime

from channels.message import Lang
from channels.problem import Problem
from channels.website_record import Format
from conversation.rows import ConversationUnknown
from conversation.tables import Message
from conversation.transcript import Transcript
from crm.contacts import BadEmail, plain_email
from desk.pages import templates_in
from desk.words import Words
from privacy.requests import ErasureRequests
from selfservice.mail import Mailer, MailFailed
from settings import PROJECT_DIR

_WORDS = Path(__file__).parent / "content" / "record.yml"
_TEMPLATES = PROJECT_DIR / "web" / "help" / "templates"
_MOST = 5_000  # messages
_AT_ONCE = 500
_AGAIN_S = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is read."""

    author: str
    name: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A conversation as it is read."""

    lang: Lang
    shop: str
    zone: str
    begun: str
    lines: Sequence[Line]


class ConversationRecords:
    """Implements channels.website_record.Records."""

    def __init__(
        self,
        transcript: Transcript,
        erasures: ErasureRequests,
        shops: Mapping[str, str],
        zone: str,
        mailer: Mailer | None,
    ) -> None:
        """`shops` are the sites' names; times are in `zone` where a browser names none."""
        self._transcript = transcript
        self._erasures = erasures
        self._shops = shops
        self._zone = zone
        self._mailer = mailer
        self._words = Words.load(_WORDS)
        self._page = templates_in(_TEMPLATES).get_template("record.html")

    async def written(self, conversation_id: str, form: Format, zone: str) -> tuple[str, str]:
        """Give a file's name, without its ending, and its content. Raises Problem."""
        copy = await self._copy(conversation_id, zone)
        name = self._words.say("file", copy.lang)
        return name, self._html(copy) if form == "html" else self._text(copy)

    async def mail(self, conversation_id: str, email: str, zone: str) -> None:
        """Send it to an address. Raises Problem."""
        if self._mailer is None:
            raise Problem("mail-off", 501)
        try:
            to = plain_email(email)
        except BadEmail as error:
            raise Problem("email-invalid", 422) from error
        copy = await self._copy(conversation_id, zone)
        why = self._words.say("mail.why", copy.lang, shop=copy.shop)
        subject = self._words.say("subject", copy.lang, shop=copy.shop)
        try:
            await self._mailer.send(to, subject, self._text(copy, why), self._html(copy, why))
        except MailFailed as error:
            if error.refused:
                raise Problem("email-invalid", 422) from error
            again = {"Retry-After": str(_AGAIN_S)}
            raise Problem("mail-failed", 503, headers=again) from error

    async def forget(self, conversation_id: str) -> tuple[int, int]:
        """Delete all of it; give how many messages and files there were."""
        wish = await self._erasures.ask(
            source="page", conversation_id=conversation_id, at_once=True
        )
        erased = await self._erasures.now(wish)
        return (erased.rows.get("messages", 0), erased.files) if erased else (0, 0)

    async def _copy(self, conversation_id: str, zone: str) -> Copy:
        try:
            thread = await self._transcript.thread(conversation_id)
        except ConversationUnknown as error:
            raise Problem("session-invalid", 401) from error
        messages: list[Message] = []
        while len(messages) < _MOST:
            after = messages[-1].seq if messages else 0
            more = await self._transcript.after(conversation_id, after, _AT_ONCE)
            messages += more
            if len(more) < _AT_ONCE:
                break
        if not messages:
            raise Problem("transcript-empty", 404)
        clock = self._clock(zone)
        shop = self._shops.get(thread.site, "")
        lines = [
            Line(one.author, self._name(one, thread.lang, shop), _at(one.at, thread.lang, clock),
                 one.text)
            for one in messages
        ]  # fmt: skip
        return Copy(thread.lang, shop, clock.key, lines[0].at, lines)

    def _clock(self, zone: str) -> ZoneInfo:
        try:
            return ZoneInfo(zone or self._zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(self._zone)

    def _name(self, message: Message, lang: Lang, shop: str) -> str:
        if message.author == "customer":
            return self._words.say("you", lang)
        return message.name or shop

    def _html(self, copy: Copy, why: str = "") -> str:
        def say(key: str, **slots: object) -> str:
            return self._words.say(key, copy.lang, shop=copy.shop, **slots)

        return self._page.render(
            say=say, lang=copy.lang, begun=copy.begun, zone=copy.zone, lines=copy.lines, why=why
        )

    def _text(self, copy: Copy, why: str = "") -> str:
        title = self._words.say("title", copy.lang, shop=copy.shop)
        zone = self._words.say("zone", copy.lang, zone=copy.zone)
        said = [f"[{line.at}] {line.name}:\n{line.text}" for line in copy.lines]
        return "\n\n".join([title, zone, *said, *([why] if why else [])]) + "\n"


def _at(moment: datetime, lang: Lang, zone: ZoneInfo) -> str:
    return format_datetime(moment, "d MMMM y, HH:mm", tzinfo=zone, locale=lang)
