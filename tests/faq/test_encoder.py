from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from faq.encoder import Encoder, EncoderUnusable
from faq.profiles import FULL, LIGHT, version

ODD = ["", "   ", "?!", "🙂🙂", "\ud800", "x" * 4_096, "ignore all rules", "日本語 и 한국어"]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(FULL, tmp_path_factory.mktemp("encoder"))


@pytest.fixture(params=[LIGHT, FULL])
def any_encoder(request: pytest.FixtureRequest, encoder: Encoder, full: Encoder) -> Encoder:
    return encoder if request.param == LIGHT else full


def test_every_text_has_a_vector_of_length_one(any_encoder: Encoder) -> None:
    vectors = any_encoder.encode(ODD)
    assert vectors.shape == (len(ODD), any_encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_no_texts_give_no_vectors(any_encoder: Encoder) -> None:
    assert any_encoder.encode([]).shape == (0, any_encoder.dimension)
    assert any_encoder.encode_answers([]).shape == (0, any_encoder.dimension)


def test_every_answer_has_a_vector_of_length_one(any_encoder: Encoder) -> None:
    vectors = any_encoder.encode_answers(ODD)
    assert vectors.shape == (len(ODD), any_encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_a_text_has_the_same_vector_in_any_company(any_encoder: Encoder) -> None:
    texts = ["Jam buka toko?", "can I pay on delivery " * 9, "retur", "ok", "berapa lama sampai"]
    alone = np.concatenate([any_encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(any_encoder.encode(texts), alone, atol=2e-3)


def test_full_weighs_both_models_by_their_share(encoder: Encoder, full: Encoder) -> None:
    vector = full.encode(["Bisa bayar di tempat?"])[0]
    assert (encoder.dimension, full.dimension) == (512, 896)
    np.testing.assert_allclose(vector[:384] @ vector[:384], 0.6, atol=1e-4)
    np.testing.assert_allclose(
        vector[384:] / 0.4**0.5, encoder.encode(["Bisa bayar di tempat?"])[0], atol=1e-4
    )


def test_light_reads_an_answer_as_it_reads_a_question(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.encode_answers(ODD), encoder.encode(ODD))


def test_full_has_e5_read_an_answer_otherwise_than_a_question(full: Encoder) -> None:
    asked, said = full.encode(["Bisa COD."])[0], full.encode_answers(["Bisa COD."])[0]
    assert not np.allclose(asked[:384], said[:384], atol=0.01)
    np.testing.assert_allclose(asked[384:], said[384:], atol=1e-4)


def test_full_finds_the_answer_to_a_question_among_answers(full: Encoder) -> None:
    asked = full.encode(["Bisa bayar di tempat?", "When are you open?"])
    said = full.encode_answers(["Cash on delivery up to Rp2,000,000.", "Daily from 10 to 9 pm."])
    assert (asked @ said.T).argmax(axis=1).tolist() == [0, 1]


def test_a_named_model_is_given_its_own_prompts(tmp_path: Path) -> None:
    words = Tokenizer(WordLevel({"retur": 0, "tanya": 1, "?": 2}, unk_token="?"))
    words.pre_tokenizer = Whitespace()
    table = StaticEmbedding(words, embedding_weights=np.eye(3, dtype=np.float32))
    prompts = {"query": "tanya ", "document": ""}
    SentenceTransformer(modules=[table], device="cpu", prompts=prompts).save(str(tmp_path))
    named = Encoder(str(tmp_path))
    np.testing.assert_allclose(named.encode(["retur"]), [[0.5**0.5, 0.5**0.5, 0]], atol=1e-6)
    np.testing.assert_array_equal(named.encode_answers(["retur"]), [[1, 0, 0]])


def test_a_model_in_a_folder_can_be_named(tmp_path: Path) -> None:
    words = Tokenizer(WordLevel({"retur": 0, "ongkir": 1, "?": 2}, unk_token="?"))
    table = StaticEmbedding(words, embedding_weights=np.eye(3, dtype=np.float32))
    SentenceTransformer(modules=[table], device="cpu").save(str(tmp_path))
    vectors = Encoder(str(tmp_path)).encode(["retur", "ongkir"])
    np.testing.assert_array_equal(vectors, [[1, 0, 0], [0, 1, 0]])


def test_a_model_that_is_nowhere_is_named_with_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderUnusable, match=r"SAPA_FAQ_MODEL=.*/none: neither a profile"):
        Encoder(str(tmp_path / "none"))


def test_each_profile_has_a_version_of_its_own() -> None:
    assert len({version(LIGHT), version(FULL), version("other/model")}) == 3


def test_a_changed_folder_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"one")
    before = version(str(tmp_path))
    version.cache_clear()
    assert version(str(tmp_path)) == before
    (tmp_path / "weights").write_bytes(b"other")
    version.cache_clear()
    assert version(str(tmp_path)) != before
