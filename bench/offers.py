"""Measure which products are offered, on a file of real baskets, beside other ways to rank.

    .venv/bin/python -m bench.offers --data DIR --set NAME
        [--train-before DATE --test-before DATE] [--json]

Reads DIR/NAME/baskets.csv.gz, or DIR/baskets/NAME/…. The protocol stands in baskets.py; a product
that its customer had bought before is never ranked. Nothing is tuned here.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.baskets import BadBaskets, Task, split
from bench.offer_rivals import RIVALS, Rival
from crm.recommending.learning import learn
from crm.recommending.ranking import rank

_MOST = 10
_HITS = (1, 5, 10)
_RESAMPLES, _SEED = 2_000, 1
_INNER = (2.5, 97.5)  # per cent: the 95 % interval
_SHOWN = 3  # examples with their reasons
_COSINE = "item cosine"


@dataclass(frozen=True, slots=True)
class Result:
    """How one way to rank did: each figure with its 95 % interval."""

    figures: dict[str, tuple[float, float, float]]
    learned_s: float
    ranked_ms: float  # a customer
    hit10_over_cosine: tuple[float, float, float] | None = None  # 0.15 is 15 % more


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all ways and print them."""
    options = _options(arguments)
    try:
        task = split(_file(options.data, options.set), options.train_before, options.test_before)
    except BadBaskets as error:
        print(error, file=sys.stderr)
        return 1
    if not task.wanted:
        print("nobody who is learned from bought anything new in that time", file=sys.stderr)
        return 1
    results = measure(task, RIVALS)
    if options.json:
        print(json.dumps(_as_json(options.set, task, results)))
    else:
        _print(task, results)
    return 0


def measure(task: Task, rivals: dict[str, Rival]) -> dict[str, Result]:
    """Ask every rival the same; intervals are percentile bootstrap over customers (Efron 1979)."""
    columns = task.purchases.products
    given = _given(task)
    drawn = np.random.default_rng(_SEED).integers(
        len(task.wanted), size=(_RESAMPLES, len(task.wanted))
    )
    found: dict[str, tuple[dict[str, NDArray[np.float64]], float, float]] = {}
    for name, rival in rivals.items():
        begun = time.perf_counter()
        ask = rival(task.purchases)
        learned_s = time.perf_counter() - begun
        begun = time.perf_counter()
        fit = ask(given)
        fit[given.nonzero()] = -np.inf
        top = np.argsort(-fit, axis=1, kind="stable")[:, :_MOST]
        ranked_ms = (time.perf_counter() - begun) * 1_000 / len(task.wanted)
        found[name] = (_outcomes(top, task.wanted, columns), learned_s, ranked_ms)
    return {
        name: Result(
            {figure: _interval(each, drawn) for figure, each in outcomes.items()},
            learned_s,
            ranked_ms,
            None
            if _COSINE not in found
            else _over(outcomes["hit@10"], found[_COSINE][0]["hit@10"], drawn),
        )
        for name, (outcomes, learned_s, ranked_ms) in found.items()
    }


def _outcomes(
    top: NDArray[np.int64], wanted: list[frozenset[str]], columns: dict[str, int]
) -> dict[str, NDArray[np.float64]]:
    """Return each figure for each customer; a wanted product never seen before is a miss."""
    known = [{columns[item] for item in items if item in columns} for items in wanted]
    right = np.array(
        [[column in items for column in row] for row, items in zip(top, known, strict=True)]
    )
    figures: dict[str, NDArray[np.float64]] = {
        f"hit@{k}": np.asarray(right[:, :k].any(axis=1), dtype=np.float64) for k in _HITS
    }
    sizes = np.array([len(items) for items in wanted], dtype=np.float64)
    figures[f"recall@{_MOST}"] = np.asarray(right.sum(axis=1) / sizes, dtype=np.float64)
    return figures


def _interval(each: NDArray[np.float64], drawn: NDArray[np.int64]) -> tuple[float, float, float]:
    low, high = np.percentile(each[drawn].mean(axis=1), _INNER)
    return float(each.mean()), float(low), float(high)


def _over(
    each: NDArray[np.float64], base: NDArray[np.float64], drawn: NDArray[np.int64]
) -> tuple[float, float, float] | None:
    if not base.any():
        return None
    bases = np.maximum(base[drawn].mean(axis=1), 1e-9)
    low, high = np.percentile(each[drawn].mean(axis=1) / bases - 1, _INNER)
    return float(each.mean() / base.mean() - 1), float(low), float(high)


def _given(task: Task) -> sparse.csr_matrix:
    columns = task.purchases.products
    pairs = [
        (row, columns[item])
        for row, items in enumerate(task.given)
        for item in items
        if item in columns
    ]
    rows, places = zip(*pairs, strict=True) if pairs else ((), ())
    return sparse.csr_matrix(
        (np.ones(len(pairs), dtype=np.float32), (rows, places)),
        shape=(len(task.given), len(columns)),
    )


def _as_json(name: str, task: Task, results: dict[str, Result]) -> dict[str, Any]:
    return {
        "set": name,
        "learned_from": _sizes(task),
        "asked": len(task.wanted),
        "reported": task.left_out,
        "results": {rival: asdict(result) for rival, result in results.items()},
        "examples": [
            [asdict(one) for one in rank(learn(task.purchases), given, _SHOWN)]
            for given in task.given[:_SHOWN]
        ],
    }


def _sizes(task: Task) -> dict[str, int]:
    return {"customers": len(task.purchases.customers), "products": len(task.purchases.products)}


def _print(task: Task, results: dict[str, Result]) -> None:
    sizes = _sizes(task)
    print(
        f"learned from {sizes['customers']} customers and {sizes['products']} products, "
        f"asked {len(task.wanted)}"
    )
    for reason, count in task.left_out.items():
        print(f"  {count} {reason}")
    figures = list(next(iter(results.values())).figures)
    heads = "".join(f"{figure:^22}" for figure in figures)
    print(f"{'':12}{heads}{'hit@10 over cosine':^26}{'learned':>10}{'ranked':>12}")
    base = results[_COSINE]
    for name, result in results.items():
        cells = "".join(
            f"{value:7.3f} [{low:.3f}, {high:.3f}]" for value, low, high in result.figures.values()
        )
        over = result.hit10_over_cosine
        more = "" if over is None else f"{over[0]:+.1%} [{over[1]:+.1%}, {over[2]:+.1%}]"
        print(
            f"{name:12}{cells}{more:>26}{result.learned_s / base.learned_s:9.1f}x"
            f"{result.ranked_ms / base.ranked_ms:11.1f}x"
        )
    print(
        f"times beside item cosine: {base.learned_s:.2f} s to learn, "
        f"{base.ranked_ms:.3f} ms a customer to rank"
    )
    learned = learn(task.purchases)
    for given in task.given[:_SHOWN]:
        for one in rank(learned, given, 1):
            why = f"{one.together} of {one.buyers} who bought {one.because} bought it as well"
            print(f"e.g. {one.sku}: {why if one.because else 'sells well now'}")


def _file(data: Path, name: str) -> Path:
    places = [data / name / "baskets.csv.gz", data / "baskets" / name / "baskets.csv.gz"]
    return next((place for place in places if place.exists()), places[0])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure offers on real baskets.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--set", required=True, help="folder with a baskets.csv.gz")
    parser.add_argument("--train-before", type=_day, metavar="DATE", help="learn from before")
    parser.add_argument("--test-before", type=_day, metavar="DATE", help="ask from then to here")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _day(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2011-07-01") from error


if __name__ == "__main__":
    sys.exit(main())
