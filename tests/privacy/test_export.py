import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crm.consent import Consents
from db.engine import Database
from privacy.export import Exports, NobodyToExport
from privacy.words import PrivacyWords
from tests.crm.shop import NOON, Clock, at_noon
from tests.privacy.person import BUDI_SAYS, EMAIL, NAME, PHONE, SECRETS, TRACES, sari


def exports_of(database: Database, files: Path) -> Exports:
    return Exports(database, PrivacyWords.load("Asia/Jakarta"), files, at_noon)


async def test_an_export_holds_all_that_is_hers_and_nothing_of_anybody_else(
    database: Database, files: Path
) -> None:
    await sari(database, files)

    made = await exports_of(database, files).customer("C0001", "id")

    with zipfile.ZipFile(io.BytesIO(made.as_zip())) as archive:
        names = sorted(archive.namelist())
        data: dict[str, Any] = json.loads(archive.read("data.json"))
        text = archive.read("data-saya.txt").decode()
    everything = json.dumps(data, ensure_ascii=False)
    raw = SECRETS[6]  # not taken in yet, so nobody knows whose it is
    assert names == ["data-saya.txt", "data.json", "files/m1"]
    assert [trace for trace in TRACES if trace not in everything and trace != raw] == []
    assert BUDI_SAYS not in everything
    assert "C0002" not in everything
    assert data["format"] == "sapa-person/1"
    assert "dialogue" not in everything
    assert f"nama: {NAME} (sumber: data toko" in text
    assert f"e-mail: {EMAIL} (sumber: chat dengan Anda" in text
    assert SECRETS[0] in text


async def test_each_fact_of_the_profile_says_where_it_comes_from_and_since_when(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)
    await Consents(sqlite_database, at_noon).note(
        "C0001", "campaigns", granted=False, source="stop-word", place="wa"
    )

    sections = {
        section.name: section.facts
        for section in await exports_of(sqlite_database, files).profile("C0001")
    }

    identity = {fact.name: fact for fact in sections["identity"]}
    since = NOON - timedelta(days=700)
    assert (identity["phone"].value, identity["phone"].source) == (PHONE, "shop")
    assert identity["phone"].at == since
    assert identity["email"].source == "chat"
    consent = {fact.name: (fact.value, fact.source, fact.at) for fact in sections["consent"]}
    assert consent["campaigns"] == ("no", "stop-word", NOON)
    assert [fact.name for fact in sections["orders"]] == ["TL-261115-0001"]
    assert [fact.name for fact in sections["tickets"]] == ["TK-000001"]
    assert {fact.name for fact in sections["channels"]} == {"whatsapp", "website"}


async def test_nobody_is_exported_under_an_id_that_is_nobodys(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)

    with pytest.raises(NobodyToExport):
        await exports_of(sqlite_database, files).customer("C0009", "id")


async def test_a_withdrawn_consent_holds_at_once_and_the_log_keeps_both(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    clock = Clock()
    consents = Consents(database, clock)

    await consents.note("C0001", "offers", granted=True, source="page", place="/help/account")
    clock.at += timedelta(minutes=1)
    await consents.note("C0001", "offers", granted=False, source="chat", place="web")

    now = (await consents.of("C0001"))["offers"]
    assert (now.granted, now.at, now.source) == (False, clock.at, "chat")
    log = await consents.history("C0001")
    assert [(one.purpose, one.granted, one.source) for one in log] == [
        ("campaigns", True, "chat"),
        ("offers", True, "page"),
        ("offers", False, "chat"),
    ]
