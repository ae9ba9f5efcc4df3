"""The shop's two languages: which one a message is in, and how its words are usually spelt."""

from language.detection import LANGUAGES, Detection, Lang, detect
from language.spelling import plain, plain_words, without_particles

__all__ = ["LANGUAGES", "Detection", "Lang", "detect", "plain", "plain_words", "without_particles"]
