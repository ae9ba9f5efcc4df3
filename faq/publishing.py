"""Put the articles as they stand into use: checked, tried, built, and switched in one step."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faq.alone import alone_in
from faq.articles import Article, content_hash
from faq.build import Built, IndexUnusable, compose, read, store
from faq.engine import encoder_of
from faq.knowledge import BrokenKnowledge, load_articles
from faq.recall import Encodes, Recall
from faq.rehearsal import strangers


class Refused(Exception):
    """The articles were tried and are not to be published; the message says why."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two states of the knowledge base; ids in alphabetical order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def between(cls, before: Sequence[Article], after: Sequence[Article]) -> "Changes":
        """Compare by id and version."""
        old, new = _versions(before), _versions(after)
        return cls(
            added=tuple(sorted(new.keys() - old.keys())),
            changed=tuple(sorted(one for one in new.keys() & old.keys() if new[one] != old[one])),
            removed=tuple(sorted(old.keys() - new.keys())),
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Publication:
    """What came of publishing."""

    built: Built
    changes: Changes
    fresh: bool  # a new index is in use; False: the one in use says just this already


def publish(
    knowledge: Path,
    folder: Path,
    model: str,
    *,
    approve: Callable[[Built, Built | None], None] | None = None,
    load: Callable[[str], Encodes] = encoder_of,
) -> Publication:
    """Put the articles of `knowledge` into use in `folder`; a second publication waits its turn.

    `approve` is shown what would be in use and what is, and raises Refused if it must not be.
    Raises BrokenKnowledge. Whatever is raised, and if the process is killed, the index in use
    stays as it is.
    """
    with alone_in(folder):
        articles = load_articles(knowledge)
        before = in_use(folder)
        built = draft(articles, before, model, load)
        if approve is not None:
            approve(built, before)
        if built is not before:
            store(built, folder)
    changes = Changes.between(before.articles if before else (), articles)
    return Publication(built, changes, fresh=built is not before)


def in_use(folder: Path) -> Built | None:
    """Return the index in use, None if there is none that is sound."""
    try:
        return read(folder)
    except IndexUnusable:
        return None


def draft(
    articles: Sequence[Article],
    before: Built | None,
    model: str,
    load: Callable[[str], Encodes] = encoder_of,
) -> Built:
    """Return the index of `articles`, which is `before` itself if that says just this.

    Only texts that `before` does not have are encoded.
    """
    known = Recall(model, load, {}, {})
    if before is not None and before.model == model:
        if before.content_hash == content_hash(articles):
            return before
        known = _recall(before, load)
    return compose(articles, known)


def _recall(built: Built, load: Callable[[str], Encodes]) -> Recall:
    material = built.material
    asked = [*(wording.text for wording in material.corpus.wordings), *strangers()]
    questions = dict(zip(asked, (*material.wordings, *material.strangers), strict=True))
    said = [answer.text for answer in material.corpus.answers]
    answers = dict(zip(said, material.answers, strict=True))
    return Recall(built.model, load, questions, answers)


def _versions(articles: Sequence[Article]) -> Mapping[str, str]:
    return {article.id: article.version for article in articles}


def _main(knowledge: str, folder: str, model: str) -> int:
    """Publish as a process of its own, for an app that goes on answering meanwhile."""
    try:
        publish(Path(knowledge), Path(folder), model)
    except BrokenKnowledge as broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
