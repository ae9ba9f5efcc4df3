"""How a time of day is written in each language, as a pattern of Unicode's CLDR."""

CLOCK = {"id": "HH.mm", "en": "HH:mm"}
