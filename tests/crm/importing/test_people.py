"""An import brings nobody back, and overrules nobody's own word."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from crm.consent import Consents
from crm.importing.kinds import KINDS
from crm.importing.problems import ImportRefused
from crm.importing.store import Report, import_file
from crm.profile.erased import digest_of
from crm.profile.tables import ConsentEntry, ErasedCustomer
from crm.tables import Customer, Order
from db.base import now
from db.engine import Database
from tests.crm.shop import NOON, add, at_noon, fill

ZONE = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def load(database: Database, tmp_path: Path) -> "Loading":
    return Loading(database, tmp_path)


class Loading:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    async def __call__(self, kind: str, *lines: str) -> Report:
        file = self.folder / f"{kind}.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return await import_file(self.database, KINDS[kind], file, ZONE)


async def test_an_older_yes_in_a_file_does_not_undo_a_no_in_the_chat(
    database: Database, load: Loading
) -> None:
    await fill(database)
    await Consents(database, at_noon).note("C0001", "offers", granted=False, source="chat")
    before = (NOON - timedelta(days=1)).isoformat()
    after = (NOON + timedelta(days=1)).isoformat()
    head = "id,name,consent_offers,consent_at"

    await load("customers", head, f"C0001,Sari,true,{before}")
    kept = (await Consents(database).of("C0001"))["offers"]
    await load("customers", head, f"C0001,Sari,true,{after}")
    renewed = (await Consents(database).of("C0001"))["offers"]

    assert (kept.granted, kept.source) == (False, "chat")
    assert (renewed.granted, renewed.source) == (True, "import")
    async with database.read() as session:
        assert (await session.get_one(Customer, "C0001")).consent_offers is True
        assert len((await session.scalars(select(ConsentEntry))).all()) == 2


async def test_who_was_erased_is_left_out_and_their_new_order_is_nobodys(
    database: Database, load: Loading
) -> None:
    await fill(database)
    await add(database, ErasedCustomer(digest=digest_of("C0077")))
    head = "number,customer_id,ordered_at,status,total_idr,city"

    people = await load("customers", "id,name,phone", "C0077,Rahasia,+6281300001111", "C3,Ani,")
    orders = await load("orders", head, f"TL-9,C0077,{NOON.isoformat()},paid,1000,Bogor")

    assert str(people) == (
        "customers: 1 inserted, 0 updated, 0 unchanged\n"
        "  line 2: id: was erased at their own wish; left out"
    )
    assert orders.inserted == 1
    async with database.read() as session:
        order = await session.get_one(Order, "TL-9")
        owner = await session.get_one(Customer, order.customer_id)
        assert await session.get(Customer, "C0077") is None
    assert (owner.name, owner.phone, order.city) == ("", None, None)


@pytest.mark.parametrize(
    ("kind", "lines", "reason"),
    [
        (
            "products",
            ("sku,name_id,name_en,category,price_idr,stock", "A,a,a,c,US$12,1"),
            "written with digits only; amounts are whole rupiah, not US$",
        ),
        (
            "orders",
            ("number,customer_id,ordered_at,status,total_idr", "T-1,C0001,03/04/2026,paid,5000"),
            "2026-11-20T14:30:00+07:00; nobody knows which is the month",
        ),
        (
            "orders",
            (
                "number,customer_id,ordered_at,status,total_idr",
                f"T-1,C0001,{(now() + timedelta(days=60)).isoformat()},paid,5000",
            ),
            "is still to come: day and month mixed up?",
        ),
        (
            "order_lines",
            ("order_number,line,sku,quantity,unit_price_idr", "TL-261115-0001,9,SHOES,1,25"),
            "25, where SHOES costs 400000: thousands, or a currency?",
        ),
        (
            "order_lines",
            ("order_number,line,sku,quantity,unit_price_idr", "TL-261115-0001,9,SHOES,-1,400000"),
            "-1 is not between 1 and 2147483647",
        ),
        (
            "promotions",
            (
                "id,kind,category,percent_off,starts_at,ends_at,title_id,title_en",
                "P,promo,c,10,2026-12-02,2026-12-01,t,t",
            ),
            "ends before it starts",
        ),
    ],
)
async def test_mixed_up_amounts_and_days_are_refused_and_what_was_there_stays(
    sqlite_database: Database, tmp_path: Path, kind: str, lines: tuple[str, ...], reason: str
) -> None:
    await fill(sqlite_database)

    with pytest.raises(ImportRefused) as refused:
        await Loading(sqlite_database, tmp_path)(kind, *lines)

    assert reason in refused.value.problems[0].reason
    assert refused.value.problems[0].line == 2


async def test_one_product_under_two_codes_is_taken_in_and_reported(load: Loading) -> None:
    head = "sku,name_id,name_en,category,price_idr,stock"

    report = await load(
        "products", head, "A,Sepatu Lari,Shoe,c,400000,1", "B,sepatu lari,Shoe,c,45,1"
    )

    assert [(one.line, one.reason) for one in report.remarks] == [
        (2, "the same name as B: one product?"),
        (3, "the same name as A: one product?"),
        (3, "45 is less than Rp100: thousands, or a currency?"),
    ]
