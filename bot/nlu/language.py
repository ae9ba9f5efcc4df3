"""Notes the language of a message, as the app decided it or as its words tell."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import language


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageDetector(GraphComponent):
    """Sets the message's `language`, "id" or "en", which the parse result shows."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LanguageDetector":
        """Build the component; it has no configuration."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the examples as they are: one classifier reads both languages."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Note each message's language; the app's choice wins, as it knows the conversation."""
        for message in messages:
            told = (message.get(METADATA) or {}).get("language")
            lang = told if told in language.LANGUAGES else language.detect(message.get(TEXT)).lang
            message.set("language", lang, add_to_output=True)
        return messages
