import asyncio

import pytest
from sqlalchemy import select

from channels.message import Reply, Source
from conversation.answering import Answer, Question
from conversation.tables import Handoff
from conversation.turn import Turns
from desk.tables import Agent
from tests.desk.conftest import Shop


class Parrot:
    """A bot that answers everything."""

    async def answer(self, question: Question) -> Answer:
        """Repeat what was said."""
        reply = Reply(f"bot: {question.text}", "id", Source("template", "parrot", "1"))
        return Answer((reply,), {})

    def apologise(self, question: Question, error_id: str) -> Answer:
        """Never needed."""
        raise AssertionError(error_id)


def _act(conversation: str, act: str) -> str:
    return f"/api/console/conversations/{conversation}/{act}"


async def test_of_two_who_take_at_once_exactly_one_wins(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    conversation = await shop.conversation("halo")
    browsers = [await shop.browser(agent) for agent in (sari, budi)]

    answers = await asyncio.gather(
        *(browser.post(_act(conversation, "take")) for browser in browsers)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    lost = max(answers, key=lambda answer: answer.status_code).json()
    assert lost["detail"] == "A colleague already has this conversation."
    winner = sari if answers[0].status_code == 200 else budi
    assert await shop.state(conversation) == ("csr", winner.id)
    assert [row.author for row in await shop.messages(conversation)] == ["customer", "system"]


async def test_taking_announces_the_csr_by_name_in_the_customers_language(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("hello there", lang="en")

    await (await shop.browser(sari)).post(_act(conversation, "take"))

    hello = (await shop.messages(conversation))[-1]
    assert hello.text == "Hello, I am Sari from customer service. I will take it from here."
    assert (hello.author, hello.kind, hello.data) == ("system", "handoff", {"state": "csr"})
    assert hello.source == {
        "type": "template",
        "id": "desk.joined",
        "version": shop.desk.sentences.versions["desk.joined"],
    }


async def test_taking_ones_own_again_changes_nothing(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo")
    browser = await shop.browser(sari)

    answers = [await browser.post(_act(conversation, "take")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await shop.messages(conversation)) == 2


async def test_the_bot_is_silent_after_a_take_and_speaks_again_after_the_hand_back(
    shop: Shop, sari: Agent
) -> None:
    turns = Turns(shop.database, shop.transcript, Parrot(), "Nara", lease_s=30, tries=3)
    conversation = await shop.conversation("satu", state="bot")
    browser = await shop.browser(sari)

    await browser.post(_act(conversation, "take"))
    await shop.customer_says(conversation, "dua")
    await turns.take(conversation)
    await browser.post(_act(conversation, "release"))
    await shop.customer_says(conversation, "tiga")
    await turns.take(conversation)

    said = [(row.seq, row.author, row.text) for row in await shop.messages(conversation)]
    assert [(seq, author) for seq, author, _ in said] == [
        (1, "customer"),
        (2, "system"),
        (3, "customer"),
        (4, "system"),
        (5, "customer"),
        (6, "bot"),
    ]
    assert said[-1][2] == "bot: tiga"


async def test_what_a_csr_says_is_the_csrs_own(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    browser = await shop.browser(sari)

    answer = await browser.post(
        _act(conversation, "messages"), json={"text": "  Halo Kak!\r\n", "client_id": "a1"}
    )

    message = (await shop.messages(conversation))[-1]
    assert (answer.status_code, answer.json()) == (201, {"id": message.id, "seq": 2})
    assert (message.author, message.name, message.text) == ("csr", "Sari", "Halo Kak!")
    assert message.source == {"type": "csr", "id": sari.id, "version": ""}


async def test_the_same_client_id_at_once_is_one_message(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    browser = await shop.browser(sari)
    message = {"text": "Halo Kak!", "client_id": "a1"}

    answers = await asyncio.gather(
        *(browser.post(_act(conversation, "messages"), json=message) for _ in range(5))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await shop.messages(conversation)) == 2


async def test_a_repeat_after_the_hand_back_still_gets_its_answer(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    browser = await shop.browser(sari)
    message = {"text": "Sebentar ya", "client_id": "a1"}

    first = await browser.post(_act(conversation, "messages"), json=message)
    await browser.post(_act(conversation, "release"))
    again = await browser.post(_act(conversation, "messages"), json=message)

    assert again.json() == first.json()


async def test_messages_of_both_sides_keep_their_order(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("0", state="csr", owner=sari)
    browser = await shop.browser(sari)

    await asyncio.gather(
        *(
            browser.post(
                _act(conversation, "messages"), json={"text": f"csr {n}", "client_id": f"c{n}"}
            )
            for n in range(8)
        ),
        *(shop.customer_says(conversation, f"customer {n}") for n in range(8)),
    )

    page = (await browser.get(_act(conversation, "messages"), params={"after": 10})).json()
    assert [row.seq for row in await shop.messages(conversation)] == list(range(1, 18))
    assert [message["seq"] for message in page["messages"]] == list(range(11, 18))
    assert (page["cursor"], page["state"]) == (17, "csr")


async def test_only_the_owner_may_speak_hand_back_and_close(
    shop: Shop, sari: Agent, budi: Agent, rina: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)

    for agent in (budi, rina):
        browser = await shop.browser(agent)
        message = {"text": "halo", "client_id": "x"}
        said = await browser.post(_act(conversation, "messages"), json=message)
        ended = [await browser.post(_act(conversation, act)) for act in ("release", "close")]
        assert [said.status_code, *(answer.status_code for answer in ended)] == [409, 409, 409]
    assert len(await shop.messages(conversation)) == 1


async def test_a_hand_back_says_so_and_the_bot_has_it_again(shop: Shop, sari: Agent) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)

    answer = await (await shop.browser(sari)).post(_act(conversation, "release"))

    assert answer.json() == {"id": conversation, "state": "bot"}
    assert await shop.state(conversation) == ("bot", None)
    goodbye = (await shop.messages(conversation))[-1]
    assert goodbye.text.startswith("Sari sudah selesai membantu. Nara, asisten kami,")
    assert goodbye.data == {"state": "bot"}
    async with shop.database.read() as session:
        handoff = (await session.scalars(select(Handoff))).one()
    assert (handoff.outcome, handoff.ended_at is not None) == ("returned", True)


async def test_a_closed_conversation_is_closed_until_the_customer_writes(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    browser = await shop.browser(sari)

    await browser.post(_act(conversation, "close"))
    taken = await browser.post(_act(conversation, "take"))
    closed = await shop.state(conversation)
    await shop.customer_says(conversation, "satu lagi dong")

    assert (taken.status_code, closed) == (409, ("closed", None))
    assert await shop.state(conversation) == ("bot", None)


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"text": "   ", "client_id": "a"}, "message-empty"),
        ({"text": "\x00\x07", "client_id": "a"}, "message-empty"),
        ({"text": "x" * 4097, "client_id": "a"}, "message-too-long"),
        ({"text": "x", "client_id": ""}, "request-invalid"),
        ({"text": "x", "client_id": "a b"}, "request-invalid"),
        ({"text": "x"}, "request-invalid"),
        ([], "request-invalid"),
    ],
)
async def test_a_message_that_is_none_is_refused_with_a_reason(
    shop: Shop, sari: Agent, message: object, key: str
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)

    answer = await (await shop.browser(sari)).post(_act(conversation, "messages"), json=message)

    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:sapa:problem:{key}"


async def test_typing_is_told_to_the_customer_by_the_owner_only(
    shop: Shop, sari: Agent, rina: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    with shop.bus.subscribe(f"conversation:{conversation}") as heard:
        own = await (await shop.browser(sari)).post(_act(conversation, "typing"), json={})
        other = await (await shop.browser(rina)).post(_act(conversation, "typing"), json={})
        event = await heard.next(1)
        nothing = await heard.next(0.05)

    assert (own.status_code, other.status_code) == (204, 409)
    assert event == {"type": "typing", "author": "csr", "name": "Sari", "on": True}
    assert nothing is None


async def test_what_the_csr_says_came_of_it_is_kept(shop: Shop, sari: Agent) -> None:
    browser = await shop.browser(sari)
    given = [{"result": "solved"}, {"result": "unsolved"}, {}, {"result": "perfect"}]
    for body in given:
        conversation = await shop.conversation("halo", state="csr", owner=sari)
        await browser.post(_act(conversation, "close"), json=body)

    async with shop.database.read() as session:
        ended = await session.execute(
            select(Handoff.outcome, Handoff.result).order_by(Handoff.result)
        )
    assert sorted(map(str, ended.all())) == [
        "('closed', 'solved')",
        "('closed', 'unsolved')",
        "('closed', None)",
        "(None, None)",
    ]
