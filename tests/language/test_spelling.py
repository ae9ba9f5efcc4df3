"""Chat spelling is written out; what only looks like it stays as it was typed."""

import pytest

from language import plain, plain_words, without_particles


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kk brg aku blm dtg2, gmn ya?", "kakak barang saya belum datang, bagaimana ya?"),
        ("Haloooo kakkk, brp lbh cpt?", "Halo kak, berapa lebih cepat?"),
        ("hati2nya udh bkn gitu", "hatinya sudah bukan begitu"),
        ("pesanan gw gmn, can u check pls", "pesanan saya bagaimana, can you check please"),
        ("don’t dikirim dlu", "do not dikirim dlu"),
        ("Brp ongkir? Gmn bayarnya", "berapa ongkos kirim? bagaimana bayarnya"),
    ],
)
def test_chat_spelling_is_written_out(typed: str, meant: str) -> None:
    assert plain_words(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "TL-241101-0007 TK-000123",
        "gw.aja@toko.com",
        "budi_gw@gmn.co.id",
        "0812-3456-7890 +62812 3456",
        "www.toko.com/gw?sdh=blm",
        "https://gmn.id/brp",
        "AAA-111 BBB2222",
        "10 km dari toko, 5 g, 100 w",
        "nama saya Mo Salah dan Gan Eden",
        "KTP, NPWP, SMS, SPT, KLM",
        "mp3 h2o covid19 rt2",
        "How do I use the pen on a USB hub? Nope.",
        "",
        "🙂🙂",
    ],
)
def test_numbers_addresses_names_and_english_stay(text: str) -> None:
    assert plain_words(text) == text


def test_a_capital_at_the_beginning_of_a_sentence_is_no_name() -> None:
    assert plain_words("Blm sampai. Gmn ini\nTlg cek") == "belum sampai. bagaimana ini\ntolong cek"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("GMN", "bagaimana"),
        ("dtg2", "datang"),
        ("kakkk", "kak"),
        ("dmn", "di mana"),
        ("Tas", "tas"),
    ],
)
def test_one_word_in_its_usual_spelling(word: str, meant: str) -> None:
    assert plain(word) == meant


def test_writing_out_twice_changes_nothing_more() -> None:
    once = plain_words("kk brg aku blm dtg2, gmn ya? tlg cpt dong, thx")
    assert plain_words(once) == once


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("bisa retur tidak sih? dong", "bisa retur tidak"),
        ("please, track my parcel", "track my parcel"),
        ("ya dong", "ya dong"),
        ("sihir dan nahkoda", "sihir dan nahkoda"),
        ("", ""),
    ],
)
def test_particles_are_left_out_unless_nothing_else_is_said(text: str, left: str) -> None:
    assert without_particles(text) == left


@pytest.mark.parametrize(
    "text", ["a" * 4_096, "aa-" * 1_365, "w " * 2_048, "2" * 4_096, "x2" * 2_048]
)
def test_a_flood_of_anything_is_read(text: str) -> None:
    assert plain_words(text)
