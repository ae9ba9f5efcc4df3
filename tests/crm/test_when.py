from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.when import parse_when

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=JAKARTA)  # a Wednesday

INDONESIAN = {
    "besok jam 3 sore": "19 15:00",
    "bsk jm 3 sore ya": "19 15:00",
    "nanti malam jam 7": "18 19:00",
    "ntar mlm jam 7": "18 19:00",
    "lusa pagi": "20 09:00",
    "besok lusa jam 10": "20 10:00",
    "senin depan jam 10": "23 10:00",
    "jumat depan siang": "27 13:00",
    "jumat jam 2 siang": "20 14:00",
    "jum'at pagi": "20 09:00",
    "hari kamis jam 9": "19 09:00",
    "rabu jam 4 sore": "18 16:00",
    "jam 15.30": "18 15:30",
    "15.30": "18 15:30",
    "15:30 wib": "18 15:30",
    "jam 15.30 WITA": "18 14:30",
    "pukul 14.00": "18 14:00",
    "pkl 14": "18 14:00",
    "jam 3": "18 15:00",
    "jam tiga sore": "18 15:00",
    "jam 10": "19 10:00",
    "jam 10 pagi": "19 10:00",
    "jam setengah empat sore": "18 15:30",
    "besok jam setengah 9 pagi": "19 08:30",
    "besok jam 3 kurang seperempat": "19 14:45",
    "besok jam 9 lewat 15": "19 09:15",
    "besok jam dua belas siang": "19 12:00",
    "besok siang": "19 13:00",
    "nanti sore": "18 16:00",
    "sore ini": "18 16:00",
    "besok": "19 09:00",
    "sekarang": "18 12:00",
    "skrg aja kak": "18 12:00",
    "secepatnya": "18 12:00",
    "dua jam lagi": "18 14:00",
    "sejam lagi": "18 13:00",
    "setengah jam lagi": "18 12:30",
    "30 menit lagi": "18 12:30",
    "satu jam setengah lagi": "18 13:30",
    "3 hari lagi": "21 12:00",
    "3 hari lagi jam 10 pagi": "21 10:00",
    "minggu depan": "25 09:00",
    "senin minggu depan jam 1 siang": "23 13:00",
    "hari minggu jam 10": "22 10:00",
    "minggu pagi": "22 09:00",
    "seminggu lagi jam 9": "25 09:00",
    "tanggal 25 jam 9 pagi": "25 09:00",
    "tgl 20": "20 09:00",
    "25 november jam 2 siang": "25 14:00",
    "25/11 jam 14.00": "25 14:00",
    "25-11-2026 pukul 08.30": "25 08:30",
    "telepon saya besok sekitar jam 4 sore ya kak": "19 16:00",
    "abis jam 5 sore": "18 17:00",
    "hari ini jam 9": "18 21:00",
    "besok jam 07.00": "19 07:00",
    "nanti tengah malam": "19 00:00",
    "besok jam 1 malam": "20 01:00",
    "10 pagi": "19 10:00",
    "jam 8 malam": "18 20:00",
    "akhir pekan jam 10 pagi": "21 10:00",
}
ENGLISH = {
    "tomorrow 3pm": "19 15:00",
    "tmrw at 3 pm": "19 15:00",
    "tomorrow at 3": "19 15:00",
    "tomorrow at 15:30": "19 15:30",
    "in two hours": "18 14:00",
    "in 2 hours": "18 14:00",
    "two hours from now": "18 14:00",
    "in an hour": "18 13:00",
    "in half an hour": "18 12:30",
    "in 45 mins": "18 12:45",
    "in a couple of hours": "18 14:00",
    "next monday morning": "23 09:00",
    "next friday at 10": "27 10:00",
    "monday at 10": "23 10:00",
    "friday at 2": "20 14:00",
    "this friday afternoon": "20 14:00",
    "on thursday at 9 am": "19 09:00",
    "fri 4pm": "20 16:00",
    "sat morning": "21 09:00",
    "sunday at noon": "22 12:00",
    "wednesday at 5pm": "18 17:00",
    "tonight at 7": "18 19:00",
    "tonight": "18 19:00",
    "this afternoon": "18 14:00",
    "this evening at 6:30": "18 18:30",
    "today at 4": "18 16:00",
    "today at 9": "18 21:00",
    "tomorrow": "19 09:00",
    "tomorrow morning": "19 09:00",
    "tomorrow at half past three": "19 15:30",
    "quarter to 5": "18 16:45",
    "quarter past nine tomorrow morning": "19 09:15",
    "day after tomorrow at 10am": "20 10:00",
    "the day after tomorrow, 10 a.m.": "20 10:00",
    "now": "18 12:00",
    "right now please": "18 12:00",
    "asap": "18 12:00",
    "as soon as possible": "18 12:00",
    "november 25 at 9": "25 09:00",
    "25 november at 9am": "25 09:00",
    "nov 20 10am": "20 10:00",
    "the 25th at 2pm": "25 14:00",
    "on the 25th of november": "25 09:00",
    "2026-11-25 15:00": "25 15:00",
    "11/25 at 10am": "25 10:00",
    "3 o'clock tomorrow": "19 15:00",
    "at 10": "19 10:00",
    "9am": "19 09:00",
    "next week": "25 09:00",
    "in 3 days at 10 am": "21 10:00",
    "could you call me around 4 pm?": "18 16:00",
    "12pm tomorrow": "19 12:00",
    "12am tomorrow": "19 00:00",
    "at the weekend, 11am": "21 11:00",
}
NONE = [
    "", "halo", "tidak tahu", "kapan saja", "whenever", "jam berapa aja", "hari ini", "nanti",
    "25:99", "jam 45", "besok jam 99", "tanggal 45", "31/02", "Rp10.000", "pesanan TL", "\x00",
    "minggu ini", "0812-3456-7890", "at 15pm",
]  # fmt: skip


def november(text: str) -> datetime:
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=JAKARTA)


@pytest.mark.parametrize(("text", "expected"), INDONESIAN.items())
def test_an_indonesian_time_is_understood(text: str, expected: str) -> None:
    assert parse_when(text, "id", NOW, JAKARTA) == november(expected)


@pytest.mark.parametrize(("text", "expected"), ENGLISH.items())
def test_an_english_time_is_understood(text: str, expected: str) -> None:
    assert parse_when(text, "en", NOW, JAKARTA) == november(expected)


@pytest.mark.parametrize("text", NONE)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_words_that_name_no_time_give_none(text: str, lang: str) -> None:
    found = parse_when(text, lang, NOW, JAKARTA)

    assert found is None


def test_a_day_that_has_passed_this_month_is_the_next_months() -> None:
    assert parse_when("tanggal 5 jam 9", "id", NOW, JAKARTA) == datetime(
        2026, 12, 5, 9, tzinfo=JAKARTA
    )
    assert parse_when("5 januari", "id", NOW, JAKARTA) == datetime(2027, 1, 5, 9, tzinfo=JAKARTA)


def test_yesterday_is_understood_so_that_it_can_be_refused() -> None:
    assert parse_when("kemarin jam 9", "id", NOW, JAKARTA) == november("17 09:00")


WORDS = st.sampled_from(
    [*" ".join([*INDONESIAN, *ENGLISH]).split(), "9999-12-31", "99", "tengah", "malam", "\ud800"]
)


@given(st.text() | st.lists(WORDS, max_size=8).map(" ".join), st.sampled_from(["id", "en"]))
def test_no_text_is_an_error(text: str, lang: str) -> None:
    found = parse_when(text, lang, NOW, JAKARTA)

    assert found is None or found.tzinfo is JAKARTA
