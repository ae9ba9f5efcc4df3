"""What the assistant does: rasa-sdk actions that run in the app, one file per topic."""

from rasa_sdk import Action

from bot.actions import (
    accounts,
    answers,
    callbacks,
    control,
    fallback,
    offers,
    orders,
    people,
    smalltalk,
    ticket_status,
    tickets,
)
from bot.actions.services import Services

_TOPICS = (answers, control, fallback, offers, people, smalltalk)
_FORMS = (accounts, callbacks, orders, ticket_status, tickets)


def all_actions(services: Services) -> list[Action]:
    """Make every action that the domain names, once, with its services."""
    classes = [
        *(action for topic in _TOPICS for action in topic.ACTIONS),
        *(form for topic in _FORMS for form in topic.FORMS),
    ]
    return [action(services) for action in classes]
