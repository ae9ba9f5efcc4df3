"""Take in what WooCommerce's REST API v3 gives for products, customers and orders, saved as JSON.

All files together or nothing. What stands in several is found by WooCommerce's own numbers.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/ (products, customers, orders).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from crm.importing.doubts import doubtful, mixed_up
from crm.importing.json_lines import Numbered, read_objects
from crm.importing.kinds import CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, PROMOTIONS, Kind
from crm.importing.people import without_erased
from crm.importing.problems import FilesRefused, ImportRefused, Problem
from crm.importing.reader import Content, Line
from crm.importing.store import Report, store, unknown_references
from crm.importing.woocommerce_cells import (
    Unfit,
    amount,
    customer_id,
    customer_row,
    guest_row,
    order_row,
    product_row,
    sale_row,
    sku_of,
)
from crm.locks import serialise
from db.engine import Database

_ORDER = (PRODUCTS, CUSTOMERS, ORDERS, ORDER_LINES, PROMOTIONS)


@dataclass(slots=True)
class _Heap:
    """What is read so far: rows by kind, and where each comes from."""

    lines: dict[str, list[Line]] = field(default_factory=lambda: {kind.name: [] for kind in _ORDER})
    seen: dict[tuple[str, str], tuple[Path, int]] = field(default_factory=dict)
    places: dict[str, list[tuple[Path, int]]] = field(
        default_factory=lambda: {kind.name: [] for kind in _ORDER}
    )
    problems: dict[Path, list[Problem]] = field(default_factory=dict)
    remarks: list[tuple[Path, Problem]] = field(default_factory=list)
    skus: dict[int, str] = field(default_factory=dict)  # by WooCommerce's number
    named: set[str] = field(default_factory=set)  # SKUs of products that are refused

    def add(self, kind: Kind, place: tuple[Path, int], row: Mapping[str, Any]) -> None:
        """Add a row; the number of its line here is its place in `places`, from 0."""
        key = (kind.name, " ".join(str(row[name]) for name in kind.keys))
        if key in self.seen:
            file, line = self.seen[key]
            if kind is not CUSTOMERS:  # a guest may have ordered twice
                self.refuse(place, kind.keys[0], f"{key[1]} is already in {file.name}:{line}")
            return
        self.seen[key] = place
        self.lines[kind.name].append(Line(len(self.places[kind.name]), row))
        self.places[kind.name].append(place)

    def refuse(self, place: tuple[Path, int], column: str, reason: str) -> None:
        """Note what is wrong at a place."""
        self.problems.setdefault(place[0], []).append(Problem(place[1], column, reason))

    def remark(self, place: tuple[Path, int], column: str, reason: str) -> None:
        """Note what is taken in, but worth a look."""
        self.remarks.append((place[0], Problem(place[1], column, reason)))


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: a report per kind, and what is worth a look, as "file:line: reason"."""

    reports: tuple[Report, ...]
    remarks: tuple[str, ...]


async def import_woocommerce(database: Database, files: Sequence[Path]) -> Taken:
    """Take in all files, or none of them. Raises FilesRefused, OSError."""
    heap = _Heap()
    objects = list(_read(files, heap))
    for take in (_take_product, _take_customer, _take_order):
        for place, kind, found in objects:
            if kind == take.__name__:
                take(heap, place, found)
    async with database.write() as session:
        await serialise(session, *(f"import {kind.name}" for kind in _ORDER))
        reports = [
            report for kind in _ORDER if (report := await _put(session, kind, heap)) is not None
        ]
        if heap.problems:
            raise FilesRefused(heap.problems)
    remarks = sorted((file.name, one) for file, one in heap.remarks)
    return Taken(
        tuple(reports),
        tuple(f"{name}:{one.line}: {one.column}: {one.reason}" for name, one in remarks),
    )


def _read(
    files: Sequence[Path], heap: _Heap
) -> Iterator[tuple[tuple[Path, int], str, dict[str, Any]]]:
    for file in files:
        try:
            found = read_objects(file)
        except ImportRefused as refused:
            heap.problems.setdefault(file, []).extend(refused.problems)
            continue
        for line, one in found:
            kind = _kind_of(one)
            if kind is None:
                heap.refuse((file, line), "", "is no product, customer or order of WooCommerce")
            else:
                yield (file, line), kind, one


def _kind_of(found: Mapping[str, Any]) -> str | None:
    if "line_items" in found:
        return _take_order.__name__
    if "regular_price" in found or "stock_status" in found:
        return _take_product.__name__
    return _take_customer.__name__ if "is_paying_customer" in found or "email" in found else None


