"""What a message asks of the knowledge base: one question, several, or the rest of the last one.

A part stands alone only if it asks and has an answer of its own; a short message is read with the
question before it only if that says more than the message alone. Probabilities are the engine's
calibrated ones, so no number here belongs to one knowledge base.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.actions.parts import question_text
from bot.actions.turn import Turn
from channels.message import Lang
from faq.engine import FaqEngine, Finding
from language.clauses import Clause, asks, clauses, leads_on, refers_back, telling_words

_MOST_QUESTIONS = 3
_SHORT = 4  # words of a follow-up that does not begin like one
_LEADING = 10  # words of one that does
_DOUBT = 0.06  # by which new words may lower the probability of the same article
_SLIGHTLY = 0.01  # the same, where they would also be answered alone
_SINCE = 8  # messages, for which the last question stays the topic
_TOPIC_KINDS = frozenset({"answer", "clarify"})
# What can have nothing to do with the question before it, if the classifier is sure.
_NO_FOLLOW_UP = frozenset(
    {"affirm", "deny", "goodbye", "greet", "stop", "thanks", "change_language", "bot_challenge"}
)
_SURE = 0.6

Search = Callable[[str], Finding]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a message, and what the knowledge base makes of it."""

    text: str  # as a follow-up leans on it: the question itself, or the one it continued
    finding: Finding

    @property
    def answered(self) -> bool:
        """Whether one article answers it."""
        return self.finding.decision == "answer"

    @property
    def article(self) -> str | None:
        """The best article, however sure."""
        return self.finding.ranked[0].article_id if self.finding.ranked else None


def questions_of(turn: Turn) -> list[Asked]:
    """Return what the message asks, in its order; at least one. Computes for milliseconds."""
    may_follow = turn.intent not in _NO_FOLLOW_UP or turn.confidence < _SURE
    before = _question_before(turn) if may_follow else None
    faq = turn.services.faq.pinned()
    return list(_of_turn(turn.id, question_text(turn), before, faq, turn.lang))


@lru_cache(maxsize=64)  # turns; several actions of one turn ask the same
def _of_turn(
    turn_id: str, text: str, before: str | None, faq: FaqEngine, lang: Lang
) -> tuple[Asked, ...]:
    del turn_id  # only the same turn shares: what others said is not kept for anybody
    return tuple(read(text, before, faq, lang))


def read(text: str, before: str | None, faq: FaqEngine, lang: Lang) -> list[Asked]:
    """Return what `text` asks, at least one question; `before` is the question it may continue."""
    search = lru_cache(lambda words: faq.search(words, lang))
    found: dict[str | None, Asked] = {}
    for sentence in _grouped(_sentences(text), text, search, faq):
        for one in _grouped(clauses(sentence), sentence, search, faq):
            asked = _continued(one, next((a.text for a in found.values()), None), search, faq)
            found.setdefault(asked.article, asked)
    several = list(found.values())
    sure = next((one.article for one in several if one.answered), None)
    if len(several) > 1 and sure is not None:
        return [replace(one, finding=faq.beside(one.finding, sure)) for one in several]
    return [_in_context(text, before, search, faq)]


def _sentences(text: str) -> list[Clause]:
    """Return the parts of `text`, clauses joined to sentences."""
    found: list[Clause] = []
    for part in clauses(text):
        if part.sentence or not found:
            found.append(part)
        else:
            first = found.pop()
            found.append(replace(first, text=text[first.start : part.end], end=part.end))
    return found


def _grouped(parts: Sequence[Clause], text: str, search: Search, faq: FaqEngine) -> list[str]:
    """Join the parts of `text` that make one question, from left to right."""
    groups: list[str] = []
    start = parts[0].start if parts else 0
    for at, part in enumerate(parts[1:], 1):
        here = text[start : parts[at - 1].end]
        if _stand_apart(here, part, text, search, faq):
            groups.append(here)
            start = part.start
    return [*groups, text[start:].strip()]


