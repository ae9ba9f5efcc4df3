import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from faq.alone import alone_in
from faq.articles import content_hash
from faq.build import Built, build, read
from faq.encoder import Encoder
from faq.knowledge import BrokenKnowledge, load_articles
from faq.publishing import Changes, Publication, Refused, publish
from language import plain_words
from settings import PROJECT_DIR
from tests.faq.conftest import article, write


def answering(article_id: str, answer: str) -> dict[str, object]:
    changed = article(article_id)
    texts = changed["texts"]
    assert isinstance(texts, dict)
    texts["en"]["answer"] = answer
    return changed


class Counting:
    """The real encoder, and what it was asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        self.model, self._encoder = encoder.model, encoder
        self.texts: list[str] = []
        self.answers: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return self._encoder.encode(texts)

    def encode_answers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.answers += texts
        return self._encoder.encode_answers(texts)


@pytest.fixture
def index(tmp_path: Path, knowledge: Path, encoder: Encoder) -> Path:
    """An index in which the three articles are in use."""
    build(knowledge, tmp_path / "index", encoder)
    return tmp_path / "index"


def published(knowledge: Path, index: Path, encoder: Encoder) -> Publication:
    return publish(knowledge, index, encoder.model, load=lambda _: encoder)


def test_publishing_says_what_is_new_changed_and_removed(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))
    (knowledge / "stores-hours.yml").unlink()
    gift = article("stores-hours") | {"article": "gift-wrap"}
    write(knowledge / "gift.yml", gift)

    publication = published(knowledge, index, encoder)

    assert publication.fresh
    assert publication.changes == Changes(("gift-wrap",), ("payment-cod",), ("stores-hours",))
    assert read(index).content_hash == content_hash(load_articles(knowledge))


def test_only_what_has_changed_is_encoded_again(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    write(knowledge / "payment-cod.yml", answering("payment-cod", "Not any more."))
    counting = Counting(encoder)

    built = publish(knowledge, index, encoder.model, load=lambda _: counting).built

    assert (counting.texts, counting.answers) == ([], [plain_words("Not any more.")])
    anew = build(knowledge, index.with_name("anew"), encoder)
    assert np.allclose(built.material.wordings, anew.material.wordings, atol=1e-5)
    assert np.allclose(built.material.answers, anew.material.answers, atol=1e-5)


def test_what_is_in_use_already_is_not_built_again(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    before = (index / "CURRENT").read_text()

    publication = published(knowledge, index, encoder)

    assert (publication.fresh, bool(publication.changes)) == (False, False)
    assert (index / "CURRENT").read_text() == before


def test_a_broken_article_never_replaces_the_good_index(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    before = (index / "CURRENT").read_text()
    write(knowledge / "payment-cod.yml", answering("payment-cod", ""))

    with pytest.raises(BrokenKnowledge, match="the en answer is empty"):
        published(knowledge, index, encoder)
    assert (index / "CURRENT").read_text() == before


def test_a_draft_is_refused_until_it_is_approved(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    before = (index / "CURRENT").read_text()
    gift = article("stores-hours") | {"article": "gift-wrap", "draft": True}
    (knowledge / "stores-hours.yml").unlink()
    write(knowledge / "gift.yml", gift)

    with pytest.raises(BrokenKnowledge, match="'gift-wrap' is a draft"):
        published(knowledge, index, encoder)
    assert (index / "CURRENT").read_text() == before

    write(knowledge / "gift.yml", gift | {"draft": False})
    assert published(knowledge, index, encoder).changes.added == ("gift-wrap",)


def test_what_is_refused_is_not_published(knowledge: Path, index: Path, encoder: Encoder) -> None:
    before = read(index)
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))

    def refuse(built: Built, in_use: Built | None) -> None:
        assert in_use is not None
        assert built.content_hash != in_use.content_hash == before.content_hash
        raise Refused("no")

    with pytest.raises(Refused):
        publish(knowledge, index, encoder.model, approve=refuse, load=lambda _: encoder)
    assert read(index).content_hash == before.content_hash


def test_a_second_publication_waits_and_publishes_what_stands_there_then(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    done: list[Publication] = []
    second = threading.Thread(target=lambda: done.append(published(knowledge, index, encoder)))
    with alone_in(index):
        second.start()
        write(knowledge / "payment-cod.yml", answering("payment-cod", "Written meanwhile."))
    second.join(60)

    assert [publication.changes.changed for publication in done] == [("payment-cod",)]
    assert read(index).content_hash == content_hash(load_articles(knowledge))


def test_many_publications_at_once_leave_one_sound_index(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))
    done: list[Publication] = []
    publishers = [
        threading.Thread(target=lambda: done.append(published(knowledge, index, encoder)))
        for _ in range(4)
    ]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join(60)

    assert sorted(publication.fresh for publication in done) == [False, False, False, True]
    assert read(index).content_hash == content_hash(load_articles(knowledge))


# Stops at the last moment before the switch, and says that it is there.
_HALF = """
import os, sys, time
from pathlib import Path
import faq.build
from faq.publishing import publish
def stop(*_):
    print("half", flush=True)
    time.sleep(600)
os.replace = stop
publish(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""


def test_a_publication_killed_half_way_leaves_the_old_index_and_blocks_nobody(
    knowledge: Path, index: Path, encoder: Encoder
) -> None:
    before = read(index).content_hash
    write(knowledge / "payment-cod.yml", answering("payment-cod", "No longer."))
    words = [sys.executable, "-c", _HALF, str(knowledge), str(index), encoder.model]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=PROJECT_DIR) as half:
        assert half.stdout is not None
        assert half.stdout.readline() == b"half\n"
        half.send_signal(signal.SIGKILL)

    assert read(index).content_hash == before
    assert published(knowledge, index, encoder).fresh
    assert read(index).content_hash != before
