"""The stock assistant's action server: `python -m rasa_sdk --actions bench.stock.actions`.

It does what ours does for the same words, as cheaply as its author might: it finds the article by
letters (TF-IDF, no neural model), and reads the order from the same SQLite file that Sapa has.
STOCK_KNOWLEDGE and STOCK_DATABASE say where both lie. Runs in Rasa's environment.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sklearn.feature_extraction.text import TfidfVectorizer

_ORDER = """
SELECT o.status, o.city, o.total_idr, c.phone, c.email, s.courier, s.tracking_number, s.eta, s.id
FROM orders o JOIN customers c ON c.id = o.customer_id
LEFT JOIN shipments s ON s.order_number = o.number WHERE o.number = ?
"""


def _wordings() -> Iterator[tuple[str, str]]:
    """Give (wording, answer) of every article in both languages."""
    for file in sorted(Path(os.environ["STOCK_KNOWLEDGE"]).glob("*.yml")):
        for article in yaml.safe_load(file.read_text(encoding="utf-8")):
            for text in article["texts"].values():
                yield from ((question, text["answer"]) for question in text["questions"])


class Articles:
    """The shop's articles, found by their letters."""

    def __init__(self) -> None:
        wordings, self._answers = zip(*_wordings(), strict=True)
        self._letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        self._rows = self._letters.fit_transform(wordings)

    def answer(self, question: str) -> str:
        """Return the answer of the nearest wording."""
        scores = self._rows @ self._letters.transform([question]).T
        answer: str = self._answers[int(scores.toarray().argmax())]
        return answer


_ARTICLES = Articles()
_DATABASE = sqlite3.connect(os.environ["STOCK_DATABASE"], check_same_thread=False)


class Answer(Action):
    """Answers a question from the articles."""

    def name(self) -> str:
        return "action_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=_ARTICLES.answer(tracker.latest_message["text"]))
        return []


class ValidateTrackOrder(FormValidationAction):
    """Checks what the customer gave; a wrong order number is asked for again."""

    def name(self) -> str:
        return "validate_track_order_form"

    def validate_order_number(
        self,
        value: str,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        known = _DATABASE.execute(_ORDER, (value.strip().upper(),)).fetchone()
        return {"order_number": value.strip().upper() if known else None}


class ShowOrder(Action):
    """Shows the order to whoever proves that it is theirs."""

    def name(self) -> str:
        return "action_show_order"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        number, proof = tracker.get_slot("order_number"), tracker.get_slot("proof")
        row = _DATABASE.execute(_ORDER, (number,)).fetchone()
        if row and proof in (row[4], str(row[3])[-4:]):
            events = _DATABASE.execute(
                "SELECT at, code, city FROM shipment_events WHERE shipment_id = ? ORDER BY at",
                (row[8],),
            ).fetchall()
            steps = "\n".join(f"{at} {code} {city}" for at, code, city in events)
            dispatcher.utter_message(text=f"{number}: {row[0]}, {row[5]} {row[6]}\n{steps}")
        else:
            dispatcher.utter_message(text="That does not fit.")
        return [SlotSet("order_number", None), SlotSet("proof", None)]
