"""Everything between an installed Sapa and a serving one, each step only when it is needed."""

import time
from collections.abc import Callable
from typing import NoReturn

from faq.profiles import FULL, version
from settings import Settings

Say = Callable[[str], None]


def prepare(settings: Settings, say: Say, stop: Callable[[str], NoReturn]) -> None:
    """Check the knowledge base, build the index, train, migrate, and load the demo shop.

    Blocks. Calls `stop` with what failed and what to do.
    """
    steps: list[tuple[str, Callable[[Settings], str]]] = [
        ("knowledge base and answer index", _index),
        ("assistant", _assistant),
        ("database", _database),
    ]
    if settings.faq_model == FULL:
        steps.insert(0, ("answer model", _encoder))
    if settings.demo:
        steps += [("demo shop", _demo_shop), ("demo CSR", _demo_agent)]
    for number, (name, step) in enumerate(steps, 1):
        say(f"[{number}/{len(steps)}] {name} ...")
        started = time.monotonic()
        try:
            result = step(settings)
        except Exception as error:  # noqa: BLE001 - named to the person who can mend it
            stop(f"{name}: {error}")
        say(f"[{number}/{len(steps)}] {name}: {result} ({time.monotonic() - started:.1f} s)")


def _encoder(settings: Settings) -> str:
    from faq.e5_setup import prepare as made  # noqa: PLC0415

    return f"ready in {made(settings.encoder_dir, version(FULL))}"


def _index(settings: Settings) -> str:
    from faq.engine import FaqEngine  # noqa: PLC0415 - each step loads only what it needs

    engine = FaqEngine.load_or_build(settings.faq_dir, settings.knowledge_dir, settings.faq_model)
    return f"{len(engine.articles)} articles"


def _assistant(settings: Settings) -> str:
    from app.training import train  # noqa: PLC0415

    return "trained" if train(settings).fresh else "up to date"


def _database(settings: Settings) -> str:
    from db.migrate import migrate  # noqa: PLC0415

    migrate(settings.database)
    return "up to date"


def _demo_shop(settings: Settings) -> str:
    from crm.commands import seed_if_changed  # noqa: PLC0415

    return seed_if_changed(settings)


def _demo_agent(settings: Settings) -> str:
    from desk.commands import demo_agent  # noqa: PLC0415

    return demo_agent(settings)
