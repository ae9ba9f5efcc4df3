from pathlib import Path

import pytest

from crm.rule_files import FOLDER, BadRules, RuleFiles, parse
from crm.segments.rules import FILE, SegmentRules, load_segment_rules

GOOD = (FOLDER / FILE).read_text(encoding="utf-8")


def line_of(part: str) -> int:
    return GOOD[: GOOD.index(part)].count("\n") + 1


def fault(old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(BadRules) as refused:
        parse(Path("segments.yml"), GOOD.replace(old, new, 1), SegmentRules)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("history_days: 365", "histry_days: 365", "Extra inputs are not permitted"),
        ("big_share: 0.1", "big_share: ten", "Input should be a valid number"),
        ("big_share: 0.1", "big_share: 0.7", "leave no regular customers"),
        ("passive_days: 270", "passive_days: 30", "passive_days must be more than active_days"),
        ("[Denpasar, Mataram, Kupang]", "[Denpasar, Medan]", "Medan is in sumatra and bali_nusa"),
        (
            "{segment: loyal, recency: [3, 3]",
            "{segment: loyal, recency: [4, 3]",
            "[4, 3] begins above",
        ),
        ("history_days: 365", "trend_days: 1\nhistory_days: 365", "is already in line"),
        ("last {days} days ({name})", "last {dayz} days ({name})", "no {dayz} to fill in"),
        ("phones: 365}", "phones: 0}", "greater than or equal to 1"),
    ],
)
def test_a_mistake_in_the_rules_is_named_with_its_reason(old: str, new: str, message: str) -> None:
    assert message in fault(old, new)


def test_a_mistake_is_named_with_its_line() -> None:
    where = line_of("big_share")

    assert fault("big_share: 0.1", "big_share: ten").startswith(
        f"segments.yml:{where}: size.big_share: "
    )
    where = line_of("history_days")
    assert fault("history_days: 365", "histry_days: 365") == (
        f"segments.yml:{where}: history_days: Field required\n"
        f"segments.yml:{where}: histry_days: Extra inputs are not permitted"
    )


def test_broken_yaml_is_named_with_its_line() -> None:
    message = fault("costs_idr: {bot_day", "costs_idr: {{bot_day")

    assert message.startswith("segments.yml:")
    assert "Traceback" not in message


def test_a_gap_between_rfm_rules_is_refused() -> None:
    assert "no segment for recency 3 and worth 1" in fault(
        'worth: [1, 2], name: {id: "mulai', 'worth: [2, 2], name: {id: "mulai'
    )


def test_with_a_mistake_the_rules_before_stay_also_after_a_restart(tmp_path: Path) -> None:
    shop, kept = tmp_path / "shop", tmp_path / "kept"
    shop.mkdir()
    (shop / FILE).write_text(GOOD.replace("history_days: 365", "history_days: 300"))
    assert load_segment_rules(RuleFiles(shop, kept)).history_days == 300

    (shop / FILE).write_text(GOOD.replace("history_days: 365", "history_days: many"))

    assert load_segment_rules(RuleFiles(shop, kept)).history_days == 300
    with pytest.raises(BadRules, match=r"segments.yml:\d+: history_days: "):
        load_segment_rules(RuleFiles(shop))


def test_every_city_of_the_demo_shop_has_a_region() -> None:
    rules = load_segment_rules()

    assert rules.region(" bandung ") == "java"
    assert rules.region("Atlantis") is None
    assert rules.region(None) is None
