import json
from pathlib import Path

import pytest

from faq.build import IndexUnusable, build, read
from faq.encoder import DEFAULT_MODEL, Encoder
from faq.engine import FaqEngine
from faq.knowledge import BrokenKnowledge
from tests.faq.conftest import article, write


def current(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text()


def test_a_built_index_reads_back_and_finds_the_same(
    knowledge: Path, tmp_path: Path, encoder: Encoder
) -> None:
    built = build(knowledge, tmp_path / "index", encoder)
    again = read(tmp_path / "index")
    assert (again.model, again.content_hash, again.articles, again.judge) == (
        DEFAULT_MODEL,
        built.content_hash,
        built.articles,
        built.judge,
    )
    asked = "masih bisa retur?"
    before, after = FaqEngine(built, encoder), FaqEngine(again, encoder)
    assert after.search(asked, "id") == before.search(asked, "id")


def test_a_missing_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="there is no FAQ index"):
        FaqEngine.load(tmp_path)


@pytest.mark.parametrize("name", ["vectors.npz", "letters.npz", "articles.json", "judge.json"])
def test_a_damaged_index_is_refused_and_built_again(
    knowledge: Path, tmp_path: Path, encoder: Encoder, name: str
) -> None:
    index = tmp_path / "index"
    build(knowledge, index, encoder)
    file = current(index) / name
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(IndexUnusable, match=f"{name} has changed since it was built"):
        FaqEngine.load(index)
    engine = FaqEngine.load_or_build(index, knowledge)
    assert engine.search("bisa cod?", "id").ranked[0].article_id == "payment-cod"
    assert FaqEngine.load(index).content_hash == engine.content_hash


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"format": 1}', '{"format": 99}'])
def test_a_foreign_manifest_is_refused(
    knowledge: Path, tmp_path: Path, encoder: Encoder, manifest: str
) -> None:
    build(knowledge, tmp_path / "index", encoder)
    (current(tmp_path / "index") / "manifest.json").write_text(manifest)
    with pytest.raises(IndexUnusable):
        FaqEngine.load(tmp_path / "index")


def test_an_index_of_another_model_is_built_again(
    knowledge: Path, tmp_path: Path, encoder: Encoder
) -> None:
    index = tmp_path / "index"
    build(knowledge, index, encoder)
    manifest = current(index) / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "model": "other/model"}))
    FaqEngine.load_or_build(index, knowledge)
    assert read(index).model == DEFAULT_MODEL


def test_an_index_of_another_version_of_its_model_is_built_again(
    knowledge: Path, tmp_path: Path, encoder: Encoder
) -> None:
    index = tmp_path / "index"
    build(knowledge, index, encoder)
    manifest = current(index) / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "encoder": "usem3 0.0"}))
    with pytest.raises(IndexUnusable, match="made by another version of light"):
        FaqEngine.load(index)
    FaqEngine.load_or_build(index, knowledge)
    assert FaqEngine.load(index).content_hash == read(index).content_hash


def test_an_interrupted_build_leaves_the_old_index_serving(
    knowledge: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    before = build(knowledge, index, encoder).content_hash
    write(knowledge / "payment-cod.yml", article("payment-cod", topic="changed"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", die)
    with pytest.raises(KeyboardInterrupt):
        build(knowledge, index, encoder)
    monkeypatch.undo()
    assert FaqEngine.load(index).content_hash == before
    assert build(knowledge, index, encoder).content_hash != before


def test_a_broken_article_leaves_the_last_good_index_serving(
    knowledge: Path, tmp_path: Path, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    index = tmp_path / "index"
    before = build(knowledge, index, encoder).content_hash
    (knowledge / "payment-cod.yml").write_text("- article: [\n")
    with pytest.raises(BrokenKnowledge):
        build(knowledge, index, encoder)
    assert FaqEngine.load_or_build(index, knowledge).content_hash == before
    assert "the last good index serves on" in caplog.text


def test_without_any_index_a_broken_article_is_refused(knowledge: Path, tmp_path: Path) -> None:
    (knowledge / "payment-cod.yml").write_text("- article: [\n")
    with pytest.raises(BrokenKnowledge):
        FaqEngine.load_or_build(tmp_path / "index", knowledge)


def test_a_changed_article_is_served_after_the_next_load(knowledge: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    FaqEngine.load_or_build(index, knowledge)
    changed = article("payment-cod")
    texts = changed["texts"]
    assert isinstance(texts, dict)
    texts["en"]["answer"] = "No longer."
    write(knowledge / "payment-cod.yml", changed)
    served = FaqEngine.load_or_build(index, knowledge).article("payment-cod")
    assert served is not None
    assert served.texts["en"].answer == "No longer."


def test_old_builds_are_swept_away(knowledge: Path, tmp_path: Path, encoder: Encoder) -> None:
    for _ in range(4):
        build(knowledge, tmp_path / "index", encoder)
    assert len([path for path in (tmp_path / "index").iterdir() if path.is_dir()]) == 2
