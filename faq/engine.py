"""Find the article that answers a customer's words, or admit that there is none."""

import logging
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from faq.articles import Article, content_hash
from faq.build import Built, IndexUnusable, build, read
from faq.corpus import Corpus
from faq.decision import MAX_CHOICES, Decision, Judge
from faq.knowledge import BrokenKnowledge, check
from faq.profiles import LIGHT
from faq.ranking import Ranker
from faq.reading import plain_form
from faq.recall import Encodes

if TYPE_CHECKING:
    from faq.encoder import Encoder

log = logging.getLogger(__name__)

_MOST_RANKED = 10
# Of two questions in one message, the chance that they are about one topic. Of the messages in
# tests/bot/several_questions.yml it is 24 of 32; less only answers less.
_SAME_TOPIC = 0.5
MAX_CHARS = 4_096
_MOST_KNOWN = 2_000  # questions, some 2 KB each


@dataclass(frozen=True, slots=True)
class Match:
    """One article near the question; `score` orders, but is no probability."""

    article_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What the search makes of a question."""

    decision: Decision
    confidence: float  # probability, 0 to 1, that the first article is the right one
    ranked: tuple[Match, ...]  # best first, at most 10; empty for a text without words

    @property
    def choices(self) -> tuple[Match, ...]:
        """The articles to choose between when the decision is to clarify."""
        return self.ranked[:MAX_CHOICES]


_NOTHING = Finding("abstain", 0.0, ())


class Found:
    """What was found for the questions asked last; half of them are asked again and again.

    What customers wrote is not kept: a question is known by a digest whose key is only here.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._key = secrets.token_bytes(32)
        self._findings: OrderedDict[bytes, Finding] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, asked: str, search: Callable[[str], Finding]) -> Finding:
        """Return what `search` finds, or found before."""
        name = blake2b(asked.encode("utf-8", "surrogatepass"), key=self._key).digest()
        with self._lock:
            known = self._findings.get(name)
            if known is not None:
                self._findings.move_to_end(name)
                return known
        found = search(asked)
        with self._lock:
            self._findings[name] = found
            if len(self._findings) > _MOST_KNOWN:
                self._findings.popitem(last=False)
        return found


class Searcher:
    """Search over any corpus, ours or a foreign one. Safe to share between threads."""

    def __init__(self, corpus: Corpus, encoder: Encodes, ranker: Ranker, judge: Judge) -> None:
        """Put together what `faq.build.fit` gave."""
        self._ids, self._groups = corpus.article_ids, corpus.answer_groups()
        self._plain = corpus.plain
        self._encoder, self._ranker, self._judge = encoder, ranker, judge
        self._found = Found()

    def search(self, text: str) -> Finding:
        """Return what the corpus knows about `text`; never raises, whatever the text."""
        asked = self._plain(text[:MAX_CHARS])
        if not plain_form(asked):
            return _NOTHING
        return self._found.once(asked, self._search)

    def _search(self, asked: str) -> Finding:
        scores = self._ranker.scores([asked], self._encoder.encode([asked]))
        [(decision, confidence)] = self._judge.decide(scores, self._groups)
        total = scores.total[0]
        best = np.argsort(-total, kind="stable")[:_MOST_RANKED]
        ranked = tuple(Match(self._ids[row], round(float(total[row]), 4)) for row in best)
        return Finding(decision, round(confidence, 4), ranked)


class FaqEngine:
    """The shop's knowledge base, ready to be asked."""

    def __init__(self, built: Built, encoder: Encodes) -> None:
        """Serve `built` with the encoder it was built with."""
        self.articles: Sequence[Article] = built.articles
        self.content_hash = built.content_hash
        self._built, self._encoder = built, encoder
        self._distance: float | None = None
        self._by_id = {article.id: article for article in built.articles}
        self._topics = Counter(article.topic for article in built.articles)
        self._answer_from = built.judge.answer_from
        self._searcher = Searcher(built.material.corpus, encoder, built.ranker, built.judge)

    def alike(self, texts: Sequence[str]) -> list[list[int]]:
        """Group texts that mean the same, largest group first, its most typical text first.

        Takes seconds the first time, so call it outside the event loop.
        """
        from faq.grouping import MOST, groups, meant_alike  # noqa: PLC0415 - slow, seldom needed

        if self._distance is None:
            self._distance = meant_alike(self._built)
        plain = self._built.material.corpus.plain
        kept = [plain(text[:MAX_CHARS]) for text in texts[:MOST]]
        found = groups(self._encoder.encode(kept), self._distance) if kept else []
        return sorted(found, key=len, reverse=True)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the engine over the index in `folder`. Raises IndexUnusable, saying why."""
        built = read(folder)
        return cls(built, encoder_of(built.model))

    @classmethod
    def load_or_build(cls, folder: Path, knowledge: Path, model: str = LIGHT) -> Self:
        """Return an engine over `knowledge`, building its index in `folder` if that is needed.

        Broken articles are logged and the last good index serves on.
        Raises BrokenKnowledge if there is none.
        """
        try:
            built: Built | None = read(folder)
        except IndexUnusable as reason:
            log.warning("The FAQ index will be built again: %s", reason)
            built = None
        articles, faults = check(knowledge)
        if built is not None and built.model == model:
            if faults:
                log.error("The knowledge base is broken, the last good index serves on:")
                for fault in faults:
                    log.error("%s", fault)
                return cls(built, encoder_of(model))
            if built.content_hash == content_hash(articles):
                return cls(built, encoder_of(model))
        if faults:
            raise BrokenKnowledge(faults)
        encoder = encoder_of(model)
        return cls(build(knowledge, folder, encoder), encoder)

    def search(self, text: str, lang: Literal["id", "en"]) -> Finding:  # noqa: ARG002
        """Return what we know about `text`; never raises, whatever the text.

        Wordings of every language are searched: people mix. `lang` is the customer's, and does not
        change the order yet.
        """
        return self._searcher.search(text)

    def beside(self, finding: Finding, article_id: str) -> Finding:
        """Return `finding` as it is beside another question, which `article_id` answers.

        Its best article is likelier if both are of one topic, by Bayes: the odds grow the more, the
        rarer the topic is among all articles. In a shop of one topic nothing changes.
        """
        if finding.decision != "clarify" or article_id not in self._by_id:
            return finding
        topic = self._by_id[finding.ranked[0].article_id].topic
        if topic != self._by_id[article_id].topic or finding.confidence >= 1:
            return finding
        chance = self._topics[topic] / self._topics.total()
        odds = finding.confidence / (1 - finding.confidence)
        odds *= (_SAME_TOPIC + (1 - _SAME_TOPIC) * chance) / chance
        likely = odds / (1 + odds)
        sure = likely >= self._answer_from
        return replace(finding, decision="answer", confidence=round(likely, 4)) if sure else finding

    def pinned(self) -> Self:
        """Return what answers one turn to its end; a published one changes, this one does not."""
        return self

    def article(self, article_id: str) -> Article | None:
        """Return the article of that id, as it was when the index was built."""
        return self._by_id.get(article_id)


_encoders: "dict[str, Encoder]" = {}
_encoders_lock = threading.Lock()


def encoder_of(model: str) -> "Encoder":
    """Return the loaded model; a process needs each only once, however often it loads an index."""
    # It takes seconds of CPU, most of an app's start: messages are accepted meanwhile.
    from faq.encoder import Encoder  # noqa: PLC0415

    with _encoders_lock:
        if model not in _encoders:
            _encoders[model] = Encoder(model)
        return _encoders[model]
