import time

import pytest

from bot.nlu.patterns import Found, find


def values(text: str) -> list[tuple[str, str]]:
    return [(found.entity, found.value) for found in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "TL-240815-0042",
        "tl-240815-0042",
        "TL 240815 0042",
        "TL2408150042",
        "tl240815-0042",
        "TL - 240815 - 0042",
        "TL/240815/0042",
        "TL–240815–0042",
        "TL-24 08 15-0042",
        "TL-24O815-OO42",
        "tl_240815_0042",
        "no pesanan 240815 0042",
        "240815-0042",
        "2408150042",
        "nomornya 240815/0042 kak",
        "pesanan TL-240815-0042.",
        "(TL-240815-0042)",
    ],
)
def test_an_order_number_is_found_however_it_is_typed(text: str) -> None:
    assert values(text) == [("order_number", "TL-240815-0042")]


def test_several_order_numbers_are_found_in_their_order() -> None:
    assert values("TL-240815-0042 sama tl 240816 0007, terus 2408170001") == [
        ("order_number", "TL-240815-0042"),
        ("order_number", "TL-240816-0007"),
        ("order_number", "TL-240817-0001"),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("TK-000123", "TK-000123"),
        ("tk 123", "TK-000123"),
        ("TK#000123", "TK-000123"),
        ("tk000123 gimana", "TK-000123"),
        ("tiket 000123", "TK-000123"),
        ("tiket saya nomor 123", "TK-000123"),
        ("my ticket number 123456", "TK-123456"),
        ("ticket #4567", "TK-004567"),
    ],
)
def test_a_ticket_number_is_found_however_it_is_typed(text: str, number: str) -> None:
    assert values(text) == [("ticket_number", number)]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("081234567890", "+6281234567890"),
        ("0812-3456-7890", "+6281234567890"),
        ("0812 3456 7890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("62812 3456 7890", "+6281234567890"),
        ("hp: 0812.3456.7890 ya", "+6281234567890"),
        ("(0274) 123456", "+62274123456"),
        ("+65 9123 4567", "+6591234567"),
    ],
)
def test_a_phone_number_is_found_and_written_internationally(text: str, phone: str) -> None:
    assert values(text) == [("phone", phone)]


@pytest.mark.parametrize(
    "text",
    [
        "4321",
        "belakangnya 4321",
        "4 digit terakhir: 4321",
        "4321 kak",
        "4 3 2 1",
        "4-3-2-1",
        "last four are 4321.",
        "hp ujungnya 4321 ya",
    ],
)
def test_the_last_four_digits_are_found(text: str) -> None:
    assert values(text) == [("phone_last4", "4321")]


@pytest.mark.parametrize(
    "text",
    [
        "Rp 5000",
        "5000 rupiah",
        "harganya 1.500.000",
        "jam 15:00",
        "15.000",
        "tahun 2024",
        "tanggal 2024-08-15",
        "model X4321",
        "tiket dong",
        "12345",
        "saya beli 2",
        "min. order 1500 rb",
        "TL",
        "",
    ],
)
def test_other_numbers_are_nothing(text: str) -> None:
    assert values(text) == []


def test_an_email_is_found_in_lower_case_without_the_full_stop_after_it() -> None:
    assert values("Email saya Budi.S+toko@Mail.Example.co.id.") == [
        ("email", "budi.s+toko@mail.example.co.id")
    ]


def test_number_and_proof_are_found_in_one_sentence() -> None:
    assert values("cek TL-240815-0042, hp belakangnya 4321, email a@b.example") == [
        ("order_number", "TL-240815-0042"),
        ("phone_last4", "4321"),
        ("email", "a@b.example"),
    ]


def test_positions_are_those_in_the_text() -> None:
    assert find("no. TL 240815 0042 ya") == [Found("order_number", "TL-240815-0042", 4, 18)]


@pytest.mark.parametrize("text", ["1" * 5000, "TL-" * 2000, "0 " * 3000, "a@" * 2500, "٤٣٢١" * 999])
def test_a_hostile_text_is_read_quickly(text: str) -> None:
    find(text)


@pytest.mark.parametrize("text", ["1234 ", "08-", "a.", "240815", "TL ", "TL 2 4 0 8 ", "+62 8 "])
def test_the_longest_message_does_not_stop_everybody_elses(text: str) -> None:
    started = time.process_time()
    find((text * 4096)[:4096])

    assert time.process_time() - started < 1  # a pattern that tries every way takes minutes
