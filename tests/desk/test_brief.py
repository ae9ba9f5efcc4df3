from desk.brief import Brief


def test_a_brief_survives_storing() -> None:
    brief = Brief(
        who="Dewi, verified",
        wants="the parcel",
        said=["mana paket saya"],
        tried=["showed order TL-260801-0042"],
        entities={"order_number": "TL-260801-0042"},
        mood="angry",
        open=["order TL-260801-0042"],
        offer_allowed=False,
    )

    assert Brief.read(brief.as_json()) == brief


def test_missing_and_odd_fields_hide_nothing_else() -> None:
    stored = {
        "wants": None,
        "said": "only one line",
        "tried": ["a", None, {"article": "returns"}],
        "entities": ["TL-1"],
        "mood": 3,
        "offer_allowed": "yes",
        "unheard_of": 1,
    }

    assert Brief.read(stored) == Brief(
        said=["only one line"], tried=["a", "article: returns"], entities={"1": "TL-1"}, mood="3"
    )
    assert Brief.read(None) == Brief()
