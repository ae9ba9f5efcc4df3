from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crm.importing.kinds import KINDS
from crm.importing.problems import ImportRefused, Problem
from crm.importing.store import Report, import_file
from crm.tables import Customer, Order, Product, Shipment
from db.engine import Database
from tests.crm.shop import SARI_ORDER, fill

JAKARTA = ZoneInfo("Asia/Jakarta")
PRODUCTS = "sku,name_id,name_en,category,price_idr,stock,complements\n"
CUSTOMERS = "id,name,phone,email,since\n"
ORDERS = "number,customer_id,ordered_at,status,total_idr\n"
PROMOTIONS = "id,kind,sku,percent_off,amount_off_idr,starts_at,ends_at,title_id,title_en\n"


class Shelf:
    """Writes a file and imports it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.file = folder / "file.csv"

    async def load(self, kind: str, content: str | bytes) -> Report:
        raw = content if isinstance(content, bytes) else content.encode()
        self.file.write_bytes(raw)
        return await import_file(self.database, KINDS[kind], self.file, JAKARTA)

    async def problems(self, kind: str, content: str | bytes) -> list[Problem]:
        with pytest.raises(ImportRefused) as refused:
            await self.load(kind, content)
        return refused.value.problems


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return Shelf(database, tmp_path)


async def test_a_second_import_changes_nothing(shelf: Shelf) -> None:
    content = PRODUCTS + "A,Kalung,Necklace,jewellery,1000,5,B\nB,Anting,Earrings,jewellery,1,0,\n"

    assert await shelf.load("products", content) == Report("products", 2, 0, 0)
    assert await shelf.load("products", content) == Report("products", 0, 0, 2)
    assert await shelf.load("products", content.replace("1000", "900")) == Report(
        "products", 0, 1, 1
    )
    async with shelf.database.read() as session:
        necklace = await session.get(Product, "A")
    assert necklace is not None
    assert (necklace.price_idr, necklace.complements, necklace.active) == (900, ["B"], True)


async def test_a_column_that_is_not_in_the_file_stays_as_it_is(shelf: Shelf) -> None:
    await shelf.load("customers", "id,name,city\nC1,Sari,Bogor\n")
    await shelf.load("customers", "id,name\nC1,Sari Dewi\n")

    async with shelf.database.read() as session:
        customer = await session.get(Customer, "C1")
    assert customer is not None
    assert (customer.name, customer.city, customer.lang) == ("Sari Dewi", "Bogor", "id")


async def test_one_bad_row_keeps_the_whole_file_out(shelf: Shelf) -> None:
    content = PRODUCTS + "A,Kalung,Necklace,jewellery,1000,5,\nB,Anting,Earrings,jewellery,-1,0,\n"

    assert await shelf.problems("products", content) == [
        Problem(3, "price_idr", "-1 is not between 0 and 1000000000000000")
    ]
    async with shelf.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Product)) == 0


async def test_every_bad_row_is_reported_by_its_physical_line(shelf: Shelf) -> None:
    content = (
        PRODUCTS
        + 'A,"Kalung\ndua baris",Necklace,jewellery,1000,5,\n'
        + "\n"
        + "B,,Earrings,jewellery,seribu,-2,A|B\n"
        + "A,Kalung,Necklace,jewellery,1000,5,\n"
        + "C,Kalung,Necklace,jewellery,1.000,5,D|A|B\n"
        + "E,Kalung\n"
        + "F,Kalung,Necklace,jewellery,1000,5,A|F\n"
        + "G,Kalung,Necklace,jewellery,1000,5,H|I\n"
    )

    assert await shelf.problems("products", content) == [
        Problem(5, "name_id", "is empty"),
        Problem(5, "price_idr", "'seribu' is no whole number written with digits only"),
        Problem(5, "stock", "-2 is not between 0 and 2147483647"),
        Problem(6, "sku", "A is already in line 2"),
        Problem(7, "price_idr", "'1.000' is no whole number written with digits only"),
        Problem(8, "", "2 cells for 7 columns"),
        Problem(9, "complements", "F is its own complement"),
        Problem(10, "complements", "unknown sku H"),
        Problem(10, "complements", "unknown sku I"),
    ]


async def test_a_complement_may_stand_in_a_bad_row_without_a_second_report(shelf: Shelf) -> None:
    content = PRODUCTS + "A,Kalung,Necklace,jewellery,1,5,B\nB,Anting,Earrings,jewellery,x,0,\n"

    assert [problem.line for problem in await shelf.problems("products", content)] == [3]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("C1,Sari,08123456789,,", "phone"),
        ("C1,Sari,+62 812 3456 789,,", "phone"),
        ("C1,Sari,+62812345678,sari@,", "email"),
        ("C1,Sari,,,kemarin", "since"),
        ("C1,Sari,,,2026-02-30", "since"),
        ("C1,Sari,,,2026-02-20T10:00:00", "since"),
        ("C 1,Sari,,,", "id"),
        ("C1,Sa\x00ri,,,", "name"),
        (",Sari,,,", "id"),
    ],
)
async def test_a_cell_of_the_wrong_type_is_named(shelf: Shelf, row: str, column: str) -> None:
    problems = await shelf.problems("customers", CUSTOMERS + row + "\n")

    assert [(problem.line, problem.column) for problem in problems] == [(2, column)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("TL-1,C0001,2026-11-01T10:00:00,paid,1", "ordered_at"),
        ("TL-1,C0001,2026-11-01,paid,1", "ordered_at"),
        ("TL-1,C0001,2026-11-01T10:00:00+07:00,lost,1", "status"),
        ("TL-1,C9999,2026-11-01T10:00:00+07:00,paid,1", "customer_id"),
        ("TL-1,C0001,2026-11-01T10:00:00+07:00,paid,-1", "total_idr"),
        ("TL-1,C0001,2026-11-01T10:00:00+07:00,paid,99999999999999999999", "total_idr"),
        ("tl-1,C0001,2026-11-01T10:00:00+07:00,paid,1", "number"),
    ],
)
async def test_a_bad_order_is_refused(shelf: Shelf, row: str, column: str) -> None:
    await fill(shelf.database)

    problems = await shelf.problems("orders", ORDERS + row + "\n")

    assert [(problem.line, problem.column) for problem in problems] == [(2, column)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("P,promo,SHOES,10,,2026-11-02,2026-11-01,a,b", "ends_at"),
        ("P,promo,SHOES,10,500,2026-11-01,2026-11-02,a,b", "percent_off"),
        ("P,promo,SHOES,,,2026-11-01,2026-11-02,a,b", "percent_off"),
        ("P,promo,SHOES,101,,2026-11-01,2026-11-02,a,b", "percent_off"),
        ("P,promo,NOTHING,10,,2026-11-01,2026-11-02,a,b", "sku"),
        ("P,deal_of_day,,10,,2026-11-01,2026-11-02,a,b", "sku"),
        ("P,sale,SHOES,10,,2026-11-01,2026-11-02,a,b", "kind"),
    ],
)
async def test_a_bad_promotion_is_refused(shelf: Shelf, row: str, column: str) -> None:
    await fill(shelf.database)

    problems = await shelf.problems("promotions", PROMOTIONS + row + "\n")

    assert [(problem.line, problem.column) for problem in problems] == [(2, column)]


async def test_lines_and_events_of_orders_are_kinds_of_their_own(shelf: Shelf) -> None:
    await fill(shelf.database)
    lines = "order_number,line,sku,quantity,unit_price_idr\n"
    events = "shipment_id,at,code,city,note\n"
    shipments = "id,order_number,courier,status,eta\n"

    assert [
        p.column for p in await shelf.problems("order_lines", lines + "TL-9,1,SHOES,0,1\n")
    ] == ["quantity"]
    assert await shelf.load("order_lines", lines + f"{SARI_ORDER},3,SHOES,1,400000\n") == Report(
        "order_lines", 1, 0, 0
    )
    report = await shelf.load(
        "shipments", shipments + f"S2,{SARI_ORDER},JNE,in_transit,2026-11-24\n"
    )
    assert report == Report("shipments", 1, 0, 0)
    event = events + "S2,2026-11-18T09:00:00+07:00,at_hub,Bandung,\n"
    assert await shelf.load("shipment_events", event) == Report("shipment_events", 1, 0, 0)
    assert await shelf.load("shipment_events", event) == Report("shipment_events", 0, 0, 1)
    async with shelf.database.read() as session:
        shipment = await session.get(Shipment, "S2")
    assert shipment is not None
    assert shipment.eta == datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem(1, "", "the file is empty")),
        (
            b"sku;name_id\nA;B\n",
            Problem(1, "", "columns must be separated by commas"),
        ),
        (
            PRODUCTS.encode() + b"A,Kalung,Caf\xe9,jewellery,1,1,\n",
            Problem(2, "", "not UTF-8 but another encoding (byte 0xe9); save it as UTF-8"),
        ),
        (
            PRODUCTS.encode("utf-16"),
            Problem(1, "", "not UTF-8 but UTF-16 (byte 0xff); save it as UTF-8"),
        ),
        (
            b'sku,name_id\nA,"open',
            Problem(1, "", "not a CSV file: unexpected end of data"),
        ),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(
    shelf: Shelf, content: bytes, problem: Problem
) -> None:
    assert await shelf.problems("products", content) == [problem]


async def test_wrong_columns_are_named(shelf: Shelf) -> None:
    content = "sku,name_id,name_en,harga,category,stock,stock\n"

    assert [
        (p.column, p.reason.split(";")[0]) for p in await shelf.problems("products", content)
    ] == [
        ("harga", "unknown column"),
        ("price_idr", "the column is missing"),
        ("stock", "the column is there twice"),
    ]


async def test_a_byte_order_mark_and_windows_line_ends_are_fine(shelf: Shelf) -> None:
    content = ("\ufeff" + PRODUCTS + "A,Kalung,Necklace,jewellery,1,1,\n").replace("\n", "\r\n")

    assert await shelf.load("products", content) == Report("products", 1, 0, 0)


async def test_many_problems_are_counted_but_fifty_are_printed(shelf: Shelf) -> None:
    content = CUSTOMERS + "".join(f"C{n},,,,\n" for n in range(80))
    shelf.file.write_text(content)

    with pytest.raises(ImportRefused) as refused:
        await shelf.load("customers", content)

    lines = str(refused.value).splitlines()
    assert len(refused.value.problems) == 80
    assert lines[0] == f"{shelf.file}:2: name: is empty"
    assert lines[50:] == [
        "… and 30 more",
        f"80 problem(s); nothing was imported from {shelf.file}",
    ]


async def test_times_are_stored_as_moments(shelf: Shelf) -> None:
    await fill(shelf.database)
    row = "TL-1,C0001,2026-11-01T10:00:00+07:00,paid,1000\n"
    await shelf.load("orders", ORDERS + row)
    same_in_utc = row.replace("10:00:00+07:00", "03:00:00Z")

    assert await shelf.load("orders", ORDERS + same_in_utc) == Report("orders", 0, 0, 1)
    async with shelf.database.read() as session:
        order = await session.get(Order, "TL-1")
    assert order is not None
    assert order.ordered_at == datetime(2026, 11, 1, 3, tzinfo=UTC)
