"""Time the pages of the help centre: what the server needs for each, beside the bare search.

The whole app is asked, without a network between. CPU time is that of the whole process, so that a
busy machine changes it less; where nothing else runs, the two are nearly the same. Every question
is one of the articles' own wordings, in its language; the ratio says what the page costs on top of
finding the answer.
Run: python -m bench.help [--json]
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from app.main import create_app
from db.migrate import migrate
from settings import Settings

_PAGES, _SEED = 200, 1
_WANTED_MS = 60.0

Times = list[tuple[float, float]]  # ms that passed, and ms of CPU


async def measure(settings: Settings) -> dict[str, Any]:
    """Return times in ms by kind of page, and the ratio of a results page to its search."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://help.test") as browser:
            sitemap = await browser.get("/sitemap.xml")  # waits until the answers are loaded
            paths = [path for path in _paths(sitemap.text) if path.count("/") == 3]
            asked = _asked(app)
            found = {
                "start": await _times(browser, ["/help/id", "/help/en"] * (_PAGES // 4)),
                "article": await _times(browser, random.Random(_SEED).choices(paths, k=_PAGES)),
                "results": await _searches(browser, asked),
                "order form": await _times(browser, ["/help/id/order"] * (_PAGES // 4)),
            }
        alone = await _each(asked, lambda one: asyncio.to_thread(_search, app, *one))
    shown = {name: _summary(times) for name, times in found.items()}
    searched = _summary(alone)
    return {
        "pages": shown,
        "search alone": searched,
        "results to search": shown["results"]["cpu_p50"] / searched["cpu_p50"],
        "wanted_p95_ms": _WANTED_MS,
        "reached": max(one["p95"] for one in shown.values()) <= _WANTED_MS,
    }


def _paths(sitemap: str) -> list[str]:
    """Name the pages of a sitemap."""
    return [part.split("</loc>")[0].split("help.test")[1] for part in sitemap.split("<loc>")[1:]]


def _asked(app: Any) -> list[tuple[str, str]]:
    """Choose questions, each with its language."""
    wordings = [
        (text, lang)
        for article in app.state.knowledge.articles
        for lang, words in article.texts.items()
        for text in words.questions
    ]
    return random.Random(_SEED).choices(wordings, k=_PAGES)


def _search(app: Any, text: str, lang: str) -> Any:
    return app.state.knowledge.pinned().search(text, lang)


async def _searches(browser: httpx.AsyncClient, asked: list[tuple[str, str]]) -> Times:
    return await _each(asked, lambda one: browser.get(f"/help/{one[1]}", params={"q": one[0]}))


async def _times(browser: httpx.AsyncClient, paths: list[str]) -> Times:
    return await _each(paths, browser.get)


async def _each(wanted: list[Any], ask: Callable[[Any], Awaitable[Any]]) -> Times:
    """Ask one after another; the first of each kind pays for what is loaded lazily."""
    await ask(wanted[0])
    times: Times = []
    for one in wanted:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        answer = await ask(one)
        passed = time.perf_counter() - begun, time.process_time() - begun_cpu
        times.append((passed[0] * 1_000, passed[1] * 1_000))
        if isinstance(answer, httpx.Response):
            answer.raise_for_status()
    return times


def _summary(times: Times) -> dict[str, float]:
    passed, cpu = np.array(times).T
    return {
        "p50": round(float(np.median(passed)), 2),
        "p95": round(float(np.percentile(passed, 95)), 2),
        "cpu_p50": round(float(np.median(cpu)), 2),
        "cpu_p95": round(float(np.percentile(cpu, 95)), 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the pages of the help centre.")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chosen = Settings(demo=True)
        settings = Settings(
            demo=True,
            data_dir=chosen.data_dir,
            database_url=f"sqlite:///{Path(folder) / 'bench.db'}",
            help_searches_per_minute=1_000_000,
        )
        migrate(settings.database)
        found = asyncio.run(measure(settings))
    if arguments.json:
        print(json.dumps(found))
        return
    kinds = ("p50", "p95", "cpu_p50", "cpu_p95")
    print(f"{'page':<14}{'p50 ms':>10}{'p95 ms':>10}{'CPU p50':>10}{'CPU p95':>10}")
    for name, times in {**found["pages"], "search alone": found["search alone"]}.items():
        print(f"{name:<14}" + "".join(f"{times[kind]:>10.2f}" for kind in kinds))
    print(f"a results page takes {found['results to search']:.2f} times the CPU of its search")
    print(f"p95 at most {_WANTED_MS:.0f} ms: {'yes' if found['reached'] else 'NO'}")


if __name__ == "__main__":
    main()
