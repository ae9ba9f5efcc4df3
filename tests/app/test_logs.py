import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app.logs import configure_logs
from settings import Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.getLogger().setLevel(logging.WARNING)


@pytest.mark.parametrize("log_json", [False, True])
def test_a_traceback_shows_no_customers_words_and_no_token(
    settings: Settings, capfd: pytest.CaptureFixture[str], log_json: bool
) -> None:
    configure_logs(settings.model_copy(update={"log_json": log_json}))

    def broken(customers_words: str, headers: dict[str, Any]) -> None:
        raise RuntimeError(str(len(customers_words) + len(headers)))

    said, token = "nomor saya 08" + "12", "Bear" + "er abc"  # else the source line shows them
    try:
        broken(said, {"authorization": token})
    except RuntimeError:
        structlog.get_logger().exception("turn failed", turn="t1")

    written = "".join(capfd.readouterr())
    assert ("turn failed" in written, "RuntimeError" in written) == (True, True)
    assert ("0812" in written, "Bearer" in written) == (False, False)
