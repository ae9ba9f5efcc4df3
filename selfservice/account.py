"""What the shop knows of a customer, on a page, and their say over it: consent, a copy, deletion.

Shown to who gives an order's number with the whole phone number or e-mail behind it. What they do
then is allowed by a signed key in the page's forms, for some minutes and in that browser only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import jwt
from fastapi.responses import Response

from channels.message import Lang
from crm.consent import Consents, Purpose
from crm.contacts import masked_email, masked_phone
from crm.customers import Customers
from crm.proofs import Attempt, LookupLocked, NotProven
from privacy.export import Exports, NobodyToExport
from privacy.profile import Section
from privacy.requests import ErasureRequests
from privacy.words import PrivacyWords
from selfservice.pages import HelpPages, moment

_KEY_LIFE = timedelta(minutes=15)
_AUDIENCE = "sapa-help-account"
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_MASKS = {"phone": masked_phone, "email": masked_email}
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Rights:
    """The parts that know and change what is known."""

    customers: Customers
    consents: Consents
    exports: Exports
    erasures: ErasureRequests
    words: PrivacyWords


class Accounts:
    """The account page and what its forms do."""

    def __init__(self, pages: HelpPages, rights: Rights, secret: str) -> None:
        """`secret` signs the keys in the page's forms."""
        self._pages = pages
        self._rights = rights
        self._secret = secret

    def form(
        self, lang: Lang, *, number: str = "", fault: str = "", status: int = 200, **slots: object
    ) -> Response:
        """Ask for a number and a proof, again with what was wrong."""
        return self._pages.page(
            "lookup.html", lang, place="/account", status=status,
            headers=PRIVATE if fault else {},
            subject="account", number=number, fault=fault, slots=slots,
        )  # fmt: skip

    async def open(self, lang: Lang, number: str, proof: str, attempt: Attempt) -> Response:
        """Show the account of who proves that it is theirs."""
        if not number or not proof:
            return self.form(lang, number=number, fault="empty", status=422)
        try:
            customer_id = await self._rights.customers.identify(attempt, proof, number)
        except NotProven:
            return self.form(lang, number=number, fault="wrong", status=404)
        except LookupLocked as lock:
            until = moment(lock.until, lang, self._rights.words.zone)
            fault = "digits" if lock.digits_only else "locked"
            return self.form(lang, number=number, fault=fault, status=429, until=until)
        return await self._show(lang, customer_id, attempt.conversation_id)

    async def act(self, lang: Lang, fields: Mapping[str, str], visitor: str) -> Response:
        """Do what a form of the page asks for."""
        customer_id = self._owner(fields["key"], visitor)
        if customer_id is None:
            return self.form(lang, fault="expired", status=403)
        try:
            match fields.get("do"):
                case "consent":
                    await self._agree(customer_id, fields)
                    return await self._show(lang, customer_id, visitor, said="account.saved")
                case "copy":
                    return await self._copy(lang, customer_id)
                case "erase" if fields.get("sure") == "yes":
                    return await self._erase(lang, customer_id)
            return await self._show(lang, customer_id, visitor, said="account.unsure")
        except (NobodyToExport, NotProven):
            return self.form(lang, fault="expired", status=403)

    async def _agree(self, customer_id: str, fields: Mapping[str, str]) -> None:
        """Note what changed; the log keeps who said what when."""
        before = await self._rights.consents.of(customer_id)
        for purpose in PURPOSES:
            granted = fields.get(purpose) == "yes"
            if granted != before[purpose].granted:
                await self._rights.consents.note(
                    customer_id, purpose, granted=granted, source="page", place="help"
                )

    async def _copy(self, lang: Lang, customer_id: str) -> Response:
        export = await self._rights.exports.customer(customer_id, lang)
        name = "data-saya.zip" if lang == "id" else "my-data.zip"
        saved = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(export.as_zip(), media_type="application/zip", headers={**PRIVATE, **saved})

    async def _erase(self, lang: Lang, customer_id: str) -> Response:
        await self._rights.erasures.ask(source="page", customer_id=customer_id, at_once=True)
        return self._pages.page(
            "notice.html", lang, headers=PRIVATE, query="",
            title="account.erased.title", detail="account.erased.detail", slots={},
        )  # fmt: skip

    async def _show(self, lang: Lang, customer_id: str, visitor: str, said: str = "") -> Response:
        sections = await self._rights.exports.profile(customer_id)
        consents = await self._rights.consents.of(customer_id)
        return self._pages.page(
            "account.html", lang, place="/account", headers=PRIVATE, said=said,
            key=self._key(customer_id, visitor),
            sections=[masked(one) for one in sections if one.name != "consent"],
            consents=[consents[purpose] for purpose in PURPOSES], privacy=self._rights.words,
        )  # fmt: skip

    def _key(self, customer_id: str, visitor: str) -> str:
        until = datetime.now(UTC) + _KEY_LIFE
        claims = {"sub": customer_id, "visitor": visitor, "aud": _AUDIENCE, "exp": until}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def _owner(self, key: str, visitor: str) -> str | None:
        try:
            claims = jwt.decode(
                key, self._secret, algorithms=["HS256"], audience=_AUDIENCE,
                options={"require": ["exp", "sub", "aud", "visitor"]},
            )  # fmt: skip
        except jwt.InvalidTokenError:
            return None
        return str(claims["sub"]) if claims["visitor"] == visitor else None


def masked(section: Section) -> Section:
    """Hide contacts: who proved one of them need not learn the others."""
    facts = (
        replace(fact, value=_MASKS[fact.name](str(fact.value))) if fact.name in _MASKS else fact
        for fact in section.facts
    )
    return Section(section.name, tuple(facts))
