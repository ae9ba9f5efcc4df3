from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.speech import (
    LANGUAGES,
    BrokenTemplates,
    Templates,
    from_json,
    in_register,
    load_persona,
    to_json,
)
from tests.bot.rehearsal import BOT

SLOTS = yaml.safe_load((BOT / "templates" / "slots.yml").read_text(encoding="utf-8"))


def folder_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "slots.yml").write_text("order: TL-1\nname: Nara\n", encoding="utf-8")
    (tmp_path / "some.yml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_template_speaks_both_languages_with_every_slot_filled(templates: Templates) -> None:
    for template in templates:
        for lang in LANGUAGES:
            for seed in ("a", "b", "c"):
                text = templates.reply(template.id, lang, seed=seed, **_but_name()).text
                assert text
                assert "{" not in text, template.id


def test_every_choice_has_a_label_and_fits_into_64_bytes(templates: Templates) -> None:
    for template in templates:
        for choice, label in template.choices:
            assert len(choice.encode()) <= 64
            assert all(label[lang] for lang in LANGUAGES)


def test_the_same_turn_gets_the_same_variant(templates: Templates) -> None:
    said = {templates.text("greet", "id", seed="turn 1") for _ in range(5)}
    assert len(said) == 1


def test_different_turns_get_different_variants(templates: Templates) -> None:
    assert len({templates.text("greet", "id", seed=str(turn)) for turn in range(20)}) == 2


def test_a_reply_names_its_template_and_version(templates: Templates) -> None:
    reply = templates.reply("greet", "en")

    assert (reply.source.type, reply.source.id) == ("template", "greet")
    assert reply.source.version == templates.get("greet").version


def test_a_changed_word_changes_the_version(tmp_path: Path) -> None:
    one = Templates.load(folder_with(tmp_path, "hi: {id: Hai, en: Hi}")).get("hi").version
    other = Templates.load(folder_with(tmp_path, "hi: {id: Halo, en: Hi}")).get("hi").version

    assert one != other


def test_a_reply_survives_the_way_through_rasa(templates: Templates) -> None:
    reply = templates.reply("greet", "id", data={"a": 1})

    assert from_json(to_json(reply)) == reply


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hi: {id: Hai}", ":1: 'hi' has no text in 'en'"),
        ("\nhi: {id: 'Hai {order}', en: Hi}", ":2: 'hi' has different slots"),
        ("hi: {id: 'Hai {size}', en: 'Hi {size}'}", "slots.yml does not know: size"),
        ("hi: {id: Hai, en: Hi}\nhi: {id: Hai, en: Hi}", ":2: 'hi' is there already"),
        ("hi: {id: Hai, en: Hi, mood: furious}", "unknown mood 'furious'"),
        ("hi: {id: Hai, en: Hi, choices: [stop]}", "'stop' without a label"),
        ("hi: {id: Hai, en: Hi, colour: red}", "unknown key 'colour'"),
        ("hi: [", "broken YAML"),
    ],
)
def test_a_fault_is_named_with_file_and_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BrokenTemplates) as broken:
        Templates.load(folder_with(tmp_path, text))

    assert fault in str(broken.value)
    assert "some.yml" in str(broken.value)


def test_the_register_is_a_setting() -> None:
    assert in_register("Baik, Kak. Pesanan Kakak?", "id", "plain") == "Baik. Pesanan Anda?"
    assert in_register("Baik, Kak.", "id", "bapak_ibu") == "Baik, Bapak/Ibu."
    assert in_register("Baik, Kak.", "id", "kak") == "Baik, Kak."


def test_the_persona_greets_in_both_languages_by_its_first_name() -> None:
    persona = load_persona()
    assert all(persona.name in persona.greeting[lang] for lang in LANGUAGES)


def test_on_a_site_where_the_assistant_has_another_name_it_says_so() -> None:
    named = Templates.load().named("Dita")

    assert "Dita belum bisa" in named.text("attachment-image", "id")
    assert "Nara belum bisa" in Templates.load().text("attachment-image", "id")


def _but_name() -> dict[str, Any]:
    return {name: example for name, example in SLOTS.items() if name != "name"}
