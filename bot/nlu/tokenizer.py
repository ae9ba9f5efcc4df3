"""Splits a message into words, with their usual spelling; an order number is one word."""

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

import language
from bot.nlu import patterns

_WORD = re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]+")
# What the classifier sees in place of a number: that there is one counts, not which.
_STAND_IN = {
    "order_number": "nomorpesanan",
    "ticket_number": "nomortiket",
    "phone": "nomorponsel",
    "phone_last4": "empatdigit",
    "email": "alamatemail",
}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ChatTokenizer(Tokenizer):
    """Makes the tokens whose lemmas, joined, are what the featurizer and the classifier read."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return what Rasa's base class asks for; intents are not split into words."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_"}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Split the text of `attribute`, positions counted in the original text."""
        text = message.get(attribute)
        tokens: list[Token] = []
        position = 0
        for found in patterns.find(text):
            tokens += _words(text, position, found.start)
            stand_in = _STAND_IN[found.entity]
            tokens.append(Token(text[found.start : found.end], found.start, lemma=stand_in))
            position = found.end
        return tokens + _words(text, position, len(text))


def _words(text: str, start: int, end: int) -> list[Token]:
    return [
        Token(match[0], match.start(), lemma=language.plain(match[0]))
        for match in _WORD.finditer(text, start, end)
    ]
