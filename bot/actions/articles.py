"""Speak an article as an answer, with what may follow it."""

from bot.actions.turn import Turn
from channels.message import Choice
from faq.articles import Article

_ASK_IF_HELPFUL_EVERY = 3  # answers


def article_of(turn: Turn, article_id: str) -> Article:
    """Return the article. Raises LookupError if the index names one that is not there."""
    article = turn.services.faq.article(article_id)
    if article is None:
        raise LookupError(f"the index names the article {article_id!r}, which is not there")
    return article


def answer_with(
    turn: Turn, article: Article, confidence: float, *, question: str = "", more: bool = False
) -> None:
    """Answer; `question` is what later follow-ups lean on, `more` says that others come after."""
    answers = int(turn.conversation.context.get("answers") or 0)
    choices: list[Choice] = []
    if turn.loop is None:
        choices = _what_follows(turn, article)
        if answers % _ASK_IF_HELPFUL_EVERY == 0 and not more:
            choices += turn.choices(["helpful:yes", "helpful:no"])
    turn.speak(
        turn.services.templates.article(
            article.texts[turn.lang].answer,
            turn.lang,
            article.id,
            article.version,
            kind="answer",
            data={"article": article.id, "confidence": round(confidence, 3)},
            choices=tuple(choices),
        )
    )
    turn.remember(
        article=article.id,
        version=article.version,
        answers=answers + 1,
        question=question or article.texts[turn.lang].title,
    )


def _what_follows(turn: Turn, article: Article) -> list[Choice]:
    """Return what the article leads to, and an order that the question named."""
    follows = [
        turn.choice(
            "open_ticket" if action == "start_return" else action,
            turn.words(f"label-{action}"),
        )
        for action in article.next_actions
    ]
    track = [
        turn.choice(f"track_order:{number}", f"{turn.words('label-track_order')} {number}")
        for number in turn.entities("order_number")[:1]
    ]
    return [*track, *(choice for choice in follows if not track or choice.id != "track_order")]
