"""What the engine searches: wordings and answers, each belonging to one article."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from faq.abbreviations import Abbreviations
from faq.articles import Article
from language import plain_words, without_particles


@dataclass(frozen=True, slots=True)
class Passage:
    """One wording or one answer of the article in row `article` of the corpus."""

    article: int
    text: str  # as `Corpus.plain` gives it
    lang: str = ""
    turn: int = 0  # position among the article's wordings of its language


@dataclass(frozen=True, slots=True)
class Corpus:
    """All articles of one knowledge base, ours or a foreign one, in the form search needs."""

    article_ids: tuple[str, ...]
    wordings: tuple[Passage, ...]
    answers: tuple[Passage, ...]
    abbreviations: Abbreviations

    @classmethod
    def of(cls, articles: Sequence[Article]) -> Self:
        """Take every language of `articles`: a question may match a wording of another one."""
        wordings, answers = [], []
        for row, article in enumerate(articles):
            for lang, text in article.texts.items():
                for turn, question in enumerate(text.questions):
                    wordings.append(Passage(row, question, lang, turn))
                answers.append(Passage(row, text.answer, lang))
        return cls.of_passages([a.id for a in articles], wordings, answers)

    @classmethod
    def of_passages(
        cls, article_ids: Sequence[str], wordings: Sequence[Passage], answers: Sequence[Passage]
    ) -> Self:
        """Take passages as they were written."""
        abbreviations = Abbreviations.explained_in(p.text for p in (*wordings, *answers))
        empty = cls(tuple(article_ids), (), (), abbreviations)
        return replace(
            empty,
            wordings=tuple(replace(p, text=empty.plain(p.text)) for p in wordings),
            answers=tuple(replace(p, text=empty.plain(p.text)) for p in answers),
        )

    def plain(self, text: str) -> str:
        """Return `text` as passages and questions are compared: usual spelling, no particles.

        The articles' own abbreviations go first, because "kk" may be "kak" or "kartu keluarga".
        """
        return without_particles(plain_words(self.abbreviations.written_out(text)))

    def answer_groups(self) -> list[int]:
        """Return one number per article, the same for articles that give the same answer."""
        said: dict[int, list[str]] = {row: [] for row in range(len(self.article_ids))}
        for answer in self.answers:
            said[answer.article].append(" ".join(answer.text.split()))
        first: dict[tuple[str, ...], int] = {}
        groups = []
        for row, texts in said.items():
            # Articles without any answer are different from each other.
            groups.append(first.setdefault(tuple(texts), row) if any(texts) else row)
        return groups


def rows_of(passages: Iterable[Passage]) -> list[int]:
    """Return the article row of each passage."""
    return [passage.article for passage in passages]
