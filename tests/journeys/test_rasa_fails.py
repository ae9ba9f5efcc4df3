import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bench.serving import Serving
from tests.journeys.clerk import Clerk
from tests.journeys.customer import Visitor


@pytest.fixture(scope="module")
def breaking(new_sapa: Callable[..., Serving]) -> Iterator[Serving]:
    """A Sapa of their own for tests that kill parts of it."""
    serving = new_sapa(SAPA_RASA_TIMEOUT_S="2")
    serving.start()
    yield serving
    serving.stop()


def _signal(sapa: Serving, words: str, number: signal.Signals) -> None:
    (pid,) = sapa.pids(words)
    os.kill(pid, number)


def test_a_question_is_answered_while_rasa_hangs_and_the_form_goes_on_after_it(
    breaking: Serving,
) -> None:
    with Visitor(breaking.url) as customer:
        customer.says("lacak pesanan TL-261118-0042")
        _signal(breaking, "rasa run", signal.SIGSTOP)
        try:
            (answer,) = customer.says("bisa bayar pakai qris?")
        finally:
            _signal(breaking, "rasa run", signal.SIGCONT)
        breaking.wait_for("rasa")

        assert (answer["kind"], answer["source"]["type"]) == ("answer", "article")
        assert customer.says("4321")[0]["kind"] == "order"


def test_what_only_rasa_can_do_is_admitted_and_a_person_reached_while_it_is_down(
    breaking: Serving,
) -> None:
    with Visitor(breaking.url) as customer, Clerk(breaking) as clerk:
        _signal(breaking, "rasa run", signal.SIGSTOP)
        try:
            (admission,) = customer.says("lacak TL-261118-0042")
            (told,) = customer.taps("request_human")
        finally:
            _signal(breaking, "rasa run", signal.SIGCONT)
        clerk.waits_for(customer.conversation_id)
        breaking.wait_for("rasa")

    assert admission["source"]["id"] == "unavailable"
    assert (told["kind"], told["data"]["state"]) == ("handoff", "waiting")


def test_rasa_killed_in_mid_turn_costs_no_answer_and_comes_back(breaking: Serving) -> None:
    with Visitor(breaking.url) as customer:
        _signal(breaking, "rasa run", signal.SIGSTOP)
        killer = threading.Timer(0.5, breaking.kill, ["rasa run"])
        killer.start()
        (answer,) = customer.says("jam buka toko kapan?")
        killer.join()
        breaking.wait_for("rasa", "down")
        breaking.wait_for("rasa")

        assert (answer["kind"], answer["author"]) == ("answer", "bot")
        assert customer.says("lacak TL-261118-0042")[0]["source"]["id"].startswith("ask-proof")


def test_an_app_killed_in_mid_turn_answers_each_accepted_message_once_when_it_is_back(
    breaking: Serving,
) -> None:
    with Visitor(breaking.url) as customer:
        _signal(breaking, "rasa run", signal.SIGSTOP)
        try:
            for client_id, text in (("1", "bisa bayar pakai qris?"), ("2", "jam buka toko kapan?")):
                sent = {"client_id": client_id, "text": text}
                customer.http.post("/api/web/messages", json=sent).raise_for_status()
            breaking.kill("uvicorn")
        finally:
            _signal(breaking, "rasa run", signal.SIGCONT)
        breaking.wait_for("rasa")
        again = customer.http.post(
            "/api/web/messages", json={"client_id": "2", "text": "jam buka toko kapan?"}
        )
        replies = customer.hears(after=2)

        assert again.json()["seq"] == 2
        transcript = customer.transcript()
        assert [message["seq"] for message in transcript] == list(range(1, len(transcript) + 1))
        asked = [message["text"] for message in transcript if message["author"] == "customer"]
        assert asked == ["bisa bayar pakai qris?", "jam buka toko kapan?"]
        answered = [message["source"]["id"] for message in replies if message["kind"] == "answer"]
        assert len(answered) == len(set(answered))
        assert answered, replies


def test_a_ticket_is_logged_once_when_the_app_dies_right_after_it(breaking: Serving) -> None:
    with Visitor(breaking.url) as customer:
        customer.says("mau lapor blender saya pecah di bagian gelas waktu diterima")
        for _ in range(4):
            asked = customer.transcript()[-1]["source"]["id"]
            if "contact" in asked:
                break
            customer.taps("inform:none" if "order" in asked else "affirm")
        sent = {"client_id": "contact", "text": "0811-0000-4321"}
        seq = customer.http.post("/api/web/messages", json=sent).raise_for_status().json()["seq"]
        breaking.kill("uvicorn")
        breaking.wait_for("rasa")
        customer.hears(after=seq)
        told = {
            message["data"]["number"]
            for message in customer.transcript()
            if message["kind"] == "ticket"
        }
    with closing(sqlite3.connect(breaking.data_dir / "sapa.db")) as database:
        logged = database.execute(
            "SELECT id FROM tickets WHERE conversation_id = ?", [customer.conversation_id]
        ).fetchall()

    assert [f"TK-{row[0]:06d}" for row in logged] == sorted(told)
    assert len(told) == 1


def test_without_rasa_from_the_start_questions_are_answered(
    new_sapa: Callable[..., Serving],
) -> None:
    serving = new_sapa(SAPA_RASA_PYTHON="/bin/false")
    serving.start(wait_for_rasa=False)
    try:
        with Visitor(serving.url, "en") as customer:
            (answer,) = customer.says("how long do I have to return an item?")
    finally:
        code = serving.stop()

    assert (answer["kind"], answer["data"]["article"]) == ("answer", "returns-window")
    assert code == 0
