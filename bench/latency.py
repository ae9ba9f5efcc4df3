"""Time a question to a small and to a large knowledge base, the encoder included, on one thread.

CPU time is that of the whole process, so that a busy machine changes it less.

The articles are made of public sentences: two wordings each, and another sentence as the answer.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.encoders import encoder
from bench.floors import letters
from bench.public_sets import PublicSet, load
from faq.evaluate import searcher_over
from faq.foreign import Entry, Question, foreign_corpus

SIZES = (100, 10_000)
_ASKED, _SEED = 300, 1


def measure(data: Path, model: str) -> dict[str, Any]:
    """Return, by number of articles, times in ms of our engine and of the floor."""
    return {str(size): _at(size, data, model) for size in SIZES}


def _at(size: int, data: Path, model: str) -> dict[str, Any]:
    base = _base(size, data)
    begun = time.perf_counter()
    searcher = searcher_over(foreign_corpus(base.entries), encoder(model))
    built_s = time.perf_counter() - begun
    texts = [question.text for question in base.questions]
    searcher.search("halo")  # the first search pays for lazy loading
    floor = letters(base)
    ours, ours_cpu = _times(searcher.search, texts)
    _, encoder_cpu = _times(lambda text: encoder(model).encode([text]), texts)
    floor_ms, floor_cpu = _times(lambda text: floor([text]), texts)
    return {
        "ms": float(np.median(ours)),
        "ms_p95": float(np.percentile(ours, 95)),
        "cpu_ms": float(np.median(ours_cpu)),
        "encoder_cpu_ms": float(np.median(encoder_cpu)),
        "floor_ms": float(np.median(floor_ms)),
        "floor_cpu_ms": float(np.median(floor_cpu)),
        "built_s": built_s,
    }


def _times(ask: Callable[[str], object], texts: list[str]) -> tuple[list[float], list[float]]:
    """Return for each text the ms that passed, and the ms of CPU it took."""
    times_ms, cpu_ms = [], []
    for text in texts:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        ask(text)
        times_ms.append((time.perf_counter() - begun) * 1_000)
        cpu_ms.append((time.process_time() - begun_cpu) * 1_000)
    return times_ms, cpu_ms


def _base(size: int, data: Path) -> PublicSet:
    """Return a knowledge base of `size` articles, and questions to it."""
    sets = [load(name, data) for name in ("banking77", "clinc150")]
    sentences = sorted({text for one in sets for _, text in one.wordings})
    asked = [question for one in sets for question in one.questions]
    chance = random.Random(_SEED)
    chance.shuffle(sentences)
    entries = [
        Entry(str(n), sentences[2 * n], sentences[-n - 1], "en", (sentences[2 * n + 1],))
        for n in range(size)
    ]
    questions = [Question(q.text, frozenset(), "en", "") for q in chance.sample(asked, _ASKED)]
    return PublicSet("latency", f"{size} articles", entries, questions, {})
