"""Tell Indonesian from English in chat messages, which are short, slangy and often mixed.

Words that only one language has decide; lingua, a statistical detector, is asked about longer
texts that have none. What tells nothing ("ok", an order number) keeps the conversation's language.
"""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, NamedTuple

import yaml

if TYPE_CHECKING:
    from lingua import LanguageDetector

Lang = Literal["id", "en"]
LANGUAGES: tuple[Lang, ...] = ("id", "en")
SHOP_LANGUAGE: Lang = "id"  # of a first message that tells nothing

# A winner with fewer than this share of the telling words is not sure of itself.
_CLEAR_SHARE = 0.6
_MIN_WORDS_FOR_LINGUA = 3  # below, lingua guesses from names and order numbers
_MIN_LINGUA_LEAD = 0.4  # between its two confidences, 0 to 1
_MOST_CHARS_FOR_LINGUA = 400  # more tell nothing new, and take time

# Searched word by word: over a whole text, 4,096 emoji without a space took a second.
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NOT_A_WORD = re.compile(r"\S@\S|\d")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_STRETCHED = re.compile(r"(.)\1{2,}")  # "halooo", "pleaseee"
# Shapes of words that no list can hold.
_INDONESIAN_SHAPE = re.compile(
    r"\w{3,}ny[ae]|(?:di|me|pe|be|te|ke|se)\w{2,}(?:kan|annya|kin)|(?:pe[nm]|ke|per)\w{3,}an"
    r"|(?:meng|meny|nge|ng|ny)\w{3,}|di(?:ba|ca|ga|ja|ka|ki|la|ma|pa|pe|sa|ta|te|tu|u|ku|be)\w{2,}"
)
_ENGLISH_SHAPE = re.compile(
    r"\w+n['’]t|(?:i|you|he|she|we|they|it|that)['’]\w+|\w{3,}(?:ing|ed|ly)"
)


class Detection(NamedTuple):
    """The language of a message; `sure` means that the message itself told it."""

    lang: Lang
    sure: bool


def detect(text: str, previous: Lang | None = None) -> Detection:
    """Return the language of `text`; if the text tells none, the conversation's `previous` one."""
    words = _words(text)
    indonesian = sum(_is_indonesian(word) for word in words)
    english = sum(_is_english(word) for word in words)
    told = indonesian + english
    if told and max(indonesian, english) / told >= _CLEAR_SHARE:
        return Detection("id" if indonesian > english else "en", sure=True)
    if len(words) >= _MIN_WORDS_FOR_LINGUA:
        guess = _ask_lingua(" ".join(words))
        if guess is not None:
            return Detection(guess, sure=True)
    return Detection(previous or _leaning(words), sure=False)


def _words(text: str) -> list[str]:
    plain = _LINK.sub(" ", text.lower().replace("’", "'"))
    kept = " ".join(word for word in plain.split() if not _NOT_A_WORD.search(word))
    return [_STRETCHED.sub(r"\1", word) for word in _WORD.findall(kept)]


@cache
def _markers() -> dict[str, frozenset[str]]:
    content = resources.files("language").joinpath("markers.yml").read_text(encoding="utf-8")
    lists = {name: frozenset(words.split()) for name, words in yaml.safe_load(content).items()}
    both = lists["leaning_id"] | lists["leaning_en"]
    return {**lists, "id": lists["id"] - both, "en": lists["en"] - both, "both": both}


def _is_indonesian(word: str) -> bool:
    lists = _markers()
    if word in lists["id"]:
        return True
    known = word in lists["en"] or word in lists["both"]
    return not known and _INDONESIAN_SHAPE.fullmatch(word) is not None


def _is_english(word: str) -> bool:
    lists = _markers()
    if word in lists["en"]:
        return True
    known = word in lists["id"] or word in lists["both"]
    return not known and _ENGLISH_SHAPE.fullmatch(word) is not None


def _leaning(words: list[str]) -> Lang:
    lists = _markers()
    english = sum(word in lists["leaning_en"] for word in words)
    indonesian = sum(word in lists["leaning_id"] for word in words)
    if english == indonesian:
        return SHOP_LANGUAGE
    return "en" if english > indonesian else "id"


def _ask_lingua(text: str) -> Lang | None:
    confidence = {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in _lingua().compute_language_confidence_values(text[:_MOST_CHARS_FOR_LINGUA])
    }
    # Malay is Indonesian to a shop: a short Indonesian text is often taken for it.
    lead = confidence["id"] + confidence["ms"] - confidence["en"]
    if abs(lead) < _MIN_LINGUA_LEAD:
        return None
    return "id" if lead > 0 else "en"


@cache
def _lingua() -> "LanguageDetector":
    # Imported here, as most messages are told by their words. Its accurate mode is right in eight
    # more of 3,459 messages, and takes 77 MB instead of 7.
    from lingua import Language, LanguageDetectorBuilder  # noqa: PLC0415

    languages = Language.INDONESIAN, Language.MALAY, Language.ENGLISH
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
