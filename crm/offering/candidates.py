"""What could be offered, and why; ranking.py puts it in order, the rules decide."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, select

from crm.offering.facts import Known
from crm.offering.goods import Goods, Running, goods_of
from crm.offering.ranking import Candidate
from crm.offering.words import OfferContent, Trouble
from crm.orders import UNDONE
from crm.recommending.fitting import best_sellers, fitting
from crm.tables import Invoice
from crm.texts import plain_number

_RECENT = timedelta(days=90)
_bills: Table = Invoice.__table__  # type: ignore[assignment]

# Finds candidates; those of one source are ranked with each other.
Source = Callable[[], list[Candidate]]


class Candidates:
    """Finds candidates for one situation on one snapshot."""

    def __init__(
        self,
        connection: Connection,
        known: Known,
        content: OfferContent,
        promotions: list[Running],
    ) -> None:
        """`promotions` are those that hold now for this customer."""
        self._connection = connection
        self._known = known
        self._facts = known.facts
        self._situation = known.facts.situation
        self._content = content
        self._promotions = promotions
        self._goods: dict[str, Goods] = {}
        self._since: dict[str, datetime] = {}  # SKU -> bought last
        self._basis = self._what_was_bought()

    def groups(self) -> Iterator[list[Candidate]]:
        """Give groups of candidates, the best group first; lazily, as mostly the first will do."""
        sources = self._answers() if self._situation.asked else self._ideas()
        for source in sources:
            found = source()
            if found:
                yield found

    def goods(self, skus: Iterable[str | None]) -> dict[str, Goods]:
        """Return these products, each read once."""
        wanted = {sku for sku in skus if sku}
        self._goods |= goods_of(self._connection, wanted - self._goods.keys())
        return {sku: self._goods[sku] for sku in wanted if sku in self._goods}

    def _ideas(self) -> Iterator[Source]:
        """Give the sources for an offer nobody asked for."""
        yield self._upgrade
        yield lambda: self._fitting() + self._promoted(self._promotions, self._categories())

    def _answers(self) -> Iterator[Source]:
        """Give the sources for somebody who asked, nearest to their words first."""
        text = self._situation.text
        deals = [row for row in self._promotions if row.kind == "deal_of_day"]
        category = self._situation.category or self._content.category(text)
        yield self._upgrade
        if category is not None:
            yield lambda: self._promoted(self._promotions, {category})
            yield lambda: self._best_sellers(category)
        if self._content.wants_deal(text):
            yield lambda: self._promoted(deals)
        yield self._fitting
        yield lambda: self._promoted(deals)
        yield lambda: self._promoted(self._promotions)
        yield self._best_sellers

    def _fitting(self) -> list[Candidate]:
        found = self._complements() + self._together()
        if self._situation.customer_id is not None:
            found += self._refills()
        return found

    def _what_was_bought(self) -> list[str]:
        """Return what to go by: the order at hand first, then of a verified customer all recent.

        Whoever only proved one order learns nothing of the others.
        """
        number = plain_number(self._situation.order_number or "")
        at_hand = [one for one in self._known.bought if number and one.number == number]
        recent = [
            one
            for one in self._known.bought
            if self._situation.customer_id is not None
            and one.at > self._facts.at - _RECENT
            and one.status not in UNDONE
        ]
        for one in (*at_hand, *recent):
            self._since.setdefault(one.sku, one.at)
        return list(self._since)

    def _upgrade(self) -> list[Candidate]:
        situation = self._situation
        trouble = self._content.trouble(situation.article, situation.category, situation.text)
        if trouble is None:
            return []
        current = self._plan(trouble)
        if current is None:
            return [Candidate(trouble.unknown, "upgrade_unknown")]
        product = self.goods([current]).get(current)
        following = product.upgrade_to if product else None
        return [Candidate(following, "upgrade", current)] if following else []

    def _plan(self, trouble: Trouble) -> str | None:
        if self._situation.customer_id is not None:
            invoiced = self._connection.scalar(
                select(_bills.c.plan_sku)
                .where(
                    _bills.c.customer_id == self._situation.customer_id,
                    _bills.c.plan_sku.in_(trouble.plans),
                )
                .order_by(_bills.c.issued_at.desc())
                .limit(1)
            )
            if invoiced is not None:
                return str(invoiced)
        return next((sku for sku in self._basis if sku in trouble.plans), None)

    def _complements(self) -> list[Candidate]:
        products = self.goods(self._basis)
        return [
            Candidate(sku, "complement", bought, self._since[bought])
            for bought in self._basis
            if bought in products
            for sku in products[bought].complements
            if sku != bought
        ]

    def _together(self) -> list[Candidate]:
        return [
            Candidate(
                fit.sku,
                "together",
                fit.because,
                self._since[fit.because],
                {"together": fit.together, "buyers": fit.buyers},
            )
            for fit in fitting(self._connection, self._basis)
        ]

    def _refills(self) -> list[Candidate]:
        found = []
        for product in self.goods(self._facts.bought).values():
            if product.refill_days:
                last = self._facts.bought[product.sku]
                due = last + timedelta(days=product.refill_days)
                if due <= self._facts.at:
                    found.append(Candidate(product.sku, "refill", since=due))
        return found

    def _categories(self) -> set[str]:
        return {product.category for product in self.goods(self._basis).values()}

    def _promoted(
        self, promotions: Iterable[Running], categories: set[str] | None = None
    ) -> list[Candidate]:
        """Return the products that promotions name, of `categories` only if given."""
        named = [row for row in promotions if row.sku]
        products = self.goods(row.sku for row in named)
        return [
            Candidate(row.sku, "deal" if row.kind == "deal_of_day" else "promotion")
            for row in named
            if row.sku in products
            and (categories is None or products[row.sku].category in categories)
        ]

    def _best_sellers(self, category: str | None = None) -> list[Candidate]:
        return [Candidate(sku, "best_seller") for sku in best_sellers(self._connection, category)]
