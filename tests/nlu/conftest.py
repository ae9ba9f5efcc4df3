from collections.abc import Iterator

import pytest

from bench.serving import Serving


@pytest.fixture(scope="session")
def sapa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A whole Sapa that takes messages as fast as a test sends them."""
    serving = Serving(
        tmp_path_factory.mktemp("understanding") / "var",
        {"SAPA_MESSAGES_PER_10S": "200", "SAPA_SESSIONS_PER_MINUTE": "6000"},
    )
    serving.prepare()
    serving.start()
    yield serving
    serving.stop()
