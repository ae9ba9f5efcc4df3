from pathlib import Path

import pytest
from pydantic import BaseModel

from crm.offering.rules import OfferRules
from crm.offering.words import OfferContent, OfferWords, UpgradeRules
from crm.rule_files import FOLDER, BadRules, RuleFiles, parse

FILES: dict[str, type[BaseModel]] = {
    "offer_rules.yml": OfferRules,
    "offers.yml": OfferWords,
    "upgrades.yml": UpgradeRules,
}


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("offer_rules.yml", "not_now_days: 14", "not_now_dayz: 14", "Extra inputs"),
        ("offer_rules.yml", "a_day: 1", "a_day: -1", "greater than or equal to 0"),
        ("offer_rules.yml", "control_percent: 10", "control_percent: 90", "less than or equal"),
        ("offer_rules.yml", "explore_percent: 10", "explore_percent: 0", "greater than or equal"),
        ("offer_rules.yml", "    refill: 0.25\n", "", "chances names exactly"),
        ("offers.yml", "dari {buyers} pembelinya", "dari pembelinya", "together: fills in"),
        ("offers.yml", "  refill: {id:", "  refil: {id:", "reasons names exactly"),
        ("upgrades.yml", "unknown: NET-050", "unkown: NET-050", "Extra inputs"),
        ("upgrades.yml", "[NET-020, NET-050, NET-100]", "[NET-020, NET-020]", "names one twice"),
        ("upgrades.yml", "- problem: slow", "- problem slow", "not allowed"),
    ],
)
def test_a_typing_mistake_is_refused_with_file_line_and_reason(
    file: str, old: str, new: str, reason: str
) -> None:
    good = (FOLDER / file).read_text(encoding="utf-8")
    assert old in good

    with pytest.raises(BadRules) as refused:
        parse(Path(file), good.replace(old, new, 1), FILES[file])

    message = str(refused.value)
    assert message.startswith(f"{file}:")
    assert message.removeprefix(f"{file}:").partition(":")[0].isdigit()
    assert reason in message


def test_offers_go_on_by_the_words_before_while_a_file_has_a_mistake(tmp_path: Path) -> None:
    shop, kept = tmp_path / "shop", tmp_path / "kept"
    shop.mkdir()
    for file in FILES:
        (shop / file).write_text((FOLDER / file).read_text(encoding="utf-8"))
    first = OfferContent.load(RuleFiles(shop, kept))
    (shop / "offers.yml").write_text("reasons: {}")

    then = OfferContent.load(RuleFiles(shop, kept))

    assert then.reason("refill", {}, "id") == first.reason("refill", {}, "id")
