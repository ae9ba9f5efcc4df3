"""Write app.txt, dev.txt and bench.txt: all packages of the app's environment, exact versions.

Run where the wanted versions are installed: .venv/bin/python requirements/lock.py
rasa.txt, for Rasa's own environment, is kept by hand; its head says why.
"""

import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
HEAD = "# Made by requirements/lock.py from what pyproject.toml asks for; do not edit.\n"


def closure(wanted: list[str]) -> set[str]:
    """Name every package that `wanted` needs, themselves included."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement(text) for text in wanted]
    while todo:
        requirement = todo.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in (extras or {""}) | {""}
            ):
                todo.append(needed)
    return found


def pinned(names: set[str]) -> str:
    """Write one line a package; local labels such as +cpu name a build, not a version."""
    lines = (f"{name}=={distribution(name).version.split('+')[0]}" for name in sorted(names))
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    app = closure(project["dependencies"])
    dev = closure(project["optional-dependencies"]["dev"]) - app
    bench = closure(project["optional-dependencies"]["bench"]) - app
    (HERE / "app.txt").write_text(pinned(app))
    (HERE / "dev.txt").write_text(pinned(dev))
    (HERE / "bench.txt").write_text(pinned(bench))
    sys.stdout.write(
        f"{len(app)} packages of the app, {len(dev)} more for tests, {len(bench)} for benchmarks\n"
    )


if __name__ == "__main__":
    main()