def _stand_apart(here: str, part: Clause, text: str, search: Search, faq: FaqEngine) -> bool:
    """Whether the part begins another question than the one before it.

    The items of a list do. Others must both ask, and have different answers; one of two sentences
    with question marks may have none, and one of two clauses may be unsure where the whole is.
    """
    if part.listed:
        return True
    mark = "?" if part.sentence else ""
    if not (asks(here, mark) and asks(part.text, mark) and telling_words(here)):
        return False
    first, second = Asked(here, search(here)), _continued(part.text, here, search, faq)
    if first.article == second.article or not (first.answered or second.answered):
        return False
    if first.answered and second.answered:
        return True
    if part.sentence and "?" in here and "?" in part.text:
        return len(telling_words(part.text)) > 1
    unsure = "abstain" not in (first.finding.decision, second.finding.decision)
    return unsure and (part.sentence or search(text).decision != "answer")


def _continued(text: str, before: str | None, search: Search, faq: FaqEngine) -> Asked:
    """Read a part alone, beside the part before it, or as one with that."""
    alone = Asked(text, search(text))
    if alone.answered or before is None:
        return alone
    first, together = Asked(before, search(before)), Asked(text, search(f"{before} {text}"))
    if together.answered and together.article != first.article:
        return together
    if first.answered and first.article != alone.article:
        return replace(alone, finding=faq.beside(alone.finding, first.article or ""))
    return alone


def _in_context(text: str, before: str | None, search: Search, faq: FaqEngine) -> Asked:
    """Read a short message alone or after the question before it, whichever says more."""
    alone = Asked(text, search(text))
    leads = leads_on(text)
    short = len(text.split()) <= (_LEADING if leads or refers_back(text) else _SHORT)
    wordless = not any(letter.isalpha() for letter in text)
    if before is None or wordless or not short or (alone.answered and not leads):
        return alone
    together, then = Asked(before, search(f"{before} {text}")), Asked(before, search(before))
    if together.finding.decision == "abstain":
        return alone
    return _together(text, before, alone, together, then, faq)


def _together(
    text: str, before: str, alone: Asked, together: Asked, then: Asked, faq: FaqEngine
) -> Asked:
    """Choose between a message read alone and read after what was asked before it."""
    if together.article != then.article:
        agrees = not alone.answered and (together.answered or together.article == alone.article)
        likelier = together.finding.confidence >= alone.finding.confidence
        return together if agrees and likelier else alone
    if not _goes_on(alone, together, then, leads=leads_on(text)):
        return alone
    sister = _sister(text, alone, before, together, faq)
    if sister is not None:
        return Asked(before, sister)
    if not _known(telling_words(text), faq):
        return replace(together, finding=replace(together.finding, decision="clarify"))
    return together


def _goes_on(alone: Asked, together: Asked, then: Asked, *, leads: bool) -> bool:
    """Whether the message asks for more of the article that answered the question before it."""
    likely = together.finding.confidence
    if alone.answered:
        slightly = likely >= then.finding.confidence - _SLIGHTLY
        return slightly and likely >= alone.finding.confidence
    if leads and together.answered:
        return True  # nothing but the words before it tells what it is about
    return likely >= max(then.finding.confidence - _DOUBT, alone.finding.confidence)


def _sister(
    text: str, alone: Asked, before: str, together: Asked, faq: FaqEngine
) -> Finding | None:
    """Return the article beside the last one that the new words name: another product's warranty.

    It must say something of both messages, and the last article nothing of the new words.
    """
    new, old = telling_words(text), telling_words(before)
    words = _words_of(faq)
    near = together.finding.ranked[1:_MOST_QUESTIONS]
    sister = next((match for match in near if match.article_id == alone.article), None)
    if sister is None or new & words[together.article or ""]:
        return None
    said = words[sister.article_id]
    if not (new & said and old & said):
        return None
    rest = (other for other in together.finding.ranked if other != sister)
    return replace(together.finding, ranked=(sister, *rest))


def _question_before(turn: Turn) -> str | None:
    """Return the question that the conversation is about, if it is not long ago."""
    recent = turn.conversation.recent[-_SINCE:]
    if not any(said.kind in _TOPIC_KINDS for said in recent):
        return None
    return str(turn.conversation.context.get("question") or "") or None


def _known(words: set[str], faq: FaqEngine) -> bool:
    """Whether the shop ever speaks of one of these; nothing said is nothing strange."""
    return not words or any(words & said for said in _words_of(faq).values())


@lru_cache(maxsize=2)
def _words_of(faq: FaqEngine) -> dict[str, frozenset[str]]:
    """Return what each article speaks of."""
    return {
        article.id: frozenset(
            word
            for text in article.texts.values()
            for line in (text.title, *text.questions, text.answer)
            for word in telling_words(line)
        )
        for article in faq.articles
    }
