"""Learn how far scores can be trusted where a knowledge base is too small to tell by itself.

Our own articles play small knowledge bases: one language, a few wordings each, asked with the
wordings left out. Only the relation of features to being right is kept, no words and no names.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from faq.articles import LANGUAGES
from faq.decision import Judge, Rehearsal, Yardstick
from faq.rehearsal import HeldOut, Material, as_rehearsal, rehearse

_SEEDS = 6


def learn(material: Material, file: Path) -> dict[str, Judge]:
    """Write to `file` what is learned from `material`."""
    small, large = list(_small(material)), list(_large(material))
    judges = {"without_head": _fit(small), "with_head": _fit(large)}
    text = json.dumps({name: judge.to_json() for name, judge in judges.items()}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")
    return judges


def _fit(rehearsals: list[tuple[Yardstick, Rehearsal]]) -> Judge:
    played = [rehearsal for _, rehearsal in rehearsals]
    joined = Rehearsal(
        np.concatenate([each.features for each in played]),
        np.concatenate([each.first_right for each in played]),
        np.concatenate([each.among_right for each in played]),
        np.concatenate([each.weight for each in played]) / len(played),
    )
    return Judge.fit(rehearsals[0][0], joined, None)


def _small(material: Material) -> Iterator[tuple[Yardstick, Rehearsal]]:
    """Play bases of one language with one or two wordings an article."""
    for seed in range(_SEEDS):
        chance = np.random.default_rng(seed)
        for lang in LANGUAGES:
            kept, left = _split(material, lang, 1 + seed % 2, chance)
            base = material.keep(kept)
            ranker = base.ranker(with_head=False)
            strange = base.strange(ranker)
            yardstick = Yardstick.of(strange)
            asked = [material.corpus.wordings[row] for row in left]
            scores = ranker.scores([wording.text for wording in asked], material.wordings[left])
            articles = np.array([wording.article for wording in asked], dtype=np.int64)
            rehearsal = as_rehearsal(base, yardstick, strange, [HeldOut(scores, left, articles)])
            if rehearsal is not None:
                yield yardstick, rehearsal


def _split(
    material: Material, lang: str, per_article: int, chance: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Return the wordings of `lang` to keep, `per_article` each, and those left to ask."""
    by_article: dict[int, list[int]] = {}
    for row, wording in enumerate(material.corpus.wordings):
        if wording.lang == lang:
            by_article.setdefault(wording.article, []).append(row)
    kept, left = [], []
    for rows in by_article.values():
        drawn = chance.permutation(rows).tolist()
        kept += drawn[:per_article]
        left += drawn[per_article:]
    return sorted(kept), sorted(left)


def _large(material: Material) -> Iterator[tuple[Yardstick, Rehearsal]]:
    """Play the whole base, and each language of it with all its wordings."""
    whole = range(len(material.corpus.wordings))
    by_lang = [[r for r in whole if material.corpus.wordings[r].lang == lang] for lang in LANGUAGES]
    for rows in (list(whole), *by_lang):
        base = material.keep(rows)
        strange = base.strange(base.ranker(with_head=True))
        yardstick = Yardstick.of(strange)
        rehearsal = rehearse(base, yardstick, strange)
        if rehearsal is not None:
            yield yardstick, rehearsal
