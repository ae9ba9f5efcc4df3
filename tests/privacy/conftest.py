from pathlib import Path

import pytest


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"
