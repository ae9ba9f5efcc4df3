"""The words for days, parts of the day and numbers that people use when they name a time.

Both languages stand together: people mix them in one sentence.
"""

SLANG = {
    "bsk": "besok", "besuk": "besok", "bsok": "besok",
    "jm": "jam", "pkl": "jam", "pukul": "jam", "jam2": "jam",
    "skrg": "sekarang", "skrng": "sekarang", "skg": "sekarang", "skarang": "sekarang",
    "ntar": "nanti", "nnti": "nanti", "entar": "nanti", "tar": "nanti", "nti": "nanti",
    "hr": "hari", "tgl": "tanggal", "mgg": "minggu", "mgu": "minggu", "lg": "lagi", "mnt": "menit",
    "dpn": "depan", "mlm": "malam", "malem": "malam", "malm": "malam",
    "sng": "siang", "sre": "sore",
    "pgi": "pagi", "pg": "pagi", "jum'at": "jumat", "juma't": "jumat", "jmt": "jumat",
    "snin": "senin", "slasa": "selasa", "kmis": "kamis", "sbtu": "sabtu", "ahad": "hari minggu",
    "sejam": "1 jam", "semenit": "1 menit", "sehari": "1 hari", "seminggu": "1 pekan",
    "stgh": "setengah", "stengah": "setengah", "sth": "setengah",
    "tmr": "tomorrow", "tmrw": "tomorrow", "tmw": "tomorrow", "tomorow": "tomorrow",
    "2moro": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow",
    "mins": "minutes", "min": "minutes", "hrs": "hours", "hr.": "hours", "tonite": "tonight",
}  # fmt: skip

NUMBERS = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8,
    "sembilan": 9, "sepuluh": 10, "sebelas": 11, "dua belas": 12, "lima belas": 15,
    "dua puluh": 20, "tiga puluh": 30, "empat puluh": 40, "empat puluh lima": 45, "lima puluh": 50,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "forty-five": 45, "forty five": 45, "fifty": 50, "a couple of": 2, "couple of": 2,
}  # fmt: skip

WEEKDAYS = {
    "senin": 0, "selasa": 1, "rabu": 2, "kamis": 3, "jumat": 4, "sabtu": 5,
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5,
    "sunday": 6,
}  # fmt: skip
ENGLISH_WEEKDAYS = {  # read only in English: "sat" and "sun" are no days to an Indonesian
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5,
    "sun": 6,
}  # fmt: skip

MONTHS = {
    "januari": 1, "january": 1, "jan": 1, "februari": 2, "february": 2, "feb": 2, "maret": 3,
    "march": 3, "mar": 3, "april": 4, "apr": 4, "mei": 5, "may": 5, "juni": 6, "june": 6, "jun": 6,
    "juli": 7, "july": 7, "jul": 7, "agustus": 8, "august": 8, "agu": 8, "agt": 8, "ags": 8,
    "aug": 8, "september": 9, "sept": 9, "sep": 9, "oktober": 10, "october": 10, "okt": 10,
    "oct": 10, "november": 11, "nopember": 11, "nov": 11, "nop": 11, "desember": 12,
    "december": 12, "des": 12, "dec": 12,
}  # fmt: skip

DAYS = {  # days from today
    "day after tomorrow": 2, "besok lusa": 2, "lusa": 2,
    "tomorrow": 1, "besok": 1, "esok": 1,
    "hari ini": 0, "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0,
    "this evening": 0, "later": 0, "nanti": 0, "sebentar lagi": 0,
    "kemarin": -1, "kemaren": -1, "yesterday": -1,
}  # fmt: skip

NOW = (
    "sekarang", "right now", "right away", "now", "asap", "as soon as possible", "secepatnya",
    "immediately", "segera", "langsung aja", "saat ini",
)  # fmt: skip

PARTS = {  # word -> part of the day
    "subuh": "dawn", "pagi": "morning", "siang": "midday", "sore": "afternoon",
    "petang": "afternoon", "malam": "night", "morning": "morning", "afternoon": "afternoon",
    "evening": "night", "night": "night", "tonight": "night", "lunchtime": "midday",
}  # fmt: skip
PART_HOUR = {"dawn": 5, "morning": 9, "midday": 13, "afternoon": 16, "night": 19}
PART_HOUR_ENGLISH = {"afternoon": 14}  # "afternoon" begins earlier than "sore"

ZONES = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
