"""`python -m bench.faults`: run the harness, print its table, and fail if a guarantee breaks.

python -m bench.faults --seed 1 --events 2000 --database sqlite
python -m bench.faults --seed 1 --events 2000 --database postgresql --assistant rasa
python -m bench.faults --seed 7 --events 200000 --minutes 240   (the long form)
"""

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.options import read_options
from bench.faults.run import run
from bench.faults.table import table


def main() -> int:
    """Run once; 0 if every guarantee held."""
    options = read_options()
    with ExitStack() as stack:
        kept = options.folder
        folder = kept or Path(stack.enter_context(TemporaryDirectory(prefix="sapa-faults-")))
        folder.mkdir(parents=True, exist_ok=True)
        record, findings = asyncio.run(run(options, folder))
    print(table(options, record, findings))
    for name, examples in findings.broken.items():
        print(f"BROKEN {name}: {len(examples)}, as {'; '.join(examples[:5])}", file=sys.stderr)
    return 1 if findings.broken else 0


if __name__ == "__main__":
    sys.exit(main())
