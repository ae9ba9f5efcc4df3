import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from channels.message import Choice, Inbound, Reply, Sender
from conversation.contacts import Contacts
from conversation.failures import Failures
from conversation.inbox import Inbox
from conversation.tables import (
    ChannelContact,
    Conversation,
    InboxEvent,
    Message,
    OutboxItem,
    Receipt,
)
from db.base import now
from tests.channels.whatsapp.conftest import Shop
from tests.channels.whatsapp.payloads import (
    BUDI,
    BUDIS_PHONE,
    EXAMPLES,
    body,
    example,
    message,
    text,
)
from tests.conversation.conftest import TEMPLATE

ATTACHMENTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "image", "image": {"id": "7", "mime_type": "image/jpeg"}}, "[Foto]"),
    ({"type": "video", "video": {"id": "7", "mime_type": "video/mp4"}}, "[Video]"),
    ({"type": "audio", "audio": {"id": "7", "voice": True}}, "[Pesan suara]"),
    ({"type": "document", "document": {"id": "7", "filename": "a.pdf"}}, "[Dokumen: a.pdf]"),
    ({"type": "sticker", "sticker": {"id": "7"}}, "[Stiker]"),
    (
        {"type": "location", "location": {"latitude": -6.9, "longitude": 107.6, "name": "Rumah"}},
        "[Lokasi: Rumah, -6.90000, 107.60000]",
    ),
    (
        {"type": "contacts", "contacts": [{"phones": [{"phone": "+62 811-0000-002"}]}]},
        "[Kontak: +62 811-0000-002]",
    ),
    ({"type": "unsupported", "errors": [{"code": 131051}]}, "[Pesan yang tidak bisa ditampilkan]"),
    ({"type": "hologram", "hologram": {}}, "[Pesan yang tidak bisa ditampilkan]"),
    ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {}}},
     "[Pesan yang tidak bisa ditampilkan]"),
]  # fmt: skip


async def _statuses(shop: Shop) -> list[tuple[str, str | None]]:
    async with shop.database.read() as session:
        rows = await session.scalars(
            select(InboxEvent)
            .where(InboxEvent.channel == "whatsapp")
            .order_by(InboxEvent.received_at)
        )
        return [(row.status, row.error) for row in rows]


async def _states(shop: Shop) -> list[str]:
    async with shop.database.read() as session:
        return list(await session.scalars(select(Receipt.state).order_by(Receipt.external_id)))


async def test_a_text_is_answered_once_however_often_it_comes(shop: Shop) -> None:
    await shop.receives(*[text("wamid.1", "halo")] * 3)
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()

    assert await shop.said() == [("customer", "halo"), ("bot", "echo: halo")]
    assert shop.double.texts == ["echo: halo"]


async def test_messages_that_overtook_each_other_are_put_in_order(shop: Shop) -> None:
    await shop.receives(
        text("wamid.3", "tiga", age_s=1),
        text("wamid.1", "satu", age_s=9),
        text("wamid.2", "dua", age_s=5),
    )

    assert [words for _, words in await shop.said()] == ["satu", "dua", "tiga"]


async def _waits(shop: Shop, source_id: str, seconds: int) -> None:
    async with shop.database.write() as session:
        await session.execute(
            update(InboxEvent)
            .where(InboxEvent.source_id == source_id)
            .values(next_at=now() + timedelta(seconds=seconds))
        )


async def test_one_that_is_on_its_way_still_has_its_place_when_an_older_one_is_due(
    shop: Shop,
) -> None:
    for event in (text("wamid.1", "satu", age_s=9), text("wamid.3", "tiga", age_s=1)):
        await shop.meta.posts(event)
    await _waits(shop, "wamid.3", 60)

    await shop.intake.take_in()
    await shop.receives(text("wamid.2", "dua", age_s=5))
    await _waits(shop, "wamid.3", 0)
    await shop.receives()

    assert [words for _, words in await shop.said()] == ["satu", "dua", "tiga"]


