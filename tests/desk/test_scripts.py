import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from crm.rule_files import BadRules
from desk.cases.scripts import FOLDER, Scripts, Situation, check, filled

PLAIN = Situation("request", "low", cross_sell=False, promotion=False, bill_due=False)


def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    shutil.copytree(FOLDER, folder)
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1) + "\n")


def test_every_situation_has_a_script_and_complaints_never_sell() -> None:
    scripts = Scripts()
    reasons = ("request", "complaint", "anger", "refund", "legal", "safety", "lockout", "failure")
    for reason, value, cross_sell, promotion, bill in product(
        reasons, ("high", "medium", "low", "new"), *[(True, False)] * 3
    ):
        found = scripts.fitting(Situation(reason, value, cross_sell, promotion, bill))
        lines = [text for _, line in found.steps() for text in (line.id, line.en)]
        if reason in ("complaint", "anger", "refund", "legal", "safety"):
            assert not any("{product}" in text for text in lines), found.script


@pytest.mark.parametrize(
    ("situation", "script"),
    [
        (PLAIN, "any"),
        (replace(PLAIN, value="high"), "valued-customer"),
        (replace(PLAIN, bill_due=True), "bill-due"),
        (replace(PLAIN, value="high", bill_due=True), "bill-due"),  # of equals the bill goes first
        (replace(PLAIN, reason="complaint", bill_due=True), "complaint"),  # the reason before it
        (replace(PLAIN, reason="complaint", value="high"), "complaint-valued"),
        (replace(PLAIN, cross_sell=True), "fits"),
        (replace(PLAIN, cross_sell=True, promotion=True), "fits-cheaper"),
        (replace(PLAIN, value="high", cross_sell=True, promotion=True), "fits-valued"),
        (replace(PLAIN, reason="a-code-of-tomorrow"), "any"),
    ],
)
def test_the_most_specific_script_wins(situation: Situation, script: str) -> None:
    assert Scripts().fitting(situation).script == script


def test_a_slot_of_which_nothing_is_known_shows_its_name() -> None:
    opening = Scripts().fitting(PLAIN).opening

    text = filled(opening, "en", {"csr": "Sari"}, {"name": "name"})

    assert text.startswith("Hello [name], I am Sari.")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("{name}, saya {csr}", "{nama}, saya {csr}", 8, "unknown slot {nama}"),
        ("Hello {name}, I am", "Hello, I am", 8, "both languages need the same slots"),
        ("value: [high]", "value: [gold]", 22, "'high'"),
        ("value: [high]", "worth: [high]", 22, "Extra inputs"),
        ("script: identity", "script: any", 36, "taken already"),
        ("{reason: [lockout]}", "{value: [high]}", 36, "exactly the same situations"),
        ('title: {id: "Bukti', 'titel: {id: "Bukti', 36, "Field required"),
        ("    questions:\n", "   questions:\n", 11, "expected"),
    ],
)
def test_a_mistake_is_named_with_file_and_line_and_the_old_ones_stay(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    folder = copied(tmp_path)
    scripts = Scripts(folder, tmp_path / "kept")

    change(folder / "general.yml", old, new)

    with pytest.raises(BadRules) as refused:
        check(folder)
    places = [one for one in str(refused.value).splitlines() if reason in one]
    assert places
    assert f"general.yml:{line}" in places[0]
    assert scripts.fitting(PLAIN).script == "any"
    assert scripts.fitting(replace(PLAIN, reason="lockout")).script == "identity"


def test_a_restart_with_a_mistake_serves_what_was_valid_before(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    Scripts(folder, tmp_path / "kept")
    change(folder / "selling.yml", "bill_due: true", "bill_due: maybe")

    again = Scripts(folder, tmp_path / "kept")

    assert again.fitting(replace(PLAIN, bill_due=True)).script == "bill-due"


def test_what_is_changed_is_used_without_a_restart(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    scripts = Scripts(folder)

    change(folder / "general.yml", "Is there an order or ticket number?", "Which order is it?")

    assert scripts.fitting(PLAIN).questions[1].en == "Which order is it?"


def test_without_a_script_for_all_that_is_left_nothing_is_taken(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "general.yml").unlink()

    with pytest.raises(BadRules, match="no script without"):
        check(folder)
