from collections.abc import Callable

import httpx
import pytest

from tests.journeys.clerk import Clerk
from tests.journeys.customer import Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("lang", "wish"),
    [
        ("id", "mau ngomong sama orang beneran dong"),
        ("id", "Sambungkan saya dengan petugas, tolong."),
        ("en", "let me talk to a human being"),
        ("id", "pelayanan kalian parah banget, kecewa saya!"),
        ("en", "this is ridiculous, I am very disappointed with your service"),
    ],
)
def test_who_wants_a_person_is_in_the_queue_at_once_and_told_so(
    visitor: Visit, clerk: Clerk, lang: str, wish: str
) -> None:
    customer = visitor(lang)
    (told,) = customer.says(wish)
    waiting = clerk.waits_for(customer.conversation_id)

    assert (told["kind"], told["data"]["state"], told["lang"]) == ("handoff", "waiting", lang)
    assert told["data"]["position"] >= 1
    assert sorted(waiting["brief"]) == [
        "entities",
        "mood",
        "offer_allowed",
        "open",
        "said",
        "tried",
        "wants",
        "who",
    ]


def test_a_person_is_reached_from_the_middle_of_a_form(visitor: Visit, clerk: Clerk) -> None:
    customer = visitor("id")
    customer.says("lacak pesanan TL-261118-0042")
    (told,) = customer.says("ah ribet, sambungin ke cs aja")

    assert told["kind"] == "handoff"
    assert "TL-261118-0042" in str(clerk.waits_for(customer.conversation_id)["brief"])


def test_a_conversation_goes_to_a_person_and_back(visitor: Visit, clerk: Clerk) -> None:
    customer = visitor("id")
    customer.says("mau ngomong sama cs")
    conversation = customer.conversation_id
    clerk.waits_for(conversation)

    assert clerk.does("take", conversation).status_code == 200
    (hello,) = customer.hears()
    assert (hello["author"], clerk.name in hello["text"]) == ("system", True)

    customer.http.post(
        "/api/web/messages", json={"client_id": "x", "text": "jam buka toko kapan?"}
    ).raise_for_status()
    assert clerk.says(conversation, "Jam 10 sampai 21 ya, Kak.").status_code == 201
    (answer,) = customer.hears(wait_s=5)
    assert (answer["author"], answer["text"]) == ("csr", "Jam 10 sampai 21 ya, Kak.")

    assert clerk.does("release", conversation).status_code == 200
    customer.hears()
    (again, *_) = customer.says("jam buka toko kapan?")
    assert (again["author"], again["kind"]) == ("bot", "answer")


def test_a_closed_conversation_begins_anew_with_the_bot(visitor: Visit, clerk: Clerk) -> None:
    customer = visitor("id")
    customer.says("panggil admin dong")
    clerk.waits_for(customer.conversation_id)
    clerk.does("take", customer.conversation_id)
    assert clerk.does("close", customer.conversation_id).status_code == 200
    customer.hears()

    (answer, *_) = customer.says("halo")

    assert answer["author"] == "bot"


def test_who_waits_can_have_a_ticket_instead(visitor: Visit, clerk: Clerk) -> None:
    customer = visitor("id")
    (told,) = customer.says("mau ngomong sama cs")
    assert "open_ticket" in [choice["id"] for choice in told["choices"]]
    clerk.waits_for(customer.conversation_id)

    (question, *_) = customer.taps("open_ticket")

    assert question["author"] == "bot"
    assert clerk.waiting(customer.conversation_id) is None


def test_nobody_gets_into_the_console_without_a_login(visitor: Visit, clerk: Clerk) -> None:
    base = str(clerk.http.base_url)
    with httpx.Client(base_url=base, headers={"Origin": base}) as stranger:
        assert stranger.get("/api/console/queue").status_code == 401
        wrong = stranger.post("/api/console/login", json={"login": "demo", "password": "salah"})
        assert wrong.status_code == 401
