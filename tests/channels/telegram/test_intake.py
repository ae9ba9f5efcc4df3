import re
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, update

from channels.message import Choice, Reply
from conversation.tables import ChannelContact, Conversation, Message
from tests.channels.telegram.conftest import BOTH, Shop
from tests.channels.telegram.double import Refused
from tests.channels.telegram.payloads import BUDI, EXAMPLES, GROUP, edited, example, tap, text
from tests.conversation.conftest import TEMPLATE

WORD = re.compile(r"\w+")
SHOWN = {
    "text": "halo",
    "reply": "halo",
    "forward": "halo",
    "entities": "halo",
    "photo": "[Foto] rusak",
    "voice": "[Pesan suara]",
    "document": "[Dokumen: bukti.pdf]",
    "animation": "[Video]",
    "video_note": "[Video]",
    "sticker": "[Stiker]",
    "location": "[Lokasi: -6.90000, 107.60000]",
    "venue": "[Lokasi: Rumah, Jl. Braga 1, -6.90000, 107.60000]",
    "contact": "[Kontak: Siti +628110000002]",
    "poll": "[Pesan yang tidak bisa ditampilkan]",
    "edited": "halo juga",  # of something from before we were here
    "tap": "Lacak",  # never offered, so it is only its label
}


@BOTH
async def test_a_text_is_answered_once_however_often_it_comes(shop: Shop) -> None:
    await shop.receives(*[text("halo")] * 3)
    await shop.receives(text("halo"))
    await shop.answers()

    assert await shop.said() == [("customer", "halo"), ("bot", "echo: halo")]
    assert [(m["chat_id"], m["text"]) for m in shop.double.sent] == [(BUDI, "echo: halo")]


@pytest.mark.parametrize("name", list(EXAMPLES))
async def test_every_kind_of_update_is_taken_in_as_what_it_shows(shop: Shop, name: str) -> None:
    await shop.receives(example(name))

    assert await shop.events() >= [("done", None)]
    async with shop.database.read() as session:
        assert list(await session.scalars(select(Message.text))) == [
            SHOWN[shown] for shown in SHOWN if shown == name
        ]


async def test_what_has_no_words_is_told_to_the_assistant(shop: Shop) -> None:
    await shop.receives(example("voice"))
    await shop.answers()

    assert (shop.echo.asked[0].text, shop.echo.asked[0].attachment) == ("", "audio")


async def test_a_caption_is_what_was_said(shop: Shop) -> None:
    await shop.receives(example("photo"))
    await shop.answers()

    assert (shop.echo.asked[0].text, shop.echo.asked[0].attachment) == ("rusak", None)


@BOTH
async def test_updates_of_one_second_are_taken_in_as_they_happened(shop: Shop) -> None:
    updates = [shop.double.update(**text(f"nomor {n}", n)) for n in range(20)]
    shop.double.waiting = updates[10:] + updates[:10]
    await shop.receives()

    assert [words for _, words in await shop.said()] == [f"nomor {n}" for n in range(20)]


async def test_a_tap_and_what_is_written_after_it_keep_their_order(shop: Shop) -> None:
    await shop.receives(text("satu", 1, age_s=600), tap("x"), text("dua", 2, age_s=300))

    assert [words for _, words in await shop.said()] == ["satu", "", "dua"]


async def test_a_tapped_choice_counts_only_where_it_was_offered(shop: Shop) -> None:
    await shop.receives(text("halo"))
    offer = Reply("Mau?", "id", TEMPLATE, choices=(Choice("track_order", "Lacak pesanan"),))
    await shop.says(offer)
    await shop.answers()

    for n, data in enumerate(("track_order", "cancel_order:TL-1")):
        await shop.receives(tap(data, f"tap{n}"))
        await shop.answers()

    asked = [(question.choice, question.text) for question in shop.echo.asked[1:]]
    assert asked == [("track_order", "Lacak pesanan"), (None, "Batal")]


async def test_every_tap_stops_waiting_also_when_a_person_answers(shop: Shop) -> None:
    await shop.receives(text("halo"))
    async with shop.database.write() as session:
        await session.execute(update(Conversation).values(state="csr"))
    shop.double.calls.clear()
    shop.double.taps.add("tap1")
    await shop.receives(tap("track_order"))

    assert [name for name, _ in shop.double.calls] == ["answerCallbackQuery"]
    assert shop.double.taps == set()


async def test_the_customer_sees_at_once_that_an_answer_is_coming(shop: Shop) -> None:
    await shop.receives(text("halo"))

    assert shop.called("sendChatAction") == [{"chat_id": BUDI, "action": "typing"}]


