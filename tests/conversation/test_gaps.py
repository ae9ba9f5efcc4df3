from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from conversation.drafts import write_drafts
from conversation.gaps import Gap, find_gaps
from conversation.tables import Conversation, Handoff, Message, UnansweredQuestion
from conversation.unanswered import Unanswered, unanswered
from crm.tables import Customer
from db.base import new_id, now
from db.engine import Database
from faq.build import Built, build
from faq.encoder import Encoder
from faq.knowledge import check
from faq.publishing import publish
from settings import PROJECT_DIR

WRAP = ("bisa bungkus kado ga?", "ada layanan bungkus kado?", "bisa dibungkus kado kak?")
JOB = ("ada lowongan kerja?", "lagi buka lowongan ga kak")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Built:
    return build(PROJECT_DIR / "knowledge", tmp_path_factory.mktemp("index"), encoder)


@dataclass
class Desk:
    """Conversations in which a question was not answered, and what people did then."""

    database: Database
    ids: list[str] = field(default_factory=list)

    async def asked(
        self,
        *questions: str,
        minutes: float | None = None,
        csr: tuple[str, ...] = (),
        ago_days: float = 0,
        customer: str = "",
    ) -> None:
        """One conversation; with `minutes` a person took it for so long."""
        conversation, start = new_id(), now() - timedelta(days=ago_days)
        person = Customer(id=new_id(), name=customer) if customer else None
        async with self.database.write() as session:
            if person:
                session.add(person)
                await session.flush()
            session.add(
                Conversation(
                    id=conversation, channel="website", address=conversation,
                    customer_id=person.id if person else None,
                )
            )  # fmt: skip
            await session.flush()
            for text in questions:
                session.add(
                    UnansweredQuestion(
                        turn_id=new_id(), conversation_id=conversation, text=text, lang="id",
                        confidence=0.1, at=start,
                    )
                )  # fmt: skip
            if minutes is not None:
                taken = start + timedelta(seconds=30)
                session.add(
                    Handoff(
                        id=new_id(), conversation_id=conversation, reason="request",
                        requested_at=start, taken_at=taken,
                        ended_at=taken + timedelta(minutes=minutes),
                    )
                )  # fmt: skip
            for seq, (author, text) in enumerate(
                [("bot", "Maaf, saya belum tahu."), *(("csr", text) for text in csr)], 1
            ):
                session.add(
                    Message(
                        id=new_id(), conversation_id=conversation, seq=seq, author=author,
                        name="Dewi" if author == "csr" else "Nara", text=text, lang="id",
                        at=start + timedelta(seconds=40),
                    )
                )  # fmt: skip

    async def gaps(self, built: Built, encoder: Encoder) -> list[Gap]:
        return find_gaps(await unanswered(self.database, None, 100), built, encoder)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_questions_with_one_meaning_are_one_gap_and_the_costly_comes_first(
    desk: Desk, built: Built, encoder: Encoder
) -> None:
    for text in WRAP:
        await desk.asked(text)
    for text in JOB:
        await desk.asked(text, minutes=6)

    first, second = await desk.gaps(built, encoder)

    assert sorted(first.examples) == sorted(JOB)
    assert (first.contacts, first.minutes) == (2, pytest.approx(12))
    assert sorted(second.examples) == sorted(WRAP)
    assert (second.contacts, second.minutes) == (0, None)
    assert second.nearest == "ordering-gift-wrap"


async def test_the_time_of_one_contact_is_shared_by_its_questions(
    desk: Desk, built: Built, encoder: Encoder
) -> None:
    await desk.asked(WRAP[0], JOB[0], minutes=10)

    assert [gap.minutes for gap in await desk.gaps(built, encoder)] == [
        pytest.approx(5),
        pytest.approx(5),
    ]


async def test_people_are_hidden_and_only_what_people_said_counts(
    desk: Desk, built: Built, encoder: Encoder
) -> None:
    await desk.asked(
        "saya Rina, order TL-261118-0042 bisa dibungkus kado?",
        minutes=3,
        csr=("Bisa Kak Rina, bungkus kado Rp10.000, WA saja ke 0812-3456-7890.",),
        customer="Rina Hartati",
    )

    [gap] = await desk.gaps(built, encoder)

    assert gap.examples == ["saya [name], order [number] bisa dibungkus kado?"]
    assert gap.answers == ["Bisa Kak [name], bungkus kado Rp10.000, WA saja ke [phone]."]


async def test_only_the_wanted_days_are_looked_at(desk: Desk) -> None:
    await desk.asked(WRAP[0], ago_days=10)
    await desk.asked(WRAP[1], ago_days=1)

    found = await unanswered(desk.database, now() - timedelta(days=3), 100)

    assert [each.text for each in found] == [WRAP[1]]
    assert len(await unanswered(desk.database, None, 1)) == 1


async def test_a_person_wanted_days_later_is_no_cost_of_the_question(desk: Desk) -> None:
    await desk.asked(WRAP[0], ago_days=3)
    async with desk.database.write() as session:
        question = (await session.execute(UnansweredQuestion.__table__.select())).one()
        session.add(Handoff(id=new_id(), conversation_id=question.conversation_id, reason="x"))

    assert [each.handoff for each in await unanswered(desk.database, None, 9)] == [None]


def gap(*texts: str, said: tuple[str, ...] = ()) -> Gap:
    questions = tuple(Unanswered(text, "id", "h1", 2.0, said) for text in texts)
    return Gap(questions, 1, 2.0, "ordering-gift-wrap", "Bungkus kado")


@pytest.fixture
def drafted(tmp_path: Path, encoder: Encoder) -> Callable[..., list[Path]]:
    return lambda *gaps: write_drafts(
        list(gaps), tmp_path / "drafts", encoder, {"draft-taken"}.__contains__, now().date()
    )


def test_a_draft_has_the_wordings_and_what_a_person_answered(
    drafted: Callable[..., list[Path]],
) -> None:
    answer = "Bisa Kak, bungkus kado Rp10.000 per paket, pilih saat checkout."
    [file] = drafted(gap(*WRAP, said=("Halo, ada yang bisa dibantu?", "Baik kak", answer)))

    [draft] = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert draft["draft"] is True
    assert draft["texts"]["id"]["questions"] == list(WRAP)
    assert draft["texts"]["id"]["answer"] == answer
    assert draft["texts"]["en"] == {"title": "", "questions": [], "answer": ""}


def test_a_draft_is_not_published_and_says_what_is_missing(
    drafted: Callable[..., list[Path]],
) -> None:
    [file] = drafted(gap(*WRAP))

    reasons = [fault.reason for fault in check(file.parent)[1]]

    assert any("is a draft; when it is right" in reason for reason in reasons)
    assert "the en answer is empty" in reasons
    assert "the id answer is empty" in reasons
    with pytest.raises(ValueError, match="is a draft"):
        publish(file.parent, file.parent / "index", "use-multilingual")


def test_no_draft_is_written_over_another(drafted: Callable[..., list[Path]]) -> None:
    first, second, third = drafted(gap(*WRAP), gap(*WRAP), gap("taken"))

    assert len({first, second, third}) == 3
    assert third.name == "draft-taken-2.yml"
