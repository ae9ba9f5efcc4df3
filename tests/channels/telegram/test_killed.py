import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.engine import Database
from settings import PROJECT_DIR
from tests.channels.telegram.double import TelegramDouble, served
from tests.channels.telegram.payloads import BUDI, text

PATIENCE_S = 60


@contextmanager
def _shop(database: Database, api_url: str) -> Iterator[None]:
    """Run the shop; at the end it is killed, not asked."""
    command = [sys.executable, "-m", "tests.channels.telegram.echo_shop"]
    process = subprocess.Popen(
        [*command, database.url.render_as_string(hide_password=False), api_url], cwd=PROJECT_DIR
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


async def test_a_shop_killed_between_storing_and_confirming_answers_everybody_once(
    sqlite_database: Database,
) -> None:
    double = TelegramDouble(forgets=False)
    customers = range(BUDI, BUDI + 8)
    for customer in customers:
        double.update(**text("halo", user=customer))
    with served(double) as api_url:
        with _shop(sqlite_database, api_url):  # some are answered, and nothing is confirmed
            _wait_for(lambda: bool(double.sent))
        assert len(double.waiting) == len(customers)
        before = len(double.sent)

        double.forgets = True
        with _shop(sqlite_database, api_url):
            _wait_for(lambda: not double.waiting)
            _wait_for(lambda: {m["chat_id"] for m in double.sent} == {*customers})
            double.update(**text("lagi", 12))
            _wait_for(lambda: double.texts[-1] == "echo: lagi")

    # One send may have been under way when it was killed (decision 14).
    assert len(double.sent) - len(customers) - 1 in (0, 1)
    assert before >= 1
