"""Sari as the shop knows her, in every table, beside Budi; and what of her must not be found."""

from pathlib import Path

from sqlalchemy import select, text

from conversation.tables import (
    ChannelContact,
    Conversation,
    InboxEvent,
    Message,
    OutboxItem,
    Receipt,
    Turn,
    UnansweredQuestion,
)
from crm.profile.tables import ConsentEntry
from crm.tables import (
    CallBack,
    ContactChange,
    Customer,
    Offer,
    ShipmentEvent,
    Ticket,
    TicketNote,
)
from db.base import Base
from db.engine import Database
from tests.crm.shop import NOON, add, fill

NAME = "Sari Kusumawardhani"
PHONE = "+6281200001111"
EMAIL = "sari@example.com"
SECRETS = (
    "gelangnya patah waktu dibuka",
    "apakah bisa dikirim ke kos putri melati",
    "tolong telepon adik saya saja",
    "catatan: minta ganti warna perak",
    "dititipkan ke Ibu Kusumawardhani",
    "foto gelang dari Sari",
    "pesan mentah yang belum diambil",
)
TRACES = (NAME, "Kusumawardhani", PHONE, PHONE[1:], EMAIL, "081200009999", "Cimahi", *SECRETS)
BUDI_SAYS = "budi menanyakan ukuran sepatu"


async def sari(database: Database, files: Path) -> None:
    """Fill every table with her."""
    await fill(database)
    async with database.write() as session:
        customer = await session.get_one(Customer, "C0001")
        customer.name, customer.city = NAME, "Cimahi"
    await add(
        database,
        Conversation(
            id="wa", channel="whatsapp", address="628120000", customer_id="C0001", verified=True
        ),
        Conversation(id="web", channel="website", address="v1", customer_id="C0001", verified=True),
        Conversation(
            id="budi", channel="website", address="v2", customer_id="C0002", verified=True
        ),
    )
    await add(database, Turn(id="turn", conversation_id="wa"))
    await add(
        database,
        ChannelContact(conversation_id="wa", phone=PHONE[1:], name=NAME),
        Ticket(
            id=1, turn_id="t1", customer_id="C0001", conversation_id="wa", category="damaged",
            priority="high", status="open", description=SECRETS[0], contact=EMAIL, lang="id",
            due_at=NOON,
        ),
        UnansweredQuestion(
            turn_id="t2", conversation_id="web", text=SECRETS[1], lang="id", confidence=0.1
        ),
        CallBack(
            turn_id="t3", conversation_id="web", customer_id="C0001", name=NAME,
            phone="081200009999", at=NOON, about=SECRETS[2],
        ),
        ContactChange(
            turn_id="t4", customer_id="C0001", field="email", old="lama@example.com", new=EMAIL
        ),
        Offer(
            turn_id="t5", conversation_id="web", customer_id="C0001", sku="EARRINGS",
            price_idr=1, reason="complement", outcome="accepted",
        ),
        ConsentEntry(customer_id="C0001", purpose="campaigns", granted=True, source="chat"),
        Message(
            id="m1", conversation_id="wa", seq=1, author="customer", text=SECRETS[0], lang="id",
            turn_id="turn", data={"attachment": {"kind": "image", "caption": SECRETS[5]}},
        ),
        Message(
            id="m2", conversation_id="wa", seq=2, author="bot", name="Nara", lang="id",
            text=f"Kak {NAME}, kami periksa",
        ),
        Message(
            id="m3", conversation_id="budi", seq=1, author="customer", text=BUDI_SAYS, lang="id"
        ),
        ShipmentEvent(
            shipment_id="S1", at=NOON, code="delivered", city="Cimahi", note=SECRETS[4]
        ),
    )  # fmt: skip
    await add(
        database,
        TicketNote(ticket_id=1, turn_id="t6", author="csr", text=SECRETS[3]),
        InboxEvent(channel="whatsapp", source_id="wamid.1", message_id="m1", lane="628120000"),
        InboxEvent(
            channel="whatsapp", source_id="wamid.2", status="parked", lane="x",
            raw={"from": "628120000", "text": {"body": SECRETS[6]}},
        ),
        InboxEvent(channel="website", source_id="b1", message_id="m3"),
        OutboxItem(
            id="o1", message_id="m2", conversation_id="wa", channel="whatsapp",
            address="628120000", seq=2, error=f"no such user {PHONE}",
        ),
        Receipt(channel="whatsapp", external_id="wamid.3", item_id="o1", state="read"),
    )  # fmt: skip
    _keep(files)


def _keep(files: Path) -> None:
    files.mkdir(parents=True, exist_ok=True)
    (files / "m1").write_bytes(SECRETS[5].encode())
    (files / "m3").write_bytes(b"a shoe of Budi's")


def _bytes(folder: Path, pattern: str) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(pattern) if path.is_file())


async def found_in(database: Database, files: Path) -> list[str]:
    """Search the database's own files (SQLite) or every row (PostgreSQL), and what was sent."""
    content = _bytes(files, "*")
    if database.is_sqlite:
        file = Path(str(database.url.database))
        content += _bytes(file.parent, f"{file.name}*")  # with its journal
    else:
        async with database.read() as session:
            for table in Base.metadata.sorted_tables:
                rows = await session.scalars(
                    text(f'SELECT t::text FROM "{table.name}" t')  # noqa: S608
                )
                content += "\n".join(rows).encode()
    return [trace for trace in TRACES if trace.encode() in content]


async def of_budi(database: Database) -> tuple[str, str, int]:
    """Tell how the other customer stands."""
    async with database.read() as session:
        customer = await session.get_one(Customer, "C0002")
        said = await session.scalar(select(Message.text).where(Message.id == "m3"))
        rows = await session.scalar(
            select(InboxEvent.source_id).where(InboxEvent.message_id == "m3")
        )
    return customer.name, str(said), len(str(rows))


def names_in(folder: Path) -> list[str]:
    """Name the files that are left."""
    return sorted(path.name for path in folder.iterdir())
