"""What could be offered, best first, and why; the rules decide later."""

from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.eligibility import Facts
from crm.offer_content import OfferContent, Trouble
from crm.recommending.fitting import best_sellers, fitting
from crm.tables import Invoice, Order, OrderLine, Product, Promotion
from crm.texts import plain_number

_RECENT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that could be offered; `because` is the SKU that led to it."""

    sku: str
    reason: str  # template id in content/offers.yml
    because: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)  # that the reason names


Source = Coroutine[Any, Any, list[Candidate]]


class Candidates:
    """Finds candidates for one situation in one transaction."""

    def __init__(self, session: AsyncSession, facts: Facts, content: OfferContent) -> None:
        """Look at the database as `session` sees it."""
        self._session = session
        self._facts = facts
        self._situation = facts.situation
        self._content = content

    async def all(self, promotions: list[Promotion]) -> AsyncIterator[Candidate]:
        """Give candidates, best first; `promotions` are those that hold now.

        Lazy: mostly one of the first is taken.
        """
        basis = await self._basis()
        find = self._answers if self._situation.asked else self._ideas
        for source in find(basis, promotions):
            found = await source
            # Kept until all are looked at, so that getting each from the session asks nothing more.
            _held = await self._products([candidate.sku for candidate in found])
            for candidate in found:
                yield candidate

    def _ideas(self, basis: list[str], promotions: list[Promotion]) -> Iterator[Source]:
        """Give the sources for an offer nobody asked for."""
        yield self._upgrade(basis)
        yield from self._fitting(basis)
        yield self._promoted_beside(basis, promotions)

    def _answers(self, basis: list[str], promotions: list[Promotion]) -> Iterator[Source]:
        """Give the sources for somebody who asked, nearest to their words first."""
        text = self._situation.text
        deals = [row for row in promotions if row.kind == "deal_of_day"]
        others = [row for row in promotions if row.kind != "deal_of_day"]
        yield self._upgrade(basis)
        category = self._situation.category or self._content.category(text)
        if category is not None:
            yield self._promoted([*deals, *others], {category})
            yield self._best_sellers(category)
        if self._content.wants_deal(text):
            yield self._promoted(deals)
        yield from self._fitting(basis)
        yield self._promoted(deals)
        yield self._promoted(others)
        yield self._best_sellers()

    def _fitting(self, basis: list[str]) -> Iterator[Source]:
        yield self._complements(basis)
        yield self._together(basis)
        if self._situation.customer_id is not None:
            yield self._refills()

    async def _basis(self) -> list[str]:
        """Return what was bought: the order at hand first, then of a verified customer all recent.

        Whoever only proved one order learns nothing of the others.
        """
        basis: list[str] = []
        query = select(OrderLine.sku).join(Order, Order.number == OrderLine.order_number)
        if self._situation.order_number is not None:
            number = plain_number(self._situation.order_number)
            basis += await self._session.scalars(query.where(Order.number == number))
        if self._situation.customer_id is not None:
            basis += await self._session.scalars(
                query.where(
                    Order.customer_id == self._situation.customer_id,
                    Order.ordered_at > self._facts.at - _RECENT,
                    Order.status.not_in(("cancelled", "returned")),
                ).order_by(Order.ordered_at.desc(), OrderLine.line)
            )
        return list(dict.fromkeys(basis))

    async def _upgrade(self, basis: list[str]) -> list[Candidate]:
        situation = self._situation
        trouble = self._content.trouble(situation.article, situation.category, situation.text)
        if trouble is None:
            return []
        current = await self._plan(trouble, basis)
        if current is None:
            return [Candidate(trouble.unknown, "upgrade_unknown")]
        product = await self._session.get(Product, current)
        following = product.upgrade_to if product else None
        return [Candidate(following, "upgrade", current)] if following else []

    async def _plan(self, trouble: Trouble, basis: list[str]) -> str | None:
        if self._situation.customer_id is not None:
            invoiced = await self._session.scalar(
                select(Invoice.plan_sku)
                .where(
                    Invoice.customer_id == self._situation.customer_id,
                    Invoice.plan_sku.in_(trouble.plans),
                )
                .order_by(Invoice.issued_at.desc())
                .limit(1)
            )
            if invoiced is not None:
                return invoiced
        return next((sku for sku in basis if sku in trouble.plans), None)

    async def _complements(self, basis: list[str]) -> list[Candidate]:
        products = {product.sku: product for product in await self._products(basis)}
        return [
            Candidate(sku, "complement", bought)
            for bought in basis
            for sku in products[bought].complements
        ]

    async def _together(self, basis: list[str]) -> list[Candidate]:
        return [
            Candidate(
                fit.sku,
                "together",
                fit.because,
                {"together": fit.together, "buyers": fit.buyers},
            )
            for fit in await fitting(self._session, basis)
        ]

    async def _refills(self) -> list[Candidate]:
        products = await self._products(self._facts.bought)
        due = sorted(
            (self._facts.bought[product.sku] + timedelta(days=product.refill_days), product.sku)
            for product in products
            if product.refill_days
        )
        return [Candidate(sku, "refill") for when, sku in due if when <= self._facts.at]

    async def _promoted_beside(
        self, basis: list[str], promotions: list[Promotion]
    ) -> list[Candidate]:
        categories = {product.category for product in await self._products(basis)}
        return await self._promoted(promotions, categories)

    async def _promoted(
        self, promotions: list[Promotion], categories: set[str] | None = None
    ) -> list[Candidate]:
        """Return the products that promotions name, of `categories` only if given."""
        products = {row.sku: row for row in await self._products({row.sku for row in promotions})}
        return [
            Candidate(row.sku, "deal" if row.kind == "deal_of_day" else "promotion")
            for row in promotions
            if row.sku in products
            and (categories is None or products[row.sku].category in categories)
        ]

    async def _best_sellers(self, category: str | None = None) -> list[Candidate]:
        return [
            Candidate(sku, "best_seller") for sku in await best_sellers(self._session, category)
        ]

    async def _products(self, skus: Iterable[str | None]) -> list[Product]:
        wanted = [sku for sku in skus if sku]
        if not wanted:
            return []
        return list(await self._session.scalars(select(Product).where(Product.sku.in_(wanted))))
