import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.serving import Serving
from tests.channels.telegram.double import TOKEN, TelegramDouble, served
from tests.journeys.clerk import Clerk
from tests.journeys.customer import Visitor


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `sapa prepare` makes it: model, index, demo shop, demo CSR."""
    serving = Serving(tmp_path_factory.mktemp("prepared") / "var")
    serving.prepare()
    return serving.data_dir


@pytest.fixture(scope="session")
def new_sapa(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Serving]:
    """Make a Sapa with a prepared data folder of its own; it is not started yet."""

    def make(**extra: str) -> Serving:
        data_dir = tmp_path_factory.mktemp("sapa") / "var"
        shutil.copytree(prepared, data_dir)
        return Serving(data_dir, extra)

    return make


@pytest.fixture(scope="session")
def telegram() -> TelegramDouble:
    """Telegram's side of the Sapa that all journeys share."""
    return TelegramDouble()


@pytest.fixture(scope="session")
def sapa(new_sapa: Callable[..., Serving], telegram: TelegramDouble) -> Iterator[Serving]:
    """One Sapa for all journeys that do not break it."""
    with served(telegram) as api_url:
        serving = new_sapa(
            SAPA_MESSAGES_PER_10S="200",
            SAPA_SESSIONS_PER_MINUTE="6000",
            SAPA_LOGINS_PER_MINUTE="100",
            SAPA_TELEGRAM_TOKEN=TOKEN,
            SAPA_TELEGRAM_API_URL=api_url,
        )
        serving.start()
        yield serving
        serving.stop()


@pytest.fixture
def visitor(sapa: Serving) -> Iterator[Callable[..., Visitor]]:
    """Make visitors of the demo shop."""
    with ExitStack() as stack:

        def make(lang: str = "id", identity_token: str | None = None) -> Visitor:
            return stack.enter_context(Visitor(sapa.url, lang, identity_token))

        yield make


@pytest.fixture
def clerk(sapa: Serving) -> Iterator[Clerk]:
    """The demo CSR at the console."""
    with Clerk(sapa) as clerk:
        yield clerk
