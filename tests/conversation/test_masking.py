import pytest

from conversation.masking import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pesanan TL-261118-0042 belum sampai", "pesanan [number] belum sampai"),
        ("my order #12345", "my order [number]"),
        ("no resi JNE8829103847", "no resi [number]"),
        ("hub 0812-3456-7890 ya", "hub [phone] ya"),
        ("call +62 812 3456 7890", "call [phone]"),
        ("kirim ke budi.s@example.com", "kirim ke [email]"),
        ("kartu 4111 1111 1111 1111", "kartu [number]"),
        ("atas nama Budi Santoso belum", "atas nama [name] belum"),
        ("my name is Rina", "my name is [name]"),
        ("Halo Ibu Ratna, sudah dikirim", "Halo Ibu [name], sudah dikirim"),
        ("kirim ke Jl. Melati No. 5, Bandung", "kirim ke [address], Bandung"),
        ("sari tolong cek", "[name] tolong cek"),
        ("SARI WULANDARI nanya", "[name] nanya"),
    ],
)
def test_what_tells_who_somebody_is_is_hidden(said: str, shown: str) -> None:
    assert masked(said, ["Sari Wulandari"]) == shown


@pytest.mark.parametrize(
    "said",
    [
        "garansi 3 bulan atau 14 hari?",
        "harganya Rp2.000.000 ya",
        "ada yang 150rb?",
        "bisa bayar pakai qris ga kak",
        "sarikan dong",
        "",
    ],
)
def test_what_the_question_is_about_stays(said: str) -> None:
    assert masked(said, ["Sari Wulandari", ""]) == said
