"""Measure answers on public sets: our engine beside floors and stock Rasa, in the same run.

    python -m bench.answers --data DIR [--sets tegal,clinc150] [--searches sapa_full,letters]
        [--keep DIR] [--out docs/answers.md] [--json]

Nothing is tuned here. Results are kept by set and search, so that a long run can be done in parts;
the page is made of everything that is kept.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench import latency, parts, rasa_way
from bench.answers_page import write_page
from bench.encoders import encoder
from bench.floors import Search, floors
from bench.intervals import with_intervals
from bench.public_sets import SETS, NoData, PublicSet, load
from faq.build import fit
from faq.engine import MAX_CHARS, Searcher
from faq.evaluate import outcomes_of, search_all
from faq.figures import Outcomes, risk_curve
from faq.foreign import foreign_corpus
from faq.profiles import FULL, LIGHT
from faq.recall import Recall

_TIMED = 100  # questions asked one at a time; the median is steady from there on
_RANKED = 10
_CURVE_POINTS = 60
LATENCY, PARTS = "latency", "parts"


@dataclass(frozen=True, slots=True)
class Asked:
    """How one search did on all questions of a set."""

    outcomes: Outcomes
    ms: float  # median of a question asked by itself
    built_s: float
    note: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and write the page."""
    options = _options(arguments)
    options.keep.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.sets:
            if name == LATENCY:
                _keep(
                    options.keep,
                    name,
                    {m: latency.measure(options.data, m) for m in options.models},
                )
            else:
                _measure(load(name, options.data), options)
    except NoData as error:
        print(error, file=sys.stderr)
        return 1
    results = {
        name: json.loads(file.read_text(encoding="utf-8"))
        for name in (*SETS, LATENCY)
        if (file := options.keep / f"{name}.json").exists()
    }
    if options.json:
        print(json.dumps(results))
    if options.out:
        write_page(results, options.out)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure answers on public sets.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--sets", type=_names, default=[*SETS, LATENCY], help="some, with commas")
    parser.add_argument("--searches", type=_names, help="some: sapa_full, parts, rasa, ...")
    parser.add_argument("--models", type=_names, default=[LIGHT, FULL], help="the engine's models")
    parser.add_argument("--keep", type=Path, default=Path("var/bench"), help="folder of results")
    parser.add_argument("--out", type=Path, help="write the page here, its images beside it")
    parser.add_argument("--json", action="store_true", help="print all results")
    options = parser.parse_args(arguments)
    unknown = set(options.sets) - {*SETS, LATENCY}
    if unknown:
        parser.error(f"no such set: {', '.join(sorted(unknown))}; there are {', '.join(SETS)}")
    return options


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _measure(one: PublicSet, options: argparse.Namespace) -> None:
    searches: dict[str, Callable[[], Asked | None]] = {
        **{f"sapa_{model}": partial(ask_engine, one, model) for model in options.models},
        "rasa": partial(ask_rasa, one, options.keep),
        **{name: partial(ask_floor, one, make) for name, make in floors(one).items()},
    }
    if not options.searches or PARTS in options.searches:
        found = {model: parts.measure(one, model) for model in options.models}
        _keep(options.keep, one.name, {**_kept(options.keep, one), PARTS: found})
    for name, ask in searches.items():
        if options.searches and name not in options.searches:
            continue
        begun = time.perf_counter()
        asked = ask()
        if asked is not None:
            _keep_search(options.keep, one, name, asked)
            took = time.perf_counter() - begun
            print(f"{one.name} {name}: {took:.0f} s", file=sys.stderr, flush=True)


def ask_engine(one: PublicSet, model: str) -> Asked:
    """Build our engine on the set and ask it every question; a sample is timed as in service."""
    corpus, texts = foreign_corpus(one.entries), [question.text for question in one.questions]
    asked = [corpus.plain(text[:MAX_CHARS]) for text in texts]
    known = dict(zip(asked, encoder(model).encode(asked), strict=True))
    begun = time.perf_counter()
    _, ranker, judge = fit(corpus, encoder(model))
    built_s = time.perf_counter() - begun
    recall = Recall(model, encoder, known, {})
    findings, _ = search_all(Searcher(corpus, recall, ranker, judge), texts)
    in_service = Searcher(corpus, encoder(model), ranker, judge)
    _, times_ms = search_all(in_service, texts[:_TIMED])
    outcomes = outcomes_of([question.faq_ids for question in one.questions], findings)
    return Asked(outcomes, float(np.median(times_ms)), built_s, model)


def ask_floor(one: PublicSet, make: Callable[[], Search]) -> Asked:
    """Build a floor on the set and ask it everything; only a sample is timed by itself."""
    begun = time.perf_counter()
    search = make()
    built_s = time.perf_counter() - begun
    texts = [question.text for question in one.questions]
    times_ms = []
    for text in texts[:_TIMED]:
        asked_at = time.perf_counter()
        search([text])
        times_ms.append((time.perf_counter() - asked_at) * 1_000)
    scores = search(texts)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :_RANKED]
    outcomes = Outcomes.of(
        [question.faq_ids for question in one.questions],
        [[one.entries[row].id for row in rows] for rows in best],
        scores.max(axis=1).tolist(),
        [""] * len(texts),
    )
    return Asked(outcomes, float(np.median(times_ms)), built_s)


def ask_rasa(one: PublicSet, keep: Path) -> Asked | None:
    """Train stock Rasa on the set and ask it everything; None where that is left out or fails."""
    try:
        found = rasa_way.run(one, keep)
    except rasa_way.RasaFailed as error:
        print(f"{one.name} rasa: {error}", file=sys.stderr)
        return None
    if found is None:
        return None
    right = [question.faq_ids for question in one.questions]
    outcomes = Outcomes.of(right, found.ranked, found.confidence, [""] * len(right))
    note = f"{found.component}, {found.epochs} epochs"
    return Asked(outcomes, float(np.median(found.times_ms)), found.trained_s, note)


def _kept(folder: Path, one: PublicSet) -> dict[str, Any]:
    """Return what is kept of the set."""
    file = folder / f"{one.name}.json"
    kept: dict[str, Any] = {"searches": {}}
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else kept


def _keep_search(folder: Path, one: PublicSet, name: str, asked: Asked) -> None:
    """Add a search to what is kept of the set."""
    kept = _kept(folder, one)
    kept["title"] = one.title
    kept["entries"], kept["wordings"] = len(one.entries), len(one.wordings)
    known = np.array([bool(question.faq_ids) for question in one.questions])
    kept["questions"] = {
        part: [int(rows.sum()), int((rows & known).sum())] for part, rows in one.parts.items()
    }
    main_part = next(iter(one.parts.values()))
    covered, wrong = risk_curve(asked.outcomes.take(main_part))
    points = np.unique(np.linspace(0, len(covered) - 1, _CURVE_POINTS).astype(int))
    kept["searches"][name] = {
        "parts": {
            part: with_intervals(asked.outcomes.take(rows)) for part, rows in one.parts.items()
        },
        "ms": asked.ms,
        "built_s": asked.built_s,
        "note": asked.note,
        "curve": [covered[points].tolist(), wrong[points].tolist()],
    }
    _keep(folder, one.name, kept)


def _keep(folder: Path, name: str, found: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
