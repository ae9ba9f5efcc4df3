"""Draft an article for a gap from what people answered; the shop owner completes it."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import yaml

from conversation.gaps import Gap
from faq.articles import LANGUAGES
from faq.reading import MAX_ANSWER_CHARS
from faq.recall import Encodes
from language import detect, plain_words

_FEWEST_WORDS = 4  # "baik kak" answers nothing
_SHOWN = 8  # other answers, as comments
_MANY = 8  # wordings


def write_drafts(
    gaps: list[Gap], folder: Path, encoder: Encodes, taken: Callable[[str], bool], today: date
) -> list[Path]:
    """Write one file a gap into `folder`, never over an existing one; returns them.

    Each is marked `draft: true`, which no publication accepts. `taken` tells ids that are in use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for gap in gaps:
        article_id = _free_id(gap, folder, taken)
        file = folder / f"{article_id}.yml"
        file.write_text(_draft(gap, article_id, encoder, today), encoding="utf-8")
        written.append(file)
    return written


def _draft(gap: Gap, article_id: str, encoder: Encodes, today: date) -> str:
    answers = [each for each in gap.answers if len(each.split()) >= _FEWEST_WORDS]
    best = _nearest(gap, answers, encoder)
    topic = gap.nearest.split("-", maxsplit=1)[0] if gap.nearest else "unsorted"
    texts = {}
    for lang in LANGUAGES:
        wordings = list(dict.fromkeys(q.text for q in gap.questions if q.lang == lang))[:_MANY]
        said = best if best and detect(best, "id").lang == lang else ""
        title = min(wordings, key=len, default="")
        texts[lang] = {"title": title, "questions": wordings, "answer": said[:MAX_ANSWER_CHARS]}
    article = {
        "article": article_id, "draft": True, "topic": topic, "updated": today, "texts": texts,
    }  # fmt: skip
    rest = "".join(f"# {' '.join(each.split())}\n" for each in answers[:_SHOWN] if each != best)
    lines = [
        f"# Asked {len(gap.questions)} times, {gap.contacts} contacts with people.",
        "# Complete both languages, take out what is in [brackets], then delete the line draft.",
    ]
    if rest:
        lines.append("# Other things people answered:")
    head = "\n".join(lines) + "\n" + rest
    return head + yaml.safe_dump([article], allow_unicode=True, sort_keys=False, width=100)


def _nearest(gap: Gap, answers: list[str], encoder: Encodes) -> str:
    """Return the answer nearest in meaning to the question; it is seldom the first thing said."""
    if not answers:
        return ""
    asked = encoder.encode([plain_words(gap.questions[0].text)])[0]
    said = encoder.encode([plain_words(each) for each in answers])
    return answers[int(np.argmax(said @ asked))]


def _free_id(gap: Gap, folder: Path, taken: Callable[[str], bool]) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"\[\w+\]", "", gap.questions[0].text.lower()))
    wish = "-".join(["draft", *words[:5]])
    number, found = 1, wish
    while taken(found) or (folder / f"{found}.yml").exists():
        number += 1
        found = f"{wish}-{number}"
    return found