def _tried(
    heap: _Heap, place: tuple[Path, int], make: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    try:
        return make()
    except Unfit as unfit:
        for column, reason in unfit.reasons:
            heap.refuse(place, column, reason)
        return None


def _take_product(heap: _Heap, place: tuple[Path, int], found: dict[str, Any]) -> None:
    row = _tried(heap, place, lambda: product_row(found))
    if row is None:  # its orders need no second report
        heap.named.add(str(found.get("sku") or f"WC-{found.get('id')}"))
        return
    heap.skus[int(found["id"])] = str(row["sku"])
    heap.add(PRODUCTS, place, {**row, "complements": list(found.get("cross_sell_ids") or [])})
    sale = _tried(heap, place, lambda: sale_row(found) or {})
    if sale:
        heap.add(PROMOTIONS, place, sale)


def _take_customer(heap: _Heap, place: tuple[Path, int], found: dict[str, Any]) -> None:
    row = _tried(heap, place, lambda: customer_row(found, lambda *it: heap.remark(place, *it)))
    if row is not None:
        heap.add(CUSTOMERS, place, row)


def _take_order(heap: _Heap, place: tuple[Path, int], found: dict[str, Any]) -> None:
    if found.get("status") in ("trash", "auto-draft", "checkout-draft"):
        heap.remark(place, "status", f"{found.get('status')}; left out")
        return
    row = _tried(heap, place, lambda: order_row(found, lambda *it: heap.remark(place, *it)))
    if row is None:
        return
    if customer_id(found) is None:
        guest = _tried(heap, place, lambda: guest_row(found, lambda *it: heap.remark(place, *it)))
        if guest is None:
            return
        heap.add(CUSTOMERS, place, guest)
        row = {**row, "customer_id": guest["id"]}
    heap.add(ORDERS, place, row)
    for number, item in enumerate(found.get("line_items") or [], 1):
        _take_line(heap, place, str(row["number"]), (number, item))


def _take_line(heap: _Heap, place: tuple[Path, int], order: str, numbered: Numbered) -> None:
    number, item = numbered
    quantity = item.get("quantity")
    if not isinstance(quantity, int) or quantity < 1:
        heap.refuse(place, f"line_items[{number - 1}].quantity", f"{quantity!r} is not above 0")
        return

    def row() -> Mapping[str, Any]:
        total = amount(item.get("subtotal", item.get("total")), "line_items.subtotal")
        return {
            "order_number": order,
            "line": number,
            "sku": heap.skus.get(item.get("product_id") or 0) or sku_of(item, "product_id"),
            "quantity": quantity,
            "unit_price_idr": round(total / quantity),
        }

    made = _tried(heap, place, row)
    if made is not None:
        heap.add(ORDER_LINES, place, made)


async def _put(session: AsyncSession, kind: Kind, heap: _Heap) -> Report | None:
    """Check and store the rows of one kind; those before are stored, and undone if it fails."""
    places = heap.places[kind.name]
    lines = heap.lines[kind.name]
    if kind is PRODUCTS:
        lines = [_with_skus(heap, line) for line in lines]
    keys = {str(line.row[kind.keys[0]]) for line in lines}
    content, gone = await without_erased(session, kind, Content(lines, [], keys))
    for problem in [
        *(_rules(kind, content.lines)),
        *await _unknown(session, kind, content, heap),
        *await mixed_up(session, kind, content.lines),
    ]:
        heap.refuse(places[problem.line], problem.column, problem.reason)
    if heap.problems or not content.lines:
        return None
    for problem in [*gone, *await doubtful(session, kind, content.lines)]:
        heap.remark(places[problem.line], problem.column, problem.reason)
    return await store(session, kind, content.lines, [])


async def _unknown(
    session: AsyncSession, kind: Kind, content: Content, heap: _Heap
) -> list[Problem]:
    """Find what is nowhere; what stands in these files is not stored yet if any is refused."""
    here = {key for _, key in heap.seen} | heap.named
    found = await unknown_references(session, kind, content)
    return [one for one in found if one.reason.rpartition(" ")[2] not in here]


def _with_skus(heap: _Heap, line: Line) -> Line:
    """Name complements by SKU; what is not in the files is left out and said."""
    complements = []
    for number in line.row["complements"]:
        if heap.skus.get(number) == line.row["sku"]:  # two of one code, which is refused
            continue
        if number in heap.skus:
            complements.append(heap.skus[number])
        else:
            place = heap.places[PRODUCTS.name][line.number]
            heap.remark(place, "cross_sell_ids", f"product {number} is not in the files; left out")
    return Line(line.number, {**line.row, "complements": list(dict.fromkeys(complements))})


def _rules(kind: Kind, lines: list[Line]) -> Iterator[Problem]:
    for line in lines:
        for column, reason in kind.rule(line.row) if kind.rule else ():
            yield Problem(line.number, column, reason)
