import shutil
from pathlib import Path

import pytest
import typer
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from crm.commands import import_commands, seed
from settings import PROJECT_DIR

SAMPLES = PROJECT_DIR / "db" / "sample"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAPA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SAPA_DEMO", "true")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seeding() -> typer.Typer:
    command = typer.Typer()
    command.command()(seed)
    return command


def count(shop: Path, table: str) -> int:
    engine = create_engine(f"sqlite:///{shop / 'sapa.db'}")
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    engine.dispose()
    return int(found)


def test_the_demo_shop_is_loaded_once(shop: Path) -> None:
    first = CliRunner().invoke(seeding())
    second = CliRunner().invoke(seeding())

    assert first.exit_code == 0, first.output
    assert "customers: 300 inserted, 0 updated, 0 unchanged" in first.output
    assert second.output.splitlines() == [
        f"{name}.csv: already loaded"
        for name in (
            "products",
            "customers",
            "orders",
            "order_lines",
            "shipments",
            "shipment_events",
            "invoices",
            "promotions",
        )
    ]
    assert count(shop, "orders") == 2500


def test_importing_a_loaded_sample_again_changes_nothing(shop: Path) -> None:
    CliRunner().invoke(seeding())

    for kind in ("products", "customers", "shipment_events", "promotions"):
        result = CliRunner().invoke(import_commands, [kind, str(SAMPLES / f"{kind}.csv")])
        assert result.exit_code == 0, result.output
        assert " 0 inserted, 0 updated, " in result.output


def test_a_broken_file_says_what_is_wrong_and_changes_nothing(shop: Path) -> None:
    broken = shop / "customers.csv"
    shutil.copy(SAMPLES / "customers.csv", broken)
    with broken.open("a") as file:
        file.write("C9999,,12,x\n")

    result = CliRunner().invoke(import_commands, ["customers", str(broken)])

    assert result.exit_code == 1
    assert f"{broken}:302: 4 cells for 13 columns" in result.output
    assert count(shop, "customers") == 0


def test_a_missing_file_or_kind_is_a_usage_error(shop: Path) -> None:
    runner = CliRunner()

    assert runner.invoke(import_commands, ["customers", "nothing.csv"]).exit_code == 2
    assert runner.invoke(import_commands, ["weather", "nothing.csv"]).exit_code == 2
