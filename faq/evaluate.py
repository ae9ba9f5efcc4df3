"""Measure the engine on a foreign knowledge base, as `sapa faq evaluate` promises."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from faq.build import fit
from faq.corpus import Corpus
from faq.engine import Finding, Searcher
from faq.figures import Outcomes, figures
from faq.foreign import Entry, Question, foreign_corpus
from faq.recall import Encodes

_DIGITS = 4


def searcher_over(corpus: Corpus, encoder: Encodes) -> Searcher:
    """Build the engine on `corpus` as it is built on our own articles, in memory only."""
    _, ranker, judge = fit(corpus, encoder)
    return Searcher(corpus, encoder, ranker, judge)


def search_all(searcher: Searcher, texts: Sequence[str]) -> tuple[list[Finding], list[float]]:
    """Search for each text by itself, as in service; return the findings and times in ms."""
    searcher.search("halo")  # the first search pays for lazy loading
    findings, times_ms = [], []
    for text in texts:
        begun = time.perf_counter()
        findings.append(searcher.search(text))
        times_ms.append((time.perf_counter() - begun) * 1_000)
    return findings, times_ms


def outcomes_of(right: Sequence[frozenset[str]], findings: Sequence[Finding]) -> Outcomes:
    """Compare findings with the ids that are right for each question."""
    return Outcomes.of(
        right,
        [[match.article_id for match in finding.ranked] for finding in findings],
        [finding.confidence for finding in findings],
        [finding.decision for finding in findings],
    )


def evaluate(
    entries: Sequence[Entry], questions: Sequence[Question], encoder: Encodes
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the report and one prediction per question."""
    begun = time.perf_counter()
    searcher = searcher_over(foreign_corpus(entries), encoder)
    built_s = time.perf_counter() - begun
    findings, times_ms = search_all(searcher, [question.text for question in questions])
    outcomes = outcomes_of([question.faq_ids for question in questions], findings)
    report = {
        **_figures(outcomes),
        "by_lang": _by(outcomes, [question.lang for question in questions]),
        "by_style": _by(outcomes, [question.style for question in questions]),
        "model": encoder.model,
        "build_s": round(built_s, 2),
        "ms_per_query": round(float(np.median(times_ms)), 2) if times_ms else None,
        "ms_p95": round(float(np.percentile(times_ms, 95)), 2) if times_ms else None,
    }
    return report, [_prediction(q, f) for q, f in zip(questions, findings, strict=True)]


def as_table(report: Mapping[str, Any]) -> str:
    """Return the report as aligned text."""
    names = [name for name, value in report.items() if not isinstance(value, dict)]
    lines = [f"{name:24} {'-' if report[name] is None else report[name]}" for name in names]
    for group in ("by_lang", "by_style"):
        for kind, found in report[group].items():
            short = "  ".join(f"{name} {value}" for name, value in found.items())
            lines.append(f"{group[3:]} {kind}: {short.replace('None', '-')}")
    return "\n".join(lines)


def _figures(outcomes: Outcomes) -> dict[str, Any]:
    counts = {"questions": len(outcomes.known), "answerable": int(outcomes.known.sum())}
    found = figures(outcomes).items()
    return {**counts, **{n: None if v is None else round(v, _DIGITS) for n, v in found}}


def _by(outcomes: Outcomes, kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each kind of question; those of no kind are in the whole only."""
    of_kind = np.asarray(kinds, dtype=np.str_)
    named = sorted(set(kinds) - {""})
    return {kind: _figures(outcomes.take(of_kind == kind)) for kind in named}


def _prediction(question: Question, finding: Finding) -> dict[str, Any]:
    return {
        "text": question.text,
        "ranked": [{"id": match.article_id, "score": match.score} for match in finding.ranked],
        "decision": finding.decision,
        "confidence": finding.confidence,
    }
