from faq.abbreviations import Abbreviations
from faq.corpus import Corpus, Passage


def test_an_abbreviation_explained_once_is_written_out_everywhere() -> None:
    explained = Abbreviations.explained_in(["Nomor Induk Berusaha (NIB) diurus lewat OSS."])
    assert explained.written_out("syarat nib apa? NIB-ku hilang") == (
        "syarat nomor induk berusaha apa? nomor induk berusaha-ku hilang"
    )


def test_initials_without_an_explanation_mean_nothing() -> None:
    texts = ["jam layanan kantor", "bayar nanti (cicilan)", "Kartu Keluarga (KTP)", "(NIB)"]
    assert Abbreviations.explained_in(texts).meanings == {}


def test_the_first_explanation_counts() -> None:
    texts = ["cash on delivery (COD)", "cek order dulu (cod)"]
    assert Abbreviations.explained_in(texts).meanings == {"cod": "cash on delivery"}


def test_a_part_of_a_word_or_a_number_is_no_abbreviation() -> None:
    explained = Abbreviations.explained_in(["cash on delivery (COD)"])
    assert explained.written_out("kodok codet cod2 c0d") == "kodok codet cod2 c0d"


def test_the_meaning_in_the_articles_goes_before_the_usual_spelling() -> None:
    answers = [Passage(0, "Fotokopi nomor kartu (NK) dibawa.")]
    corpus = Corpus.of_passages(["a"], [Passage(0, "NK buat apa")], answers)
    assert corpus.wordings[0].text == "nomor kartu buat apa"
    assert corpus.plain("nk gmn") == "nomor kartu bagaimana"


def test_a_text_of_brackets_only_is_read_in_no_time() -> None:
    assert Abbreviations.explained_in(["(" * 50_000, ")(" * 50_000]).meanings == {}
