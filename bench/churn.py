"""Measure how well it is seen who will leave, on a public set of subscribers, by five folds.

    .venv/bin/python -m bench.churn --data DIR [--plot FILE.png] [--json]

Reads DIR/churn/telco_ibm/telco_churn.csv.gz (or DIR/telco_ibm/…): one row a customer, the last
column says whether they left. Every customer is judged by a model that never saw them; numbers and
words are taken as they stand. Model and its settings are fixed below, not tuned on the folds shown.
"""

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

_FOLDS, _SEED, _BINS = 5, 1, 10
_RESAMPLES = 1_000
_ID, _LEFT = "customerID", "Churn"

Table = NDArray[np.object_]


class BadTable(Exception):
    """The file cannot be used; the message names file, line and reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    places = [options.data / part / "telco_ibm" / "telco_churn.csv.gz" for part in ("churn", ".")]
    file = next((place for place in places if place.exists()), places[0])
    try:
        table, numeric, left = read(file)
    except BadTable as error:
        print(error, file=sys.stderr)
        return 1
    chances = judged(table, numeric, left)
    found = figures(left, chances)
    if options.plot:
        _plot(found, options.plot)
    if options.json:
        print(json.dumps(found))
    else:
        _print(found)
    return 0


def read(file: Path) -> tuple[Table, list[bool], NDArray[np.int64]]:
    """Return the table (customers, columns), which columns are numbers, and who left.

    Raises BadTable.
    """
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadTable(f"{file}: {error}") from error
    if not rows or _LEFT not in rows[0]:
        raise BadTable(f"{file}:1: no column {_LEFT}")
    for line, row in enumerate(rows, 2):
        if row[_LEFT] not in ("Yes", "No") or None in row or None in row.values():
            raise BadTable(f"{file}:{line}: {_LEFT} is {row[_LEFT]!r}, or cells are missing")
    names = [name for name in rows[0] if name not in (_ID, _LEFT)]
    numeric = [all(_number(row[name]) is not None for row in rows) for name in names]
    table = np.array(
        [
            [_number(row[name]) if is_number else row[name] for name, is_number in columns]
            for row in rows
            for columns in [list(zip(names, numeric, strict=True))]
        ],
        dtype=object,
    )
    return table, numeric, np.array([row[_LEFT] == "Yes" for row in rows], dtype=np.int64)


def judged(table: Table, numeric: list[bool], left: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the chance of leaving (customers,), each from the folds without that customer."""
    numbers = [n for n, is_number in enumerate(numeric) if is_number]
    words = [n for n, is_number in enumerate(numeric) if not is_number]
    steps = KBinsDiscretizer(12, encode="onehot", strategy="quantile", quantile_method="linear")
    straight = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), words),
            (StandardScaler(), numbers),
            (steps, numbers),
            sparse_threshold=0,
        ),
        LogisticRegression(C=0.3, max_iter=2_000),
    )
    trees = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), words),
            ("passthrough", numbers),
            sparse_threshold=0,
        ),
        GradientBoostingClassifier(
            n_estimators=250, learning_rate=0.04, max_depth=3, subsample=0.7,
            min_samples_leaf=30, max_features=0.4, random_state=_SEED,
        ),
    )  # fmt: skip
    both = VotingClassifier([("straight", straight), ("trees", trees)], voting="soft")
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    chances = cross_val_predict(both, table, left, cv=folds, method="predict_proba")[:, 1]
    return np.asarray(chances, dtype=np.float64)


def figures(left: NDArray[np.int64], chances: NDArray[np.float64]) -> dict[str, Any]:
    """Return AUROC by fold and of all with its interval, Brier score, and the calibration."""
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(left, left)
    by_fold = [float(roc_auc_score(left[part], chances[part])) for _, part in folds]
    draws = np.random.default_rng(_SEED).integers(len(left), size=(_RESAMPLES, len(left)))
    resampled = [roc_auc_score(left[draw], chances[draw]) for draw in draws]
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    return {
        "customers": len(left),
        "left": int(left.sum()),
        "auroc": float(np.mean(by_fold)),
        "auroc_by_fold": by_fold,
        "auroc_interval": [float(one) for one in np.percentile(resampled, [2.5, 97.5])],
        "brier": float(brier_score_loss(left, chances)),
        "brier_of_the_mean": float(left.mean() * (1 - left.mean())),
        "calibration": [
            {
                "customers": int((bins == n).sum()),
                "said": float(chances[bins == n].mean()),
                "left": float(left[bins == n].mean()),
            }
            for n in range(_BINS)
            if (bins == n).any()
        ],
    }


def _number(cell: str) -> float | None:
    if not cell.strip():
        return 0.0  # TotalCharges of who has just begun
    try:
        return float(cell)
    except ValueError:
        return None


def _print(found: dict[str, Any]) -> None:
    low, high = found["auroc_interval"]
    folds = ", ".join(f"{one:.4f}" for one in found["auroc_by_fold"])
    print(f"{found['customers']} customers, {found['left']} left")
    print(f"AUROC {found['auroc']:.4f} [{low:.4f}, {high:.4f}], by fold {folds}")
    print(f"Brier {found['brier']:.4f} (always the mean: {found['brier_of_the_mean']:.4f})")
    print(f"{'customers':>10}{'said':>8}{'left':>8}")
    for one in found["calibration"]:
        print(f"{one['customers']:>10}{one['said']:>8.3f}{one['left']:>8.3f}")


def _plot(found: dict[str, Any], file: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - only for the plot

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    said = [one["said"] for one in found["calibration"]]
    left = [one["left"] for one in found["calibration"]]
    errors = [
        1.96 * (one["left"] * (1 - one["left"]) / one["customers"]) ** 0.5
        for one in found["calibration"]
    ]
    figure, axes = plt.subplots(figsize=(5, 5), dpi=120)
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1, label="as said")
    axes.errorbar(said, left, yerr=errors, fmt="o-", color="#0f6b66", capsize=3, label="seen")
    axes.set(
        xlabel="chance of leaving, as said",
        ylabel="share that left (95 %)",
        title=f"AUROC {found['auroc']:.3f}, {found['customers']:,} customers",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how well churn is seen.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--plot", type=Path, help="calibration plot (needs matplotlib)")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
