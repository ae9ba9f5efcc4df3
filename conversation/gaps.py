"""What the knowledge base lacks: unanswered questions by meaning, the most costly first."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversation.unanswered import Unanswered
from faq.build import Built
from faq.encoder import Encoder
from faq.engine import FaqEngine
from faq.grouping import groups, meant_alike
from faq.reading import plain_form

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that mean the same, and what it cost that no article answers them."""

    questions: tuple[Unanswered, ...]  # the most typical first
    contacts: int  # handed to people
    minutes: float | None  # of those people; None where nobody knows
    nearest: str | None  # the article that comes nearest
    nearest_title: str

    @property
    def examples(self) -> list[str]:
        """Different wordings, the most typical first."""
        different = {plain_form(each.text): each.text for each in reversed(self.questions)}
        return list(reversed(different.values()))[:_EXAMPLES]

    @property
    def answers(self) -> list[str]:
        """What people said to it, each once."""
        return list(dict.fromkeys(said for each in self.questions for said in each.csr_said))


def find_gaps(questions: Sequence[Unanswered], built: Built, encoder: Encoder) -> list[Gap]:
    """Group the questions, at most faq.grouping.MOST of them.

    Ordered by the minutes of people, a contact whose minutes are not known yet counting as the mean
    of the others; then by contacts, then by questions.
    """
    plain = built.material.corpus.plain
    vectors = encoder.encode([plain(each.text) for each in questions])
    engine = FaqEngine(built, encoder)
    found = [
        _gap([questions[row] for row in rows], engine)
        for rows in groups(vectors, meant_alike(built))
    ]
    known = [each.minutes for each in questions if each.minutes is not None]
    usual = sum(known) / len(known) if known else 0.0

    def cost(gap: Gap) -> tuple[float, int, int]:
        waiting = sum(each.minutes is None and each.handoff is not None for each in gap.questions)
        return ((gap.minutes or 0.0) + waiting * usual, gap.contacts, len(gap.questions))

    return sorted(found, key=cost, reverse=True)


def _gap(questions: Sequence[Unanswered], engine: FaqEngine) -> Gap:
    minutes = [each.minutes for each in questions if each.minutes is not None]
    ranked = engine.search(questions[0].text, "en" if questions[0].lang == "en" else "id").ranked
    article = engine.article(ranked[0].article_id) if ranked else None
    return Gap(
        questions=tuple(questions),
        contacts=len({each.handoff for each in questions if each.handoff}),
        minutes=sum(minutes) if minutes else None,
        nearest=article.id if article else None,
        nearest_title=article.texts[questions[0].lang].title if article else "",
    )
