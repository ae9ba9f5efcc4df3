"""What the shop knows and does, as the console asks for it: the same parts that the bot uses."""

from dataclasses import dataclass
from typing import Literal, Protocol

from crm.callbacks import CallBacks
from crm.customers import Customers
from crm.offers import Offers
from crm.orders import OrderLookup
from crm.tickets import Tickets
from faq.articles import Article
from faq.engine import Finding


class Knowledge(Protocol):
    """The articles."""

    def search(self, text: str, lang: Literal["id", "en"]) -> Finding:
        """Return what the articles know about `text`."""

    def article(self, article_id: str) -> Article | None:
        """Return an article."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One of each per process."""

    orders: OrderLookup
    tickets: Tickets
    callbacks: CallBacks
    customers: Customers
    offers: Offers
    knowledge: Knowledge | None = None
