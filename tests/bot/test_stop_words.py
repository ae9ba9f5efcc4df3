from dataclasses import replace
from typing import Any

import pytest

from bot.actions.conversations import ConversationView, Said
from bot.actions.services import Services
from bot.stop_words import Promotions
from conversation.answering import Question

CAMPAIGN = Said(
    "bot", "Diskon!", "text", {"campaign": "gajian"}, (), (), "campaign:gajian", "neutral"
)
ANSWER = replace(CAMPAIGN, data={})
SARI = ConversationView("c", customer_id="C0001", verified=True, recent=(CAMPAIGN,))


def question(text: str, **more: Any) -> Question:
    given = {
        "conversation_id": "c", "turn_id": "t", "text": text, "choice": None, "lang": "id",
        "dialogue": {"loop": "ticket_form"},
    }  # fmt: skip
    return Question(**{**given, **more})


@pytest.mark.parametrize("text", ["STOP", "Berhenti kak", "unsubscribe", "stop promo!"])
async def test_stop_after_a_campaign_takes_back_the_consent_at_once(
    services: Services, text: str
) -> None:
    await services.consents.note("C0001", "campaigns", granted=True, source="page")

    answer = await Promotions(services.consents).answer(question(text), SARI, services.templates)

    assert answer is not None
    assert answer.replies[0].source.id == "promotions-stopped"
    assert answer.dialogue == {"loop": "ticket_form"}
    stand = await services.consents.of("C0001")
    assert [(stand[one].granted, stand[one].source) for one in ("campaigns", "offers")] == [
        (False, "stop-word"),
        (False, "stop-word"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [("stop", ANSWER), ("kapan berhenti promonya?", CAMPAIGN), ("mau yang merah", CAMPAIGN)],
)
async def test_a_stop_that_means_something_else_ends_nothing(
    services: Services, text: str, said: Said
) -> None:
    conversation = replace(SARI, recent=(said,))

    answer = await Promotions(services.consents).answer(
        question(text), conversation, services.templates
    )

    assert answer is None
    assert (await services.consents.of("C0001"))["offers"].granted is True


async def test_whom_nobody_knows_is_told_that_nothing_is_sent(services: Services) -> None:
    stranger = replace(SARI, customer_id=None, verified=False)

    answer = await Promotions(services.consents).answer(
        question("stop promo"), stranger, services.templates
    )

    assert answer is not None
    assert answer.replies[0].source.id == "promotions-unknown"
