import pytest

from language.clauses import asks, clauses, leads_on, telling_words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("bisa cod ga? ongkirnya berapa", ["bisa cod ga?", "ongkirnya berapa"]),
        ("ongkirnya berapa, terus kapan sampai", ["ongkirnya berapa,", "kapan sampai"]),
        ("makasih kak, oiya bisa cod ga", ["makasih kak,", "bisa cod ga"]),
        ("1. cara retur 2. cara tukar", ["1. cara retur", "2. cara tukar"]),
        ("do you ship abroad & what is the fee", ["do you ship abroad", "what is the fee"]),
        ("halo", ["halo"]),
        ("where's my order no. please", ["where's my order no. please"]),
        ("a.b@example.com 0812-3456-7890", ["a.b@example.com 0812-3456-7890"]),
        ("is j&t ok", ["is j&t ok"]),
        ("", []),
        ("...?!", []),
        ("dan, terus", []),
    ],
)  # fmt: skip
def test_a_message_is_taken_apart_where_something_new_may_begin(
    text: str, parts: list[str]
) -> None:
    assert [clause.text for clause in clauses(text)] == parts


def test_each_part_says_where_it_stands() -> None:
    text = "makasih kak. bisa cod ga, terus ongkirnya berapa?"

    assert [text[one.start : one.end] for one in clauses(text)] == [
        one.text for one in clauses(text)
    ]
    assert [one.sentence for one in clauses(text)] == [True, True, False]


def test_a_number_alone_makes_no_list() -> None:
    assert not any(one.listed for one in clauses("saya pesan 2. kapan sampai"))
    assert all(one.listed for one in clauses("1) cara retur 2) cara tukar"))


def test_a_flood_of_parts_ends_in_one() -> None:
    assert len(clauses("bisa cod ga? " * 50)) == 8


def test_what_asks_and_what_does_not() -> None:
    assert asks("gmn caranya")
    assert asks("toko tutup?")
    assert not asks("makasih banyak kak")
    assert not asks("and public holidays?", mark="")


def test_a_follow_up_is_known_by_its_beginning() -> None:
    assert leads_on("klo luar Jawa?")
    assert leads_on("and for gold?")
    assert not leads_on("toko buka jam berapa?")


def test_words_that_say_nothing_by_themselves_are_no_topic() -> None:
    assert telling_words("berapa lama?") == set()
    assert telling_words("kalau emas gimana") == {"emas"}
