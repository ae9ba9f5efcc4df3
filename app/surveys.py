"""Put the parts of the surveys together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.services import Services
from bot.surveys import SurveyTalk, check_words
from conversation.bus import Bus
from conversation.solved import TopicOf
from conversation.surveying import Surveying
from conversation.transcript import Transcript
from crm.surveys.asking import Surveys
from crm.surveys.following import FollowUps
from crm.surveys.questionnaires import Questionnaires
from settings import Settings


def topics(services: Services) -> TopicOf:
    """Make what tells an article's topic."""

    def topic_of(article_id: str) -> str | None:
        article = services.faq.article(article_id)
        return article.topic if article else None

    return topic_of


def meaning(services: Services) -> Callable[[Sequence[str]], list[list[int]]]:
    """Make what groups texts by meaning, with the articles in use."""
    return lambda texts: services.faq.pinned().alike(texts)


@dataclass(frozen=True, slots=True)
class SurveyParts:
    """What asks, what hears, and what follows up."""

    services: Services
    talk: SurveyTalk
    follow_ups: FollowUps
    quiet: timedelta

    def surveying(self, transcript: Transcript, bus: Bus) -> Surveying:
        """Make what sends the surveys."""
        return Surveying(
            self.services.database,
            transcript,
            bus,
            self.talk.surveys,
            self.talk,
            name=self.talk.name,
            quiet=self.quiet,
            topic_of=topics(self.services),
        )


def survey_parts(settings: Settings, services: Services) -> SurveyParts:
    """Read the questionnaires. Raises BrokenQuestionnaires."""
    questionnaires = Questionnaires.load()
    check_words(questionnaires, services.templates, services.tickets.kinds.categories)
    surveys = Surveys(
        questionnaires,
        every=timedelta(days=settings.survey_every_days),
        open_for=timedelta(hours=settings.survey_open_hours),
    )
    return SurveyParts(
        services,
        SurveyTalk(services.persona.name, services.database, surveys, services.templates),
        FollowUps(services.database, services.tickets, questionnaires),
        timedelta(minutes=settings.survey_quiet_minutes),
    )