@pytest.mark.parametrize(
    ("command", "choice", "site"),
    [
        ("/start", "greet", ""),
        ("/start demo", "greet", "demo"),
        ("/start nobody", "greet", ""),
        ("/help", "ask_capabilities", ""),
        ("/help@toko_laras_bot", "ask_capabilities", ""),
        ("/human", "request_human", ""),
        ("/stop", "stop", ""),
    ],
)
async def test_a_command_is_what_it_asks_for(
    shop: Shop, command: str, choice: str, site: str
) -> None:
    await shop.receives(text(command))
    await shop.answers()

    (question,) = shop.echo.asked
    assert (question.choice, question.text) == (
        choice,
        command.split("@", maxsplit=1)[0].split(maxsplit=1)[0],
    )
    assert (await shop.conversation()).site == site


@pytest.mark.parametrize("words", ["/cancel_order:TL-1", "/start a b", "/affirm", "halo /start"])
async def test_what_looks_like_a_command_is_only_text(shop: Shop, words: str) -> None:
    await shop.receives(text(words))
    await shop.answers()

    assert [(q.choice, q.text) for q in shop.echo.asked] == [(None, words)]


@pytest.mark.parametrize(("command", "state"), [("/help", "waiting"), ("/stop", "bot")])
async def test_while_waiting_for_a_person_only_stop_ends_the_wait(
    shop: Shop, command: str, state: str
) -> None:
    await shop.receives(text("halo", 1))
    async with shop.database.write() as session:
        await session.execute(update(Conversation).values(state="waiting"))
    await shop.receives(text(command, 2))

    assert (await shop.conversation()).state == state


async def test_a_customer_is_known_by_a_number_beyond_32_bits_and_by_their_name(
    shop: Shop,
) -> None:
    who = {"id": 2**52 - 1, "is_bot": False, "first_name": "Siti", "language_code": "en-GB"}
    await shop.receives(example("text", text="/start", **{"from": who}))

    thread = await shop.conversation()
    async with shop.database.read() as session:
        contact = (await session.scalars(select(ChannelContact))).one()
    assert (thread.address, thread.lang, contact.name) == (str(2**52 - 1), "en", "Siti")
    assert (contact.window_until, contact.phone) == (None, None)


async def test_another_bot_is_not_answered(shop: Shop) -> None:
    await shop.receives(example("text", **{"from": {"id": 5, "is_bot": True}}))

    assert shop.double.sent == []
    assert await shop.events() == [("done", None)]


async def _corrected(shop: Shop) -> list[tuple[str, str | None]]:
    thread = await shop.conversation()
    return [
        (m.text, m.data.get("corrects") and "corrects")
        for m in await shop.transcript.after(thread.id, 0)
        if m.author == "customer"
    ]


@BOTH
async def test_what_is_corrected_before_it_is_answered_is_answered_once(shop: Shop) -> None:
    await shop.receives(text("mana pesanan TL-1"), edited("mana pesanan TL-2"))
    await shop.receives(edited("mana pesanan TL-3", edit_date=1_900_000_000))
    await shop.answers()

    assert [question.text for question in shop.echo.asked] == ["mana pesanan TL-3"]
    assert await _corrected(shop) == [("mana pesanan TL-3", None)]


@BOTH
async def test_what_is_corrected_after_it_was_answered_is_answered_again(shop: Shop) -> None:
    await shop.receives(text("mana pesanan TL-1"))
    await shop.answers()
    again = edited("mana pesanan TL-2")
    await shop.receives(again, again)
    await shop.answers()

    assert [question.text for question in shop.echo.asked] == [
        "mana pesanan TL-1",
        "mana pesanan TL-2",
    ]
    assert await _corrected(shop) == [
        ("mana pesanan TL-1", None),
        ("mana pesanan TL-2", "corrects"),
    ]


async def test_a_correction_of_a_correction_is_answered_once(shop: Shop) -> None:
    await shop.receives(text("satu"))
    await shop.answers()
    await shop.receives(edited("dua"), edited("tiga", edit_date=1_900_000_000))
    await shop.answers()

    assert [question.text for question in shop.echo.asked] == ["satu", "tiga"]


async def test_a_correction_of_something_older_is_noted_and_not_answered(shop: Shop) -> None:
    await shop.receives(text("satu", 11), text("dua", 12))
    await shop.answers()
    await shop.receives(edited("satu!", 11))
    await shop.answers()

    assert len(shop.echo.asked) == 1
    assert await _corrected(shop) == [("satu", None), ("dua", None), ("satu!", "corrects")]


@pytest.mark.parametrize(
    "same",
    [
        edited("halo"),
        edited("halo", entities=[{"type": "bold", "offset": 0, "length": 4}]),
        {"edited_message": {**example("location")["message"], "edit_date": 1_900_000_000}},
    ],
)
async def test_what_changes_no_words_is_no_correction(shop: Shop, same: dict[str, Any]) -> None:
    await shop.receives(text("halo"))
    await shop.answers()
    await shop.receives(same)
    await shop.answers()

    assert len(await shop.said()) == 2


