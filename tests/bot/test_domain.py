import re
from pathlib import Path

import yaml

from bot.actions import all_actions
from bot.actions.form import INTERRUPTIONS, Form
from bot.actions.services import Services
from faq.articles import NEXT_ACTIONS
from tests.bot.rehearsal import BOT, domain, rules

CHOICE_ONLY = {"helpful"}


def intents() -> set[str]:
    return {next(iter(one)) if isinstance(one, dict) else one for one in domain("intents")}


def trained() -> set[str]:
    files = (BOT / "data" / "nlu").glob("*.yml")
    rows = [row for file in files for row in yaml.safe_load(file.read_text("utf-8"))["nlu"]]
    return {row["intent"] for row in rows if "intent" in row}


def test_every_action_of_the_domain_is_a_class_and_every_class_is_in_the_domain(
    services: Services,
) -> None:
    assert sorted(action.name() for action in all_actions(services)) == sorted(domain("actions"))


def test_every_intent_has_examples_and_every_example_an_intent() -> None:
    assert intents() - CHOICE_ONLY == trained()


def test_every_intent_has_exactly_one_rule() -> None:
    found = [
        rule["steps"][0]["intent"]
        for file in (BOT / "data" / "rules").glob("*.yml")
        for rule in yaml.safe_load(file.read_text("utf-8"))["rules"]
    ]
    assert sorted(found) == sorted(intents())


def test_every_rule_leads_to_an_action_or_a_form_of_the_domain() -> None:
    assert set(rules().values()) <= {*domain("actions"), *domain("forms")}


def test_every_form_has_its_action_and_asks_only_slots_of_the_domain(services: Services) -> None:
    forms = {one.form: one for one in all_actions(services) if isinstance(one, Form)}

    assert sorted(forms) == sorted(domain("forms"))
    for name, form in forms.items():
        asked = set(domain("forms")[name]["required_slots"])
        assert asked <= set(form.own_slots) <= set(domain("slots"))


def test_no_slot_influences_what_is_predicted() -> None:
    assert [name for name, slot in domain("slots").items() if slot["influence_conversation"]] == []


def test_interruptions_are_intents() -> None:
    assert intents() >= INTERRUPTIONS


def test_every_template_in_the_code_exists(services: Services) -> None:
    literal = re.compile(r'(?:say|words|reply)\(\s*"([a-z][a-z0-9_-]+)"')
    files = [*(BOT / "actions").glob("*.py"), BOT / "answerer.py"]
    used = {name for file in files for name in literal.findall(file.read_text("utf-8"))}

    assert {name for name in used if name not in services.templates} == set()


def test_every_next_action_of_an_article_has_a_label_and_an_intent(services: Services) -> None:
    for action in NEXT_ACTIONS:
        assert f"label-{action}" in services.templates
        assert action in intents() | {"start_return"}


def test_every_choice_of_a_template_is_an_intent(services: Services) -> None:
    for template in services.templates:
        for choice, _ in template.choices:
            assert choice.partition(":")[0] in intents(), (template.id, choice)


def test_every_status_and_courier_code_of_the_demo_shop_has_words(services: Services) -> None:
    events = _column("shipment_events.csv", 2)
    statuses = _column("orders.csv", 3)

    assert {code for code in events if f"event-{code}" not in services.templates} == set()
    assert {one for one in statuses if f"order-status-{one}" not in services.templates} == set()


def _column(name: str, place: int) -> set[str]:
    rows = (Path(__file__).parents[2] / "db" / "sample" / name).read_text("utf-8").splitlines()
    return {row.split(",")[place] for row in rows[1:]}