async def test_what_was_sent_before_something_due_goes_along_with_it(shop: Shop) -> None:
    for event in (text("wamid.2", "dua", age_s=5), text("wamid.1", "satu", age_s=9)):
        await shop.meta.posts(event)
    await _waits(shop, "wamid.1", 60)
    await shop.receives()

    assert [words for _, words in await shop.said()] == ["satu", "dua"]


async def test_what_comes_together_is_one_turn(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "paket saya", age_s=1), text("wamid.2", "belum sampai"))
    await shop.answers()

    assert [question.text for question in shop.echo.asked] == ["paket saya\nbelum sampai"]


@pytest.mark.parametrize("name", list(EXAMPLES))
async def test_every_example_of_meta_can_be_taken_in(shop: Shop, name: str) -> None:
    await shop.receives(example(name))

    assert await _statuses(shop) == [("done", None)]


@pytest.mark.parametrize(("content", "shown"), ATTACHMENTS)
async def test_what_has_no_words_is_described_and_the_assistant_is_told(
    shop: Shop, content: dict[str, Any], shown: str
) -> None:
    await shop.receives(message("wamid.1", content))
    await shop.answers()

    assert (await shop.said())[0] == ("customer", shown)
    asked = shop.echo.asked[0]
    assert (asked.text, asked.attachment is not None) == ("", True)


async def test_fields_nobody_knows_change_nothing(shop: Shop) -> None:
    odd = {"type": "text", "text": {"body": "halo", "mood": 7}, "context": None, "x": [{}]}
    await shop.receives({**message("wamid.1", odd), "version": 99})

    assert await shop.said() == [("customer", "halo")]


async def test_a_caption_is_what_was_said(shop: Shop) -> None:
    photo = {"type": "image", "image": {"id": "7", "mime_type": "image/jpeg", "caption": "rusak"}}
    await shop.receives(message("wamid.1", photo))
    await shop.answers()

    assert (await shop.said())[0] == ("customer", "[Foto] rusak")
    assert (shop.echo.asked[0].text, shop.echo.asked[0].attachment) == ("rusak", None)


async def test_a_reaction_is_noted_and_not_answered(shop: Shop) -> None:
    await shop.receives(message("wamid.1", {"type": "reaction", "reaction": {"emoji": "👍"}}))
    await shop.answers()

    assert await shop.said() == [("customer", "👍")]
    assert shop.double.sent == []


async def test_corrected_words_are_answered_and_what_is_taken_back_is_not(shop: Shop) -> None:
    said = {"type": "text", "text": {"body": "pesanan 2"}}
    edit = {"type": "edit", "edit": {"original_message_id": "wamid.1", "message": said}}
    odd = {"type": "edit", "edit": "teleported"}
    revoke = {"type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    await shop.receives(message("wamid.2", edit), message("wamid.3", revoke))
    await shop.answers()
    assert shop.double.texts == ["echo: pesanan 2"]

    await shop.receives(message("wamid.4", odd))
    gone = "[Pesan yang tidak bisa ditampilkan]"
    said_so_far = [words for _, words in await shop.said()]
    assert said_so_far == ["pesanan 2", gone, "echo: pesanan 2", gone]


async def test_a_tapped_choice_counts_only_where_it_was_offered(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    thread = await shop.conversation()
    offer = Reply("Mau?", "id", TEMPLATE, choices=(Choice("track_order", "Lacak pesanan"),))
    await shop.transcript.say(thread.id, offer, "bot", "Nara")
    await shop.answers()

    for n, choice in enumerate(("track_order", "cancel_order:TL-1")):
        tapped = {"type": "button_reply", "button_reply": {"id": choice, "title": "Lacak"}}
        await shop.receives(message(f"wamid.b{n}", {"type": "interactive", "interactive": tapped}))
        await shop.answers()

    asked = [(question.choice, question.text) for question in shop.echo.asked[1:]]
    assert asked == [("track_order", "Lacak pesanan"), (None, "Lacak")]


async def test_a_customer_is_known_by_the_user_id_whatever_the_number(shop: Shop) -> None:
    await shop.receives(
        text("wamid.1", "satu", age_s=3),
        text("wamid.2", "dua", phone=None, age_s=2),
        text("wamid.3", "tiga", phone="628119999999"),
    )

    thread = await shop.conversation()
    assert thread.address == BUDI
    assert len(await shop.said()) == 3


async def test_a_number_that_passed_to_somebody_else_shows_them_nothing(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "rahasia", age_s=3))
    await shop.receives(text("wamid.2", "halo", user_id="ID.999"))

    async with shop.database.read() as session:
        rows = await session.scalars(select(Conversation.address).order_by(Conversation.address))
        assert list(rows) == [BUDI, "ID.999"]


async def test_who_was_known_by_number_only_stays_the_same_but_has_to_prove_it_again(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "satu", user_id=None, age_s=3))
    async with shop.database.write() as session:
        seen = {"order": "TL-1"}
        await session.execute(
            update(Conversation).values(verified=True, context=seen, dialogue=seen)
        )

    await shop.receives(text("wamid.2", "dua"))

    thread = await shop.conversation()
    assert (thread.address, thread.verified, thread.context, thread.dialogue) == (
        BUDI,
        False,
        {},
        {},
    )


