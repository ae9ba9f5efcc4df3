import importlib.util
from pathlib import Path

import yaml

from bench.dialogues import dialogues
from bench.stock import project
from settings import PROJECT_DIR


def test_the_stock_assistant_is_rasas_default_over_our_examples(tmp_path: Path) -> None:
    project.write(tmp_path)
    config = yaml.safe_load((tmp_path / "config.yml").read_text())
    domain = yaml.safe_load((tmp_path / "domain.yml").read_text())
    rules = yaml.safe_load((tmp_path / "rules/rules.yml").read_text())["rules"]
    answered = {rule["steps"][0].get("intent") for rule in rules}

    assert [one["name"] for one in config["pipeline"]] == [
        "WhitespaceTokenizer",
        "RegexFeaturizer",
        "LexicalSyntacticFeaturizer",
        "CountVectorsFeaturizer",
        "CountVectorsFeaturizer",
        "DIETClassifier",
        "EntitySynonymMapper",
        "ResponseSelector",
        "FallbackClassifier",
    ]
    assert [one["name"] for one in config["policies"]] == [
        "MemoizationPolicy",
        "RulePolicy",
        "UnexpecTEDIntentPolicy",
        "TEDPolicy",
    ]
    assert {"faq", "track_order", "greet"} <= set(domain["intents"])
    assert set(domain["intents"]) - answered == set()


def test_the_stock_actions_are_those_that_the_domain_names(tmp_path: Path) -> None:
    project.write(tmp_path)
    domain = yaml.safe_load((tmp_path / "domain.yml").read_text())
    spec = importlib.util.find_spec("bench.stock.actions")
    assert spec is not None
    source = Path(str(spec.origin)).read_text(encoding="utf-8")

    assert [one for one in domain["actions"] if f'return "{one}"' not in source] == []


def test_the_visitors_say_what_the_demo_shop_knows() -> None:
    orders = (PROJECT_DIR / "db/sample/orders.csv").read_text(encoding="utf-8")
    numbers = [texts[1] for kind, texts in dialogues() if kind == "order"]

    assert len(dialogues()) > 5
    assert [one for one in numbers if one not in orders] == []
