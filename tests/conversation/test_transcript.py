import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from channels.message import Choice, Inbound, Reply, Source
from conversation.bus import Bus
from conversation.transcript import Accepted, ConversationUnknown, Transcript
from conversation.view import as_json
from conversation.words import ChoiceUnknown

Said = Callable[..., Inbound]


async def test_messages_are_numbered_without_a_gap(transcript: Transcript, said: Said) -> None:
    thread = await transcript.open("website", "visitor", "id")
    for text in ("halo", "jam buka toko?", "makasih"):
        await transcript.accept(thread.id, said(text))

    messages = await transcript.after(thread.id, 0)

    assert [(message.seq, message.text) for message in messages] == [
        (1, "halo"),
        (2, "jam buka toko?"),
        (3, "makasih"),
    ]


async def test_the_same_message_again_is_accepted_once(transcript: Transcript, said: Said) -> None:
    thread = await transcript.open("website", "visitor", "id")

    first = await transcript.accept(thread.id, said("halo", "a"))
    again = await transcript.accept(thread.id, said("halo", "a"))

    assert again == first == Accepted(first.id, 1)
    assert len(await transcript.after(thread.id, 0)) == 1


async def test_the_same_message_ten_times_at_once_is_accepted_once(
    transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    answers = await asyncio.gather(
        *(transcript.accept(thread.id, said("halo", "a")) for _ in range(10))
    )

    assert set(answers) == {answers[0]}
    assert [message.seq for message in await transcript.after(thread.id, 0)] == [1]


async def test_messages_at_once_get_different_numbers(transcript: Transcript, said: Said) -> None:
    thread = await transcript.open("website", "visitor", "id")

    await asyncio.gather(*(transcript.accept(thread.id, said(f"pesan {n}")) for n in range(20)))

    assert [message.seq for message in await transcript.after(thread.id, 0)] == list(range(1, 21))


async def test_an_address_keeps_its_conversation(transcript: Transcript) -> None:
    first = await transcript.open("phone", "+628110000001", "id")

    assert await transcript.open("phone", "+628110000001", "en") == first


async def test_the_language_follows_what_is_written_and_stays_for_numbers(
    transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    for text in ("where is my parcel please?", "TL-261118-0042", "paket saya di mana ya?"):
        await transcript.accept(thread.id, said(text))

    assert [message.lang for message in await transcript.after(thread.id, 0)] == ["en", "en", "id"]


async def test_only_what_was_offered_here_can_be_chosen(transcript: Transcript, said: Said) -> None:
    thread = await transcript.open("website", "visitor", "id")
    other = await transcript.open("website", "other", "id")
    offer = Reply(
        text="Mau dibantu orang?",
        lang="id",
        source=Source("template", "ask", "1"),
        choices=(Choice("request_human", "Ya, orang"),),
    )
    await transcript.say(thread.id, offer, "bot", "Nara")
    tap = replace(said("", "tap"), choice="request_human")

    await transcript.accept(thread.id, tap)
    with pytest.raises(ChoiceUnknown):
        await transcript.accept(other.id, replace(tap, source_id="other tap"))

    told = await transcript.after(thread.id, 1)
    assert [(message.author, message.text) for message in told] == [("customer", "Ya, orang")]
    assert await transcript.after(other.id, 0) == []


async def test_nothing_is_stored_for_a_conversation_that_is_not_there(
    transcript: Transcript, said: Said
) -> None:
    with pytest.raises(ConversationUnknown):
        await transcript.accept("nowhere", said("halo"))


async def test_clients_see_the_object_of_the_contract(transcript: Transcript, said: Said) -> None:
    thread = await transcript.open("website", "visitor", "id")
    accepted = await transcript.accept(thread.id, said("halo"))

    (message,) = await transcript.after(thread.id, 0)

    seen = as_json(message)
    assert seen.pop("at").endswith("Z")
    assert seen == {
        "seq": 1,
        "id": accepted.id,
        "author": "customer",
        "name": "",
        "text": "halo",
        "lang": "id",
        "kind": "text",
        "data": {},
        "choices": [],
        "source": None,
        "mood": "neutral",
    }


async def test_who_listens_is_woken_and_who_is_slow_loses_no_message(
    transcript: Transcript, bus: Bus, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    with bus.subscribe(f"conversation:{thread.id}") as listener:
        for n in range(150):
            await transcript.accept(thread.id, said(f"pesan {n}"))
        assert await listener.next(1) == {"type": "message"}

    assert len(await transcript.after(thread.id, 0)) == 150