@pytest.mark.parametrize(
    ("system", "address", "phone"),
    [
        ({"type": "user_changed_number", "wa_id": "628117", "user_id": "ID.2",
          "previous_user_id": BUDI}, "ID.2", "628117"),
        ({"type": "user_changed_number", "wa_id": "628117", "from": BUDIS_PHONE},
         "628117", "628117"),
        ({"type": "user_changed_user_id", "user_id": "ID.2", "previous_user_id": BUDI},
         "ID.2", None),
        ({"type": "user_changed_user_id", "user_id": "ID.2", "previous_user_id": "ID.x"},
         BUDI, BUDIS_PHONE),
        ({"type": "something_new"}, BUDI, BUDIS_PHONE),
    ],
)  # fmt: skip
async def test_a_change_of_number_moves_the_conversation(
    shop: Shop, system: dict[str, str], address: str, phone: str | None
) -> None:
    system = dict(system)
    await shop.receives(text("wamid.1", "halo", age_s=1))
    moved = {"id": "wamid.2", "timestamp": str(int(time.time())), "type": "system"}
    if number := system.pop("from", None):
        moved["from"] = number
    await shop.receives(body(messages=[{**moved, "system": {"body": "x", **system}}]))

    async with shop.database.read() as session:
        contact = (await session.scalars(select(ChannelContact))).one()
    assert ((await shop.conversation()).address, contact.phone) == (address, phone)


def _echoed(source_id: str, words: str, **customer: str) -> dict[str, Any]:
    said = {"type": "text", "text": {"body": words}, "timestamp": str(int(time.time()))}
    echo = {"from": "15550783881", "id": source_id, **said, **(customer or {"to_user_id": BUDI})}
    return body("smb_message_echoes", message_echoes=[echo])


@pytest.mark.parametrize("customer", [{"to": BUDIS_PHONE}, {"to_user_id": BUDI}])
async def test_what_the_owner_writes_is_in_the_customers_conversation(
    shop: Shop, customer: dict[str, str]
) -> None:
    await shop.receives(text("wamid.1", "halo"), _echoed("wamid.2", "Halo Pak", **customer))

    assert await shop.said() == [("customer", "halo"), ("csr", "Halo Pak")]


async def test_what_the_owner_writes_to_a_stranger_is_in_nobody_elses_conversation(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "halo", phone=None))
    await shop.receives(_echoed("wamid.2", "Halo Bu", to_user_id="ID.9"))

    async with shop.database.read() as session:
        rows = await session.scalars(select(Conversation.address).order_by(Conversation.address))
        assert list(rows) == [BUDI, "ID.9"]


async def test_a_customer_to_whom_the_owner_wrote_first_answers_in_the_same_conversation(
    shop: Shop,
) -> None:
    await shop.receives(_echoed("wamid.1", "Halo Pak", to=BUDIS_PHONE))
    await shop.receives(text("wamid.2", "ya?"))

    assert await shop.said() == [("csr", "Halo Pak"), ("customer", "ya?")]
    assert (await shop.conversation()).address == BUDI


