from sqlalchemy import select

from conversation.offer_reads import note_opened
from conversation.tables import Conversation, Message, OutboxItem, ReadMark, Receipt, Turn
from crm.tables import Offer
from db.engine import Database
from tests.crm.shop import add, product


async def test_an_offer_is_opened_when_its_channel_says_that_its_card_was_read(
    database: Database,
) -> None:
    names = ("web-read", "web-unread", "wa-read", "wa-delivered")
    await add(database, product("SHOES", "shoes"))
    await add(database, *(Conversation(id=name, channel=name, address=name) for name in names))
    await add(database, *(Turn(id=name, conversation_id=name) for name in names))
    await add(
        database,
        *(
            Message(
                id=name, conversation_id=name, turn_id=name, seq=4, author="bot", text="",
                lang="id", kind="offer",
            )
            for name in names
        ),
        *(
            Offer(turn_id=name, conversation_id=name, sku="SHOES", price_idr=1, reason="refill")
            for name in names
        ),
    )  # fmt: skip
    await add(
        database,
        ReadMark(conversation_id="web-read", side="customer", seq=4),
        ReadMark(conversation_id="web-unread", side="customer", seq=3),
        ReadMark(conversation_id="web-unread", side="csr", seq=9),
        *(
            OutboxItem(
                id=name, message_id=name, conversation_id=name, channel="whatsapp", address="",
                seq=4,
            )
            for name in ("wa-read", "wa-delivered")
        ),
        Receipt(channel="whatsapp", external_id="1", item_id="wa-read", state="read"),
        Receipt(channel="whatsapp", external_id="2", item_id="wa-delivered", state="delivered"),
    )  # fmt: skip

    assert await note_opened(database) == 2
    assert await note_opened(database) == 0

    async with database.read() as session:
        found = {
            name: await session.scalar(select(Offer.opened_at).where(Offer.turn_id == name))
            is not None
            for name in names
        }
    assert found == {
        "web-read": True, "web-unread": False, "wa-read": True, "wa-delivered": False,
    }  # fmt: skip
