"""Load the demo shop's sample files, and skip those that are loaded already."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

from crm.importing.kinds import KINDS
from crm.importing.store import Report, import_file
from crm.tables import Seed
from db.base import now
from db.engine import Database


async def load_samples(
    database: Database, folder: Path, zone: ZoneInfo
) -> AsyncIterator[Report | str]:
    """Import the files of `folder` in order; give a Report, or the name of a file skipped.

    A file that has not changed since it was loaded is skipped, so that what customers changed in
    the demo stays. Raises ImportRefused, OSError.
    """
    for name, kind in KINDS.items():
        file = folder / f"{name}.csv"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        async with database.read() as session:
            seed = await session.get(Seed, file.name)
        if seed is not None and seed.sha256 == digest:
            yield file.name
            continue
        report = await import_file(database, kind, file, zone)
        async with database.write() as session:
            await session.merge(Seed(file=file.name, sha256=digest, at=now()))
        yield report
