"""A shop owner publishes while customers ask; two app processes serve over one PostgreSQL."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from app.supervisor import end_with_parent
from bench.serving import free_port, sapa_command
from settings import PROJECT_DIR
from tests.faq.conftest import ARTICLES, article, write
from tests.faq.test_publishing import answering

OLD, NEW = "Cash on delivery up to Rp2,000,000.", "Cash on delivery is over."
_READY_S = 120.0


@dataclass
class Shop:
    """Two app processes without Rasa, which answer from one folder and one database."""

    folder: Path
    database: str
    urls: list[str] = field(default_factory=list)

    @property
    def knowledge(self) -> Path:
        return self.folder / "knowledge"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
        return {
            **kept,
            "SAPA_DEMO": "true",
            "SAPA_DATA_DIR": str(self.folder / "var"),
            "SAPA_KNOWLEDGE_DIR": str(self.knowledge),
            "SAPA_DATABASE_URL": self.database,
            "SAPA_RASA_URL": f"http://127.0.0.1:{free_port()}",  # nobody is there
            "SAPA_MESSAGES_PER_10S": "1000",
        }

    def sapa(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*sapa_command(), *words], cwd=PROJECT_DIR, env=self.environment, timeout=110,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def serve(self, stack: ExitStack) -> None:
        port = free_port()
        words = ["-m", "uvicorn", "app.main:create_app", "--factory", "--port", str(port)]
        log = stack.enter_context((self.folder / f"{port}.log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *words, "--log-level", "warning"],
                cwd=PROJECT_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call, no lock
            )
        )
        stack.callback(process.terminate)
        self.urls.append(f"http://127.0.0.1:{port}")


@pytest.fixture
def shop(tmp_path: Path, prepared: Path, postgres_url: str) -> Iterator[Shop]:
    url = make_url(postgres_url).set(drivername="postgresql")
    shop = Shop(tmp_path, url.render_as_string(hide_password=False))
    with psycopg.connect(shop.database) as connection:
        connection.execute("DELETE FROM article_versions")  # what other tests left
    shop.knowledge.mkdir()
    shutil.copytree(prepared / "encoder", tmp_path / "var" / "encoder")
    for article_id in ARTICLES:
        write(shop.knowledge / f"{article_id}.yml", article(article_id))
    first = shop.sapa("knowledge", "publish")
    assert first.returncode == 0, first.stderr
    with ExitStack() as stack:
        for _ in range(2):
            shop.serve(stack)
        for url in shop.urls:
            _wait_until_ready(url)
        yield shop


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).json()["answers"] == "up":
                return
        except (httpx.HTTPError, ValueError):
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


class Asker(threading.Thread):
    """A customer of one process who asks the same until told to stop."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.asked = url, 0
        self.answers: list[dict[str, Any]] = []
        self.enough, self.heard_new = threading.Event(), threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as http:
            wish = {"site_key": "demo", "lang": "en"}
            session = http.post("/api/web/sessions", json=wish).raise_for_status().json()
            http.headers["Authorization"] = f"Bearer {session['token']}"
            while not self.enough.is_set():
                message = {"client_id": uuid4().hex, "text": "Can I pay on delivery?"}
                sent = http.post("/api/web/messages", json=message).raise_for_status().json()
                self.asked += 1
                self._hear(http, sent["seq"])

    def _hear(self, http: httpx.Client, after: int) -> None:
        messages: list[dict[str, Any]] = []
        while not messages:  # a turn that the other process took wakes nobody here
            read = http.get("/api/web/messages", params={"after": after, "wait": 1})
            messages = read.raise_for_status().json()["messages"]
        self.answers += messages
        if messages[-1]["text"] == NEW:
            self.heard_new.set()


def test_a_published_article_is_answered_by_all_processes_and_no_question_is_lost(
    shop: Shop, postgres_url: str
) -> None:
    askers = [Asker(url) for url in shop.urls]
    for asker in askers:
        asker.start()
    write(shop.knowledge / "payment-cod.yml", answering("payment-cod", NEW))
    done = shop.sapa("knowledge", "publish")
    for asker in askers:
        assert asker.heard_new.wait(_READY_S)
        asker.enough.set()
        asker.join()

    assert done.stdout == "changed: payment-cod\n3 articles published\n"
    with psycopg.connect(make_url(postgres_url).set(drivername="postgresql")
                         .render_as_string(hide_password=False)) as connection:  # fmt: skip
        kept = dict(
            connection.execute(
                "SELECT version, content -> 'texts' -> 'en' ->> 'answer' FROM article_versions"
                " WHERE article = 'payment-cod'"
            ).fetchall()
        )
    assert sorted(kept.values()) == sorted([OLD, NEW])
    for asker in askers:
        said = [answer["text"] for answer in asker.answers]
        assert len(said) == asker.asked > 1
        changed = said.index(NEW)
        assert said == [OLD] * changed + [NEW] * (len(said) - changed)
        assert changed > 0
        # Each answer is what its source said at the version it names.
        sources = [answer["source"] for answer in asker.answers]
        assert {source["id"] for source in sources} == {"payment-cod"}
        assert [kept[source["version"]] for source in sources] == said
