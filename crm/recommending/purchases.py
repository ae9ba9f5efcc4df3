"""Who bought what and how long ago: all that the ranking learns from."""

from array import array
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

_DAY_S = 86_400


class Purchases:
    """Every product that each customer has bought, and when last."""

    def __init__(self, at: datetime) -> None:
        """Look back from the moment `at`."""
        self.at = at
        self.products: dict[str, int] = {}  # SKU -> column
        self.customers: dict[str, int] = {}  # id -> row
        self._rows, self._columns, self._days = array("i"), array("i"), array("f")

    def add(self, bought: Iterable[tuple[str, str, datetime]]) -> None:
        """Take in lines of orders: customer, SKU, moment."""
        for customer, sku, moment in bought:
            self._rows.append(self.customers.setdefault(customer, len(self.customers)))
            self._columns.append(self.products.setdefault(sku, len(self.products)))
            self._days.append((self.at - moment).total_seconds() / _DAY_S)

    def matrix(self) -> "sparse.csr_matrix":
        """Return who has bought what, 1 or 0, (customers, products)."""
        from scipy import sparse  # noqa: PLC0415 - slow to import, and needed to learn only

        ones = np.ones(len(self._rows), dtype=np.float32)
        found = sparse.csr_matrix(
            (ones, (np.asarray(self._rows), np.asarray(self._columns))), shape=self._shape
        )
        found.data[:] = 1
        return found

    def recent(self, half_life_days: float) -> NDArray[np.float64]:
        """Return the customers of each product (products,), one counting less the longer ago."""
        sums = np.zeros(len(self.products))
        if not len(self._rows):
            return sums
        pairs = np.asarray(self._rows, dtype=np.int64) * len(sums) + np.asarray(self._columns)
        order = np.argsort(pairs, kind="stable")
        first = np.flatnonzero(np.diff(pairs[order], prepend=-1))  # of each customer and product
        newest = np.minimum.reduceat(np.asarray(self._days, dtype=np.float64)[order], first)
        np.add.at(sums, pairs[order][first] % len(sums), 0.5 ** (newest / half_life_days))
        return sums

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.customers), len(self.products)
