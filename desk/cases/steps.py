"""The steps of a script, filled in for one contact, and which of them were done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from conversation.tables import Handoff
from crm.customers import InvoiceDue
from crm.orders import OrderView
from crm.tables import Customer
from db.engine import Database
from desk.cases.offering import OfferLook
from desk.cases.scripts import Script, filled
from desk.cases.tables import ScriptTick, ScriptUse
from desk.words import Words


@dataclass(frozen=True, slots=True)
class Step:
    """One step in both languages."""

    key: str  # opening, question-1, action-1, closing
    id: str
    en: str
    done: bool

    def text(self, lang: str) -> str:
        """Give it in `lang`."""
        return self.en if lang == "en" else self.id

    @property
    def part(self) -> str:
        """Give the kind: opening, question, action or closing."""
        return self.key.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Led:
    """How one contact is led."""

    handoff_id: str | None
    conversation_id: str
    script: str
    title: Mapping[str, str]
    steps: Sequence[Step]
    at: datetime | None = None

    @property
    def done(self) -> int:
        """How many steps were done."""
        return sum(step.done for step in self.steps)

    @property
    def skipped(self) -> list[Step]:
        """What was not done."""
        return [step for step in self.steps if not step.done]


@dataclass(frozen=True, slots=True)
class Lines:
    """What fills slots: the console's words, and the shop's zone for days."""

    words: Words
    timezone: str

    def names(self, lang: str) -> dict[str, str]:
        """Say what each slot is called."""
        return {
            key.removeprefix("slot."): texts[lang]
            for key, texts in self.words.texts.items()
            if key.startswith("slot.")
        }

    def day(self, at: datetime, lang: str) -> str:
        """Write a day."""
        return str(format_date(at.astimezone(ZoneInfo(self.timezone)), "d MMM", locale=lang))


class Steps:
    """Keeps how contacts are led."""

    def __init__(self, database: Database, lines: Lines) -> None:
        self._database = database
        self._lines = lines

    def slots(
        self,
        csr: str,
        proven: Customer | None,
        orders: Sequence[OrderView],
        bills: Sequence[InvoiceDue],
        ticket: str,
        offer: OfferLook,
    ) -> dict[str, dict[str, str]]:
        """Give what is known, by language; what is personal only of somebody who is proven.

        Otherwise a CSR would read a stranger the number of somebody's order.
        """
        return {
            name: self._slots(name, csr, proven, orders, bills, ticket, offer)
            for name in ("id", "en")
        }

    def _slots(
        self,
        lang: str,
        csr: str,
        proven: Customer | None,
        orders: Sequence[OrderView],
        bills: Sequence[InvoiceDue],
        ticket: str,
        offer: OfferLook,
    ) -> dict[str, str]:
        known = {"csr": csr, "ticket": ticket}
        if offer.proposal is not None:
            known["product"] = offer.proposal.name(lang)
            known["price"] = _rupiah(offer.proposal.price_idr)
            known["why"] = offer.reason
        if proven is None:
            return known
        known["name"] = proven.name.split()[0] if proven.name.split() else ""
        if orders and orders[0].is_open:
            order = orders[0]
            known["order"] = order.number
            known["order_status"] = self._lines.words.say_or(
                f"order.{order.status}", lang, order.status
            )
            known["eta"] = self._lines.day(order.eta, lang) if order.eta else ""
        if bills:
            known["bill"] = bills[0].number
            known["bill_amount"] = _rupiah(bills[0].amount_idr)
            known["bill_date"] = self._lines.day(bills[0].due_at, lang)
        return known

    async def led(
        self,
        conversation_id: str,
        handoff: Handoff | None,
        script: Script,
        slots: Mapping[str, Mapping[str, str]],
    ) -> Led:
        """Give the script as it was begun, else as it would begin now."""
        if handoff is not None:
            kept = await self._kept(handoff.id)
            if kept is not None:
                return kept
        names = {lang: self._lines.names(lang) for lang in ("id", "en")}
        steps = [
            Step(
                key,
                filled(line, "id", slots["id"], names["id"]),
                filled(line, "en", slots["en"], names["en"]),
                done=False,
            )
            for key, line in script.steps()
        ]
        title = {"id": script.title.id, "en": script.title.en}
        return Led(handoff.id if handoff else None, conversation_id, script.script, title, steps)

    async def keep(self, led: Led) -> None:
        """Keep how a contact is led, once."""
        if led.handoff_id is None:
            return
        use = ScriptUse(
            handoff_id=led.handoff_id,
            conversation_id=led.conversation_id,
            script=led.script,
            title=dict(led.title),
            steps=[{"key": one.key, "id": one.id, "en": one.en} for one in led.steps],
        )
        try:
            async with self._database.write() as session:
                if await session.get(ScriptUse, led.handoff_id) is None:
                    session.add(use)
        except IntegrityError:  # at the same moment, by another click
            return

    async def tick(self, handoff_id: str, agent_id: str, step: str, *, done: bool) -> None:
        """Note a step as done or not."""
        try:
            async with self._database.write() as session:
                if not done:
                    await session.execute(
                        delete(ScriptTick).where(
                            ScriptTick.handoff_id == handoff_id, ScriptTick.step == step
                        )
                    )
                elif await session.get(ScriptTick, (handoff_id, step)) is None:
                    session.add(ScriptTick(handoff_id=handoff_id, step=step, agent_id=agent_id))
        except IntegrityError:
            return

    async def past(self, conversation_id: str, now: Handoff | None, most: int) -> list[Led]:
        """Give how earlier contacts of a conversation were led, latest first."""
        query = select(ScriptUse.handoff_id).where(ScriptUse.conversation_id == conversation_id)
        if now is not None:
            query = query.where(ScriptUse.handoff_id != now.id)
        async with self._database.read() as session:
            ids = await session.scalars(query.order_by(ScriptUse.at.desc()).limit(most))
            found = ids.all()
        return [led for one in found if (led := await self._kept(one)) is not None]

    async def _kept(self, handoff_id: str) -> Led | None:
        async with self._database.read() as session:
            use = await session.get(ScriptUse, handoff_id)
            if use is None:
                return None
            ticks = await session.scalars(
                select(ScriptTick.step).where(ScriptTick.handoff_id == handoff_id)
            )
            done = set(ticks)
        steps = [Step(one["key"], one["id"], one["en"], one["key"] in done) for one in use.steps]
        return Led(handoff_id, use.conversation_id, use.script, use.title, steps, use.at)


def _rupiah(amount: int) -> str:
    return f"Rp{amount:,}".replace(",", ".")