async def test_the_bot_is_quiet_while_the_owner_answers_by_phone(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.receives(_echoed("wamid.2", "Halo Pak Budi, saya sendiri"))
    await shop.receives(
        _echoed("wamid.2", "Halo Pak Budi, saya sendiri"), text("wamid.3", "oh, baik")
    )
    await shop.answers()

    assert [author for author, _ in await shop.said()] == ["customer", "csr", "customer"]
    assert shop.double.sent == []

    async with shop.database.write() as session:
        await session.execute(update(Conversation).values(quiet_until=None))
    await shop.receives(text("wamid.4", "masih ada?"))
    await shop.answers()
    assert shop.double.texts == ["echo: masih ada?"]


async def test_a_status_never_moves_backwards(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()

    for state in ("read", "sent", "delivered", "failed", "played"):
        await shop.receives(shop.double.receipt(state))

    assert await _states(shop) == ["read"]
    assert await shop.items() == [("sent", None)]


async def test_a_message_that_meta_could_not_deliver_is_in_the_dead_letter(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    await shop.receives(shop.double.receipt("failed", code=131026))

    assert await _states(shop) == ["failed"]
    assert await shop.items() == [("dead", "Meta 131026: Error 131026")]


async def test_a_status_of_what_is_not_ours_changes_nothing(shop: Shop) -> None:
    await shop.receives(body(statuses=[{"id": "wamid.x", "status": "failed", "errors": [{}]}]))

    assert await _statuses(shop) == [("done", None)]
    assert await shop.items() == []


async def test_what_nobody_can_read_is_parked_and_holds_nobody_up(shop: Shop) -> None:
    broken = message("wamid.1", {"type": "text", "text": 7}, age_s=5)
    await shop.receives(broken, text("wamid.2", "halo"), b'{"object": "whatsapp_bus')

    assert await _statuses(shop) == [
        ("parked", "message text: TypeError"),
        ("done", None),
        ("parked", "no JSON object"),
    ]
    assert [event.source_id for event in await Failures(shop.database).events()][1:] == ["wamid.1"]


async def test_an_event_that_fails_each_time_is_parked_and_its_lane_goes_on(shop: Shop) -> None:
    failing = Contacts.hear
    tried: list[str] = []

    async def hear(contacts: Contacts, inbound: Inbound) -> str:
        if inbound.source_id == "wamid.1":
            tried.append(inbound.source_id)
            raise RuntimeError
        return await failing(contacts, inbound)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Contacts, "hear", hear)
        first, second = text("wamid.1", "racun", age_s=5), text("wamid.2", "halo")
        await shop.receives(first, second, text("wamid.3", "hi", user_id="ID.3"))
        assert [status for status, _ in await _statuses(shop)] == ["new", "new", "done"]
        for _ in range(5):
            await shop.later()
            await shop.receives()

    assert [status for status, _ in await _statuses(shop)] == ["parked", "done", "done"]
    assert tried == ["wamid.1"] * 5


async def test_nothing_of_the_content_is_kept_once_it_was_taken_in(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))

    async with shop.database.read() as session:
        event = (await session.scalars(select(InboxEvent))).one()
        stored = (await session.scalars(select(Message))).one()
    assert (event.raw, event.message_id) == (None, stored.id)


async def test_an_event_whose_worker_died_after_half_of_it_happens_once(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    async with shop.database.write() as session:  # as if it had died before it could note that
        await session.execute(
            update(InboxEvent).values(status="new", raw={"kind": "message", **_raw("halo")})
        )
    await shop.receives()

    assert await shop.said() == [("customer", "halo")]


def _raw(words: str) -> dict[str, Any]:
    value = text("wamid.1", words)["entry"][0]["changes"][0]["value"]
    return {"item": value["messages"][0], "contact": value["contacts"][0]}


async def test_what_a_dead_worker_had_claimed_waits_for_the_lease_or_for_the_next_start(
    shop: Shop, inbox: Inbox
) -> None:
    await shop.meta.posts(text("wamid.1", "halo"))
    assert len(await inbox.claim(["whatsapp"])) == 1
    assert await inbox.claim(["whatsapp"]) == []

    await inbox.forget_dead_workers()
    await shop.receives()

    assert await shop.said() == [("customer", "halo")]


async def test_several_workers_take_each_event_in_once_and_in_order(shop: Shop) -> None:
    said = [text(f"wamid.{n}", f"nomor {n}", age_s=60 - n) for n in range(40)]
    await asyncio.gather(*(shop.meta.posts(one) for one in reversed(said)))

    async def work() -> None:
        while await shop.intake.take_in():
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    await shop.receives()

    assert [words for _, words in await shop.said()] == [f"nomor {n}" for n in range(40)]


async def test_an_event_that_kills_its_worker_each_time_is_parked_and_takes_nobody_along(
    shop: Shop, inbox: Inbox
) -> None:
    for n in range(3):
        assert await shop.meta.posts(text(f"wamid.{n}", f"nomor {n}", user_id=f"ID.{n}")) == 200

    died = 0
    while events := await inbox.claim(["whatsapp"]):
        if any(event.source_id == "wamid.1" for event in events):
            died += 1
            await inbox.forget_dead_workers()
        else:
            await inbox.done(events)

    (parked,) = await Failures(shop.database).events()
    assert (parked.source_id, parked.error) == ("wamid.1", "its worker died each time")
    assert died == 5  # the first time with the others
    assert sorted(status for status, _ in await _statuses(shop)) == ["done", "done", "parked"]


async def test_the_customer_sees_at_once_that_an_answer_is_coming(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await asyncio.gather(*shop.intake.greetings)

    assert [(m["message_id"], "typing_indicator" in m) for m in shop.double.marked] == [
        ("wamid.1", True)
    ]
    async with shop.database.read() as session:
        assert list(await session.scalars(select(OutboxItem))) == []


async def test_what_a_dead_worker_left_is_taken_a_few_at_a_time_and_singly_if_the_next_dies_too(
    shop: Shop, inbox: Inbox
) -> None:
    said = [text(f"wamid.{n}", f"nomor {n}", age_s=60 - n) for n in range(40)]
    await asyncio.gather(*(shop.meta.posts(one) for one in said))
    taken = [[event.source_id for event in await inbox.claim(["whatsapp"])]]
    for _ in range(2):
        await inbox.forget_dead_workers()
        taken.append([event.source_id for event in await inbox.claim(["whatsapp"])])

    numbers = [f"wamid.{n}" for n in range(40)]
    assert taken == [numbers, numbers[:10], numbers[:1]]

    await inbox.forget_dead_workers()
    await shop.receives()
    assert [words for _, words in await shop.said()] == [f"nomor {n}" for n in range(40)]


async def test_a_customer_whose_event_takes_long_keeps_no_other_waiting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear, other_heard = Contacts.hear, asyncio.Event()

    async def slow_for_budi(contacts: Contacts, inbound: Inbound) -> str:
        if inbound.address == BUDI:
            async with asyncio.timeout(20):
                await other_heard.wait()
        heard = await hear(contacts, inbound)
        other_heard.set()
        return heard

    monkeypatch.setattr(Contacts, "hear", slow_for_budi)
    await shop.meta.posts(text("wamid.1", "halo", age_s=5))
    await shop.meta.posts(text("wamid.2", "hai", user_id="ID.2", phone="6281100000099", age_s=1))
    await shop.receives()

    assert await _statuses(shop) == [("done", None), ("done", None)]


async def test_who_writes_while_the_owner_writes_to_their_number_has_one_conversation(
    shop: Shop,
) -> None:
    contacts = Contacts(shop.database, "whatsapp")
    writes = Inbound("whatsapp", "wamid.1", BUDI, "halo", sender=Sender(phone=BUDIS_PHONE))
    both = await asyncio.gather(
        *(contacts.find(BUDIS_PHONE, Sender(phone=BUDIS_PHONE)) for _ in range(3)),
        *(contacts.hear(writes) for _ in range(3)),
    )

    assert len(set(both)) == 1