async def test_a_corrected_caption_keeps_the_photo(shop: Shop) -> None:
    await shop.receives(example("photo"))
    photo = {**example("photo")["message"], "caption": "pecah", "edit_date": 1_900_000_000}
    await shop.receives({"edited_message": photo})
    await shop.answers()

    assert [question.text for question in shop.echo.asked] == ["pecah"]
    assert (await shop.said())[0] == ("customer", "[Foto] pecah")


async def test_a_group_is_told_once_that_it_is_not_served_and_left(shop: Shop) -> None:
    shop.double.member_of.add(GROUP)
    await shop.receives(example("added"), *(example("group", message_id=n) for n in range(9)))

    assert [message["chat_id"] for message in shop.double.sent] == [GROUP]
    assert "pribadi" in shop.double.texts[0]
    assert "private" in shop.double.texts[0]
    assert shop.double.member_of == set()
    async with shop.database.read() as session:
        assert list(await session.scalars(select(Conversation))) == []


async def test_in_a_channel_nothing_is_said_but_to_who_added_the_bot(shop: Shop) -> None:
    shop.double.member_of.add(GROUP)
    await shop.receives(example("added", chat={"id": GROUP, "type": "channel", "title": "Promo"}))

    assert [message["chat_id"] for message in shop.double.sent] == [BUDI]
    assert shop.double.member_of == set()


async def test_a_group_that_cannot_be_left_yet_is_left_later(shop: Shop) -> None:
    shop.double.member_of.add(GROUP)
    shop.double.faults.append(Refused(429, "Too Many Requests: retry after 1", retry_after=1))
    await shop.receives(example("group"))
    assert shop.double.member_of == {GROUP}

    await shop.later()
    await shop.takes_in()
    assert (len(shop.double.sent), shop.double.member_of) == (1, set())


async def _blocked(shop: Shop) -> bool:
    async with shop.database.read() as session:
        return (await session.scalars(select(ChannelContact.blocked_at))).one() is not None


async def test_who_blocks_the_bot_is_noted_until_they_come_back(shop: Shop) -> None:
    back = example("blocked", new_chat_member={"status": "member"})
    seen = []
    for happened in (text("halo"), example("blocked"), back, example("blocked"), text("hai", 2)):
        await shop.receives(happened)
        seen.append(await _blocked(shop))

    assert seen[:3] == [False, True, False]
    assert seen[4] is False


BROKEN: list[Mapping[str, Any]] = [
    {"message": {"message_id": 1, "chat": {"id": BUDI, "type": "private"}}},
    {"message": {"text": "halo"}},
    {"message": {**example("text")["message"], "from": {"id": "seven"}}},
    {"message": {**example("voice")["message"], "voice": {"duration": 1}}},
    {"message": {**example("location")["message"], "location": {"latitude": "north"}}},
    {"callback_query": {"id": "1", "from": {"id": BUDI}, "message": {}}},
    {"my_chat_member": {"chat": {"id": BUDI, "type": "private"}, "date": 1}},
]


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_nobody_can_read_is_parked_and_holds_nobody_up(
    shop: Shop, broken: Mapping[str, Any]
) -> None:
    moment = {"date": example("text")["message"]["date"]}
    await shop.receives({kind: item | moment for kind, item in broken.items()}, text("halo", 99))

    assert sorted(status for status, _ in await shop.events()) == ["done", "parked"]
    assert await shop.said() == [("customer", "halo")]


@pytest.mark.parametrize(
    "ignored",
    [
        {"poll_answer": {"poll_id": "1"}},
        {"something_new": {"x": 1}},
        {"message": None},
        {"message": [1]},
        {},
        text("halo", age_s=9 * 24 * 3600),
    ],
)
async def test_what_concerns_nobody_changes_nothing_and_is_confirmed(
    shop: Shop, ignored: dict[str, Any]
) -> None:
    await shop.receives(ignored)

    assert await shop.events() == []
    assert [one for one in shop.double.waiting if "message" in one] == []


async def test_fields_nobody_knows_change_nothing(shop: Shop) -> None:
    await shop.receives(example("text", mood=7, x=[{}], sender_boost_count=None))

    assert await shop.said() == [("customer", "halo")]


async def test_ten_thousand_repeats_of_one_update_are_one_message(shop: Shop) -> None:
    again = shop.double.update(**text("halo"))
    shop.double.waiting = [again] * 10_000
    for _ in range(3):
        await shop.polls()
    await shop.takes_in()

    assert await shop.said() == [("customer", "halo")]
