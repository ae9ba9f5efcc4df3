"""What each part of the engine contributes: alone, and when it joins those before it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bench.encoders import encoder
from bench.public_sets import PublicSet
from faq.build import encode
from faq.engine import MAX_CHARS
from faq.foreign import foreign_corpus
from faq.ranking import WEIGHTS, total_of

Scores = Mapping[str, NDArray[np.float32]]


def measure(one: PublicSet, model: str) -> dict[str, dict[str, float]]:
    """Return top-1 on the first part of the questions: of each signal alone, and joined in turn."""
    corpus = foreign_corpus(one.entries)
    material = encode(corpus, encoder(model))
    ranker = material.ranker(with_head=material.head_pays)
    kept = next(iter(one.parts.values()))
    asked = [question for question, keep in zip(one.questions, kept, strict=True) if keep]
    known = [question for question in asked if question.faq_ids]
    texts = [corpus.plain(question.text[:MAX_CHARS]) for question in known]
    signals = ranker.signals(texts, encoder(model).encode(texts))
    rows = {article: row for row, article in enumerate(corpus.article_ids)}
    right = np.zeros((len(known), len(rows)), dtype=np.bool_)
    for number, question in enumerate(known):
        right[number, [rows[article] for article in question.faq_ids]] = True
    names = [name for name in WEIGHTS if name in signals]
    return {
        "alone": {name: _top1({name: signals[name]}, right) for name in names},
        "joined": {
            name: _top1({part: signals[part] for part in names[: at + 1]}, right)
            for at, name in enumerate(names)
        },
        "any": {"": _any(signals, right)},
    }


def _top1(signals: Scores, right: NDArray[np.bool_]) -> float:
    best = total_of(signals).argmax(axis=1)
    return float(right[np.arange(len(right)), best].mean())


def _any(signals: Scores, right: NDArray[np.bool_]) -> float:
    """Return how often any signal alone, or all together, put a right article first."""
    everyone = [total_of(signals), *signals.values()]
    first = [right[np.arange(len(right)), one.argmax(axis=1)] for one in everyone]
    return float(np.any(first, axis=0).mean())
