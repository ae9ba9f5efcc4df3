"""Cards as WhatsApp and Telegram show them: their own buttons, under a text that stands alone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.actions.services import Services
from bot.speech import from_json
from channels.message import Lang
from channels.telegram import wording as telegram
from channels.whatsapp.wording import parts_of
from crm.tables import Order, Shipment
from tests.bot.rehearsal import Rehearsal
from tests.channels.telegram.double import refused as refused_by_telegram
from tests.channels.whatsapp.double import refused, words_of
from tests.crm.shop import NOON, SARI_ORDER

TEMPLATES = Path(__file__).parents[2] / "bot" / "templates"
LONGEST_BUTTON = 20  # characters, Meta's
TO = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "1"}


def _shown(replies: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Give kind of message, text and titles of what WhatsApp would show."""
    shown = []
    for reply in map(from_json, replies):
        for part in parts_of(reply):
            assert refused({**TO, **part}) is None
            action = part.get("interactive", {}).get("action", {})
            rows = [row for section in action.get("sections", ()) for row in section["rows"]]
            titles = [one["title"] for one in rows]
            titles += [one["reply"]["title"] for one in action.get("buttons", ())]
            shown.append((part.get("interactive", part)["type"], words_of(part), titles))
    return shown


def _pressed(replies: list[dict[str, Any]]) -> list[list[str]]:
    """Give what each button of Telegram's keyboards says back, message by message."""
    pressed = []
    for reply in map(from_json, replies):
        for part in telegram.parts_of(reply):
            assert refused_by_telegram({"chat_id": 1, **part}) is None
            rows = part.get("reply_markup", {}).get("inline_keyboard", [])
            pressed.append([button["callback_data"] for row in rows for button in row])
    return pressed


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_an_order_has_one_next_step_as_a_button_on_both_channels(
    talk_in: Callable[[Lang], Rehearsal], services: Services, lang: Lang
) -> None:
    stranger, known, late, done = [talk_in(lang) for _ in range(4)]
    for talk, proof in ((stranger, "1111"), (known, "081200001111")):
        for _ in range(2):  # the first time an offer may stand below
            await talk.say(f"lacak {SARI_ORDER} {proof}", "track_order")
    async with services.database.write() as session:
        (await session.get_one(Shipment, "S1")).eta = NOON - timedelta(days=1)
    await late.say(f"lacak {SARI_ORDER} 1111", "track_order")
    async with services.database.write() as session:
        (await session.get_one(Order, SARI_ORDER)).status = "delivered"
    for _ in range(2):
        await done.say(f"lacak {SARI_ORDER} 1111", "track_order")

    assert [_pressed(talk.replies)[0] for talk in (stranger, known, late, done)] == [
        ["request_human"],
        [f"track_order:{SARI_ORDER}"],
        [],
        [f"open_ticket:{SARI_ORDER}"],
    ]
    assert _pressed(late.replies)[1] == [f"open_ticket:{SARI_ORDER}", "request_human"]
    shown = [_shown(talk.replies)[0] for talk in (stranger, known, late, done)]
    assert [kind for kind, _, _ in shown] == ["button", "button", "text", "button"]
    again = {"id": "Cek lagi", "en": "Check again"}[lang]
    assert shown[1][2] == [again]


async def test_looking_again_shows_the_order_without_another_proof(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    assert [len(buttons) for buttons in _pressed(talk.replies)] == [0, 3]  # an offer's own
    await talk.say(f"lacak {SARI_ORDER}", "track_order")
    await talk.tap(f"track_order:{SARI_ORDER}")

    assert [reply["kind"] for reply in talk.replies] == ["order"]


async def test_what_stands_on_a_card_is_not_taken_for_the_next_order(talk: Rehearsal) -> None:
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")
    await talk.say("lacak pesanan", "track_order")

    assert talk.sources == ["ask-order_number"]


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_order_offer_ticket_and_handoff_have_buttons_and_words_enough(
    talk_in: Callable[[Lang], Rehearsal], services: Services, lang: Lang
) -> None:
    async with services.database.write() as session:
        (await session.get_one(Shipment, "S1")).eta = NOON - timedelta(days=1)
    talk = talk_in(lang)
    await talk.say(f"lacak {SARI_ORDER} 1111", "track_order")
    order, late = _shown(talk.replies)
    assert (order[0], SARI_ORDER in order[1]) == ("text", True)
    assert (late[0], len(late[2])) == ("button", 2)

    shopper = talk_in(lang)
    await shopper.say("ada promo apa?", "ask_offer")
    ((kind, words, titles),) = _shown(shopper.replies)
    assert (kind, len(titles), "Rp" in words) == ("button", 2, True)

    await talk.tap(f"open_ticket:{SARI_ORDER}")
    await talk.say("0812-0000-1111", "inform")
    ((kind, words, _),) = _shown(talk.replies)
    assert (kind, "TK-" in words) == ("button", True)

    await talk.say("mau bicara dengan orang", "request_human")
    ((kind, _, titles),) = _shown(talk.replies)
    assert (kind, len(titles)) == ("button", 2)
    assert [title for title in titles if "…" in title] == []


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_more_than_three_choices_are_a_list(
    talk_in: Callable[[Lang], Rehearsal], lang: Lang
) -> None:
    talk = talk_in(lang)
    await talk.say(f"gelas yang saya terima pecah, pesanan {SARI_ORDER}", "open_ticket")
    await talk.tap("deny")
    ((kind, _, titles),) = _shown(talk.replies)

    assert (kind, len(titles) > 3) == ("list", True)
    assert [title for title in titles if "…" in title] == []


def test_no_label_of_ours_is_cut_on_a_button() -> None:
    found = {
        f"{file.stem} {name} {lang}: {label}"
        for file in TEMPLATES.glob("*.yml")
        for name, template in yaml.safe_load(file.read_text(encoding="utf-8")).items()
        for words in _labels(name, template)
        for lang, label in words.items()
        if lang in ("id", "en") and len(label) > LONGEST_BUTTON
    }

    assert found == set()


def _labels(name: str, template: Any) -> list[dict[str, str]]:
    own = [template] if name.startswith("label-") else []
    choices = template.get("choices", ()) if isinstance(template, dict) else ()
    return own + [one["label"] for one in choices if isinstance(one, dict)]
