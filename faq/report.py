"""How well the shop's own articles are found: each wording is asked of a search without it.

The report shows what to do about it: which articles need more wordings, and which two are so alike
that they are taken for each other. Questions that no article answers are not in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faq.articles import Article
from faq.build import fit
from faq.corpus import Corpus
from faq.decision import Decision
from faq.figures import Outcomes, figures, wrong_at
from faq.recall import Encodes
from faq.rehearsal import folds

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_RANKED = 10
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A wording, and what was found for it by a search that did not know it."""

    article_id: str
    right: frozenset[str]  # the article, and others that say the same
    lang: str
    text: str
    ranked: tuple[str, ...]  # ids, best first
    decision: Decision
    confidence: float

    @property
    def wrong(self) -> bool:
        """Whether another article came first."""
        return self.ranked[0] not in self.right


def ask_wordings(articles: Sequence[Article], encoder: Encodes) -> list[Asked]:
    """Ask the wordings of articles that have others, as the build does to calibrate itself.

    Of a base with thousands of wordings only as many are asked as the build needs.
    """
    corpus = Corpus.of(articles)
    groups = corpus.answer_groups()
    material, _, judge = fit(corpus, encoder)
    asked = []
    for held in folds(material):
        best = np.argsort(-held.scores.total, axis=1, kind="stable")[:, :_RANKED]
        decided = judge.decide(held.scores, groups)
        for row, found, (decision, confidence) in zip(held.wordings, best, decided, strict=True):
            wording = corpus.wordings[row]
            article = articles[wording.article]
            same = np.flatnonzero(np.asarray(groups) == groups[wording.article])
            asked.append(
                Asked(
                    article.id,
                    frozenset(corpus.article_ids[other] for other in same),
                    wording.lang,
                    article.texts[wording.lang].questions[wording.turn],  # as it was written
                    tuple(corpus.article_ids[other] for other in found),
                    decision,
                    confidence,
                )
            )
    return asked


def report_on(articles: Sequence[Article], asked: Sequence[Asked], most: int) -> dict[str, Any]:
    """Return the figures, and at most `most` weak articles and confused pairs, worst first."""
    outcomes = Outcomes.of(
        [one.right for one in asked],
        [one.ranked for one in asked],
        [one.confidence for one in asked],
        [one.decision for one in asked],
    )
    langs = np.array([one.lang for one in asked], dtype=np.str_)
    return {
        "articles": len(articles),
        "wordings": len(asked),
        "by_lang": {
            lang: {"wordings": int((langs == lang).sum()), **_shares(outcomes.take(langs == lang))}
            for lang in sorted(set(langs.tolist()))
        },
        "decision": _shares(outcomes),
        "coverage": [
            {"answered": share, "wrong": _rounded(wrong_at(outcomes, share))} for share in COVERAGES
        ],
        "weakest": _weakest(articles, asked)[:most],
        "confused": _confused(asked)[:most],
    }


def as_text(report: Mapping[str, Any]) -> str:
    """Return the report for reading."""
    lines = [
        f"{report['wordings']} wordings of {report['articles']} articles, each asked without itself"
    ]
    for lang, found in report["by_lang"].items():
        lines.append(
            f"  {lang}: {found['wordings']} wordings, first is right {_percent(found['top1'])}, "
            f"among three {_percent(found['top3'])}"
        )
    decided = report["decision"]
    lines += [
        "",
        f"As decided: answered {_percent(decided['answered'])}, of which wrong "
        f"{_percent(decided['wrong_among_answered'])}; asked back {_percent(decided['clarified'])}",
        "Were more or fewer answered, surest first:",
        "  answered  wrong",
    ]
    lines += [
        f"  {_percent(row['answered']):>8}  {_percent(row['wrong']):>5}"
        for row in report["coverage"]
    ]
    lines += ["", "Articles found least; give them more wordings, as customers write:"]
    lines += [
        f"  {row['article']}: {row['right']} of {row['asked']} found, "
        f"{row['answered_wrong']} answered with another article ({row['title']})"
        for row in report["weakest"]
    ]
    lines += ["", "Pairs most often confused; say in the wordings what sets them apart:"]
    lines += [
        f"  {row['times']} x {row['article']} taken for {row['taken_for']}, as in: {row['example']}"
        for row in report["confused"]
    ]
    return "\n".join(lines)


def _shares(outcomes: Outcomes) -> dict[str, float | None]:
    wanted = ("top1", "top3", "answered", "clarified", "wrong_among_answered", "wrong_at_70")
    found = figures(outcomes)
    return {name: _rounded(found[name]) for name in wanted}


def _weakest(articles: Sequence[Article], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Return the articles with a wording that was not found, the largest share missed first."""
    titles = {article.id: next(iter(article.texts.values())).title for article in articles}
    total = Counter(one.article_id for one in asked)
    missed = Counter(one.article_id for one in asked if one.wrong)
    misled = Counter(one.article_id for one in asked if one.wrong and one.decision == "answer")
    return [
        {
            "article": article_id,
            "title": titles[article_id],
            "asked": total[article_id],
            "right": total[article_id] - missed[article_id],
            "answered_wrong": misled[article_id],
        }
        for article_id in sorted(missed, key=lambda each: (-missed[each] / total[each], each))
    ]


def _confused(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Return (article, other article that came first), the most frequent pair first."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for one in asked:
        if one.wrong:
            pairs.setdefault((one.article_id, one.ranked[0]), []).append(one.text)
    return [
        {"article": article_id, "taken_for": other, "times": len(texts), "example": texts[0]}
        for (article_id, other), texts in sorted(pairs.items(), key=lambda it: (-len(it[1]), it[0]))
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
