"""Names the intent of a message: logistic regression on its embedding, words and letters."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

import language
from bot.nlu.featurizer import plain_text
from bot.nlu.known import Known
from bot.nlu.ngrams import NGrams
from bot.nlu.regression import fit, temperature

_MODEL_FILE = "intents.npz"
_NAMES_FILE = "names.json"
_MIN_ROWS_TO_CALIBRATE = 10  # of each intent


@dataclass(frozen=True)
class Intents:
    """A trained classifier: plain numbers, stored without pickle and run in numpy."""

    names: list[str]
    ngrams: NGrams
    mean: np.ndarray  # (512,), of the training embeddings
    embedding_weights: np.ndarray  # (512, intents)
    ngram_weights: np.ndarray  # (groups, intents)
    bias: np.ndarray  # (intents,)

    def confidences(self, embedding: np.ndarray, text: str) -> np.ndarray:
        """Return how likely each intent is (intents,), together 1."""
        columns, weights = self.ngrams.weigh(text)
        scores = (embedding - self.mean) @ self.embedding_weights + self.bias
        scores = scores + weights @ self.ngram_weights[columns]
        odds = np.exp(scores - scores.max())
        result: np.ndarray = odds / odds.sum()
        return result


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmbeddingClassifier(IntentClassifier, GraphComponent):
    """Trains in seconds, and its confidence means what it says: it is calibrated."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        intents: Intents | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._intents = intents
        self._known = Known()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the weights of the three kinds of evidence, and how many intents are ranked.

        Chosen by 5-fold cross-validation on bot/data/nlu; see docs/decisions/0007-understanding.md.
        """
        return {
            "C": 2.0,
            "embedding_scale": 5.0,
            "ngram_scale": 4.0,
            "balance": 0.35,  # people and complaints have many times the examples of the others
            "ranking_length": 5,
        }

    @classmethod
    def required_components(cls) -> list[type]:
        """Return what must stand before it in the pipeline."""
        return [Featurizer]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Return what else a training depends on: Rasa would reuse one made by older code."""
        folders = (Path(__file__).parent, Path(language.__file__).parent)
        files = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
        return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EmbeddingClassifier":
        """Build the untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        texts = [plain_text(one) for one in examples]
        ngrams = NGrams.learn(texts)
        embeddings = np.vstack([_embedding(one) for one in examples])
        mean = embeddings.mean(axis=0)
        scale, ngram_scale = self._config["embedding_scale"], self._config["ngram_scale"]
        dense, sparse = (embeddings - mean) * scale, ngrams.matrix(texts) * ngram_scale
        names, classes = np.unique([one.get(INTENT) for one in examples], return_inverse=True)
        weights = fit(dense, sparse, classes, self._config["C"], self._config["balance"])
        heat = self._temperature(dense, sparse, classes)
        self._intents = Intents(
            names=[str(name) for name in names],
            ngrams=ngrams,
            mean=mean,
            embedding_weights=weights.dense * (scale / heat),
            ngram_weights=weights.sparse * (ngram_scale / heat),
            bias=weights.bias / heat,
        )
        self._persist(self._intents)
        return self._resource

    def _temperature(self, dense: np.ndarray, sparse: csr_matrix, classes: np.ndarray) -> float:
        """Calibrate on every fifth sentence, which a regression on the others has not seen."""
        if np.bincount(classes).min() < _MIN_ROWS_TO_CALIBRATE:
            return 1.0
        # Sorted by class, so that each class gives its fifth.
        order = np.argsort(classes, kind="stable")
        unseen, known = order[::5], np.delete(order, np.s_[::5])
        c, balance = self._config["C"], self._config["balance"]
        weights = fit(dense[known], sparse[known], classes[known], c, balance)
        return temperature(weights.scores(dense[unseen], sparse[unseen]), classes[unseen])

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ranking of each message."""
        if self._intents is None:
            return messages
        for message in messages:
            found = self._confidences(self._intents, message)
            order = np.argsort(-found)[: self._config["ranking_length"]]
            ranking = [
                {"name": self._intents.names[i], "confidence": float(found[i])} for i in order
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _confidences(self, intents: Intents, message: Message) -> np.ndarray:
        text = plain_text(message)
        return self._known.of(text, lambda: intents.confidences(_embedding(message), text))

    def _persist(self, intents: Intents) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            np.savez_compressed(
                folder / _MODEL_FILE,
                mean=intents.mean,
                embedding_weights=intents.embedding_weights,
                ngram_weights=intents.ngram_weights,
                bias=intents.bias,
                idf=intents.ngrams.idf,
            )
            names = {"intents": intents.names, "groups": list(intents.ngrams.columns)}
            (folder / _NAMES_FILE).write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "EmbeddingClassifier":
        """Read the trained component from a model."""
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / _NAMES_FILE).read_text(encoding="utf-8"))
            with np.load(folder / _MODEL_FILE, allow_pickle=False) as stored:
                numbers = {name: stored[name] for name in stored.files}
        groups = {group: column for column, group in enumerate(names["groups"])}
        ngrams = NGrams(groups, numbers.pop("idf"))
        intents = Intents(names=names["intents"], ngrams=ngrams, **numbers)
        return cls(config, model_storage, resource, intents)


def _embedding(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(TEXT)
    embedding: np.ndarray = sentence.features[0]
    return embedding
