"""The short form of `python -m bench.faults`, see docs/faults.md."""

from pathlib import Path

import pytest

from bench.faults.options import Options
from bench.faults.run import run
from bench.serving import free_port


@pytest.mark.timeout(400)
async def test_nothing_is_lost_or_doubled_when_the_app_is_killed(tmp_path: Path) -> None:
    options = Options(
        seed=3,
        events=40,
        minutes=0.12,
        every_s=1.5,
        faults=("kill-app",),
        vendor_faults=0.0001,
        send_lease_s=15,  # our vendor's receipts come sooner
        port=free_port(4),
    )

    record, findings = await run(options, tmp_path / "run")

    counts = (len(record.said), findings.accepted, findings.processed, findings.answered)
    assert (counts, findings.broken) == ((40, 40, 40, 40), {})
    assert any(fault.deadly for fault in record.faults)
