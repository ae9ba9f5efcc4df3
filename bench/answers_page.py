"""Write what was measured as a page for docs/: tables, and curves of coverage against error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")  # no screen where this runs
from matplotlib import pyplot as plt

Results = Mapping[str, Any]

SEARCHES = {
    "sapa_light": "**Sapa, light**",
    "sapa_full": "**Sapa, full**",
    "rasa": "Rasa 3.6",
    "letters": "letters, nearest",
    "letters_lr": "letters, regression",
    "bm25": "BM25",
    "use": "USE-m, nearest",
    "use_lr": "USE-m, regression",
    "e5": "e5-small, nearest",
    "e5_lr": "e5-small, regression",
    "minilm": "MiniLM-L6, nearest",
    "minilm_lr": "MiniLM-L6, regression",
}
_FLOOR = "letters"  # what times are compared with
_COLUMNS = {
    "top1": "top-1", "top3": "top-3", "mrr": "MRR", "auroc": "AUROC", "answered": "answered",
    "wrong_among_answered": "wrong among answered", "wrong_at_70_answerable": "wrong at 70 %",
}  # fmt: skip
_OURS = ("sapa_light", "sapa_full")
_IN_SHORT = {*_OURS, "rasa", _FLOOR, "use"}  # shown for parts other than the first
_WITH_INTERVAL = {"top1", "auroc", "wrong_among_answered", "wrong_at_70_answerable"}
# Issue 3, "must show": set, part, figure, its least (or, for errors, its greatest) value.
_ASKED_FOR = [
    ("stackfaq", "held out", "top1", 0.86),
    ("tegal", "held out", "top1", 0.80),
    ("pegadaian", "all", "top1", 0.65),
    ("pegadaian", "all", "auroc", 0.85),
    ("banking77_10", "test", "top1", 0.86),
    ("banking77", "test", "top1", 0.93),
    ("clinc150", "test", "top1", 0.94),
    ("clinc150", "test", "auroc", 0.96),
]
_FAQ_SETS = ("stackfaq", "tegal", "pegadaian")
_LINES = {
    "sapa_full": ("Sapa, full", "#0f6466", 2.2),
    "sapa_light": ("Sapa, light", "#5fb0a8", 1.6),
    "use": ("USE-m, nearest", "#c8743c", 1.2),
    "letters": ("letters, nearest", "#8a8578", 1.2),
    "rasa": ("Rasa 3.6", "#7a4fa3", 1.2),
}
_HEAD = """# How well questions are answered, on public data

Made by `make bench-answers DATA=…` (`bench/answers.py`); all figures are its, on one thread.
Our own articles are measured by `sapa faq report`; how the engine works is in [faq.md](faq.md).

- **Sets.** Each is a knowledge base the engine was not made for: FAQ sets with one wording an
  article, intent sets with labels as articles, the label's words as their question and training
  examples as wordings (Rasa gets the examples alone). Nothing is tuned
  here, and nothing is learned from test questions. FAQ sets have no split; the engine was developed
  on the questions with `sha256(text) % 5 < 2`, and *held out* are the others. Ten wordings each are
  drawn with a fixed seed. CLINC150's out-of-scope training examples are given to nobody.
- **Floors.** *Letters*: character 2-5-grams, TF-IDF. *BM25*: `bm25s`. *USE-m*, *e5-small*,
  *MiniLM-L6*: one encoder alone. Each by its nearest wording, and by logistic regression where
  there are three wordings or more. MiniLM knows English only and was trained on StackExchange's
  titles, where StackFAQ comes from: there its figure is no zero-shot one. *Rasa*: its default
  pipeline, in its own environment; epochs are named, 100 is its default.
- **Figures.** Brackets: 95 % bootstrap intervals over the questions (1,000 draws, fixed seed).
  AUROC: questions with an answer against those without. *Answered* and *wrong among answered*: at
  the engine's own decision; floors do not decide. *Wrong at 70 %*: share wrong among all that is
  answered from the confidence on at which 70 % of the answerable questions are. *ms*: median of a
  question asked by itself; *×*: the same against *letters, nearest* of that set.
"""
_AGAINST_HEAD = """## Against what was asked for

| set | figure | asked for | Sapa, light | Sapa, full | best floor | Rasa |
|---|---|---|---|---|---|---|"""
_CURVES_HEAD = """## Error against coverage

The surest questions first; a question without an answer is wrong when it gets one.

"""
_PARTS = ("meaning", "letters", "whole", "answer", "head")
_PARTS_HEAD = """## What each part contributes

Top-1 on the first part of each set's questions (held out, or test): of the signal alone · of it and
all to its left, so that the last one is the engine. *Any*: how often at least one of them is right,
a ceiling for whatever fuses them.

| set | profile | meaning | letters | whole article | answer's meaning | head | any |
|---|---|---|---|---|---|---|---|"""
_LATENCY_HEAD = """## Time

Knowledge bases of public sentences, two wordings an article; 300 questions, each by itself, the
encoder included, medians. CPU: what the process took, which a busy machine stretches too; ×: that
of ours against *letters, nearest*.

| profile | articles | CPU ms, median | … encoder | … letters | × | ms passed | … p95 | build s |
|---|---|---|---|---|---|---|---|---|"""


def write_page(results: Results, page: Path) -> None:
    """Write the page, and its images into the folder `images` beside it."""
    sets = {name: one for name, one in results.items() if "searches" in one}
    parts = [_HEAD, _against(sets)]
    if sets:
        image = page.parent / "images" / "answers.svg"
        image.parent.mkdir(parents=True, exist_ok=True)
        draw(sets, image)
        parts.append(_CURVES_HEAD + f"![share wrong by share answered](images/{image.name})\n")
        parts.append(_contributions(sets))
        parts += [table(one) for one in sets.values()]
    if "latency" in results:
        parts.append(_latency(results["latency"]))
    page.write_text("\n".join(parts), encoding="utf-8")


def table(one: Results) -> str:
    """Return a set's table, one row for each search and part of the questions."""
    several = one["entries"] < one["wordings"]
    lines = [
        f"## {one['title']}\n",
        f"{one['entries']:,} articles, {one['wordings']:,} wordings.\n" if several
        else f"{one['entries']:,} articles with one wording each.\n",
    ]  # fmt: skip
    floor_ms = one["searches"].get(_FLOOR, {}).get("ms")
    first = next(iter(one["questions"]))
    for part, (asked, answerable) in one["questions"].items():
        count = f"{asked:,} questions" + (
            f", {asked - answerable:,} without an answer" if asked > answerable else ""
        )
        head = [f"{part}: {count}", *_columns(one, part).values(), "ms", "×"]
        lines.append("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        shown = SEARCHES.keys() if part == first else _IN_SHORT
        for name, title in SEARCHES.items():
            if name in one["searches"] and name in shown:
                lines.append(_row(title, one["searches"][name], part, one, floor_ms))
        lines.append("")
    return "\n".join(lines)


def _contributions(sets: Results) -> str:
    lines = [_PARTS_HEAD]
    for one in sets.values():
        for model, found in one.get("parts", {}).items():
            cells = [
                f"{_short(found['alone'][name])} · {_short(found['joined'][name])}"
                if name in found["alone"]
                else "–"
                for name in _PARTS
            ]
            ceiling = _short(found["any"][""])
            lines.append("| " + " | ".join([one["title"], model, *cells, ceiling]) + " |")
    return "\n".join([*lines, ""])


def draw(sets: Results, image: Path) -> None:
    """Draw one small curve of error against coverage for each set."""
    across = 4
    down = -(-len(sets) // across)
    # A fixed salt and no date, so that the same results give the same file.
    with mpl.rc_context({"svg.hashsalt": "sapa", "svg.fonttype": "none", "font.size": 8}):
        figure, axes = plt.subplots(
            down, across, figsize=(11, 2.6 * down), squeeze=False, sharex=True
        )
        for axis, one in zip(axes.flat, sets.values(), strict=False):
            for name, (label, colour, width) in _LINES.items():
                if name in one["searches"]:
                    covered, wrong = one["searches"][name]["curve"]
                    axis.plot(covered, wrong, label=label, color=colour, linewidth=width)
            axis.set_title(one["title"], fontsize=8)
            axis.set_ylim(bottom=0)
            axis.grid(alpha=0.25)
        for axis in axes.flat[len(sets) :]:
            axis.set_visible(False)
        axes[0][0].set_ylabel("share wrong among answered")
        figure.supxlabel("share of all questions answered", fontsize=8)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper center", ncols=len(_LINES), frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 0.95))
        figure.savefig(image, format="svg", metadata={"Date": None})
        plt.close(figure)


def _against(sets: Results) -> str:
    lines = [_AGAINST_HEAD]
    for name, part, figure, least in _ASKED_FOR:
        if name not in sets:
            continue
        found = {
            search: one["parts"][part][figure]
            for search, one in sets[name]["searches"].items()
            if one["parts"][part][figure] is not None
        }
        ours = [_value(found.get(search), interval=True) for search in _OURS]
        floors = found.keys() - {*_OURS, "rasa"}
        best = max(floors, key=lambda search: found[search][0], default=None)
        floor = f"{_short(found[best][0])} ({SEARCHES[best]})" if best else "–"
        rasa = _value(found.get("rasa"), interval=False)
        cells = [f"{sets[name]['title']}, {part}", _COLUMNS[figure], f"≥ {_short(least)}"]
        lines.append("| " + " | ".join([*cells, *ours, floor, rasa]) + " |")
    means = [_mean_wrong(sets, search) for search in (*_OURS, "letters", "rasa")]
    lines.append(
        "| mean of the FAQ sets, held out | wrong at 70 % | ≤ .080 | " + " | ".join(means) + " |"
    )
    return "\n".join([*lines, ""])


def _mean_wrong(sets: Results, search: str) -> str:
    """Return the mean share wrong at 70 % of the FAQ sets, if the search was run on all."""
    found = [
        sets[name]["searches"][search]["parts"]["held out"]["wrong_at_70_answerable"][0]
        for name in _FAQ_SETS
        if search in sets.get(name, {"searches": {}})["searches"]
    ]
    return _short(sum(found) / len(found)) if len(found) == len(_FAQ_SETS) else "–"


def _columns(one: Results, part: str) -> dict[str, str]:
    """Return the columns that any search has a value for."""
    return {
        figure: title
        for figure, title in _COLUMNS.items()
        if any(found["parts"][part][figure] is not None for found in one["searches"].values())
    }


def _row(title: str, found: Results, part: str, one: Results, floor_ms: float | None) -> str:
    figures = found["parts"][part]
    cells = [
        _value(figures[figure], interval=figure in _WITH_INTERVAL) for figure in _columns(one, part)
    ]
    ratio = f"{found['ms'] / floor_ms:.1f}" if floor_ms else ""
    note = (
        f" ({found['note']}, {found['built_s']:.0f} s to train)"
        if title == SEARCHES["rasa"]
        else ""
    )
    return f"| {title}{note} | " + " | ".join([*cells, f"{found['ms']:.1f}", ratio]) + " |"


def _value(value: tuple[float, float, float] | None, *, interval: bool) -> str:
    if value is None:
        return "–"
    share, low, high = value
    return _short(share) + (f" [{_short(low)}, {_short(high)}]" if interval else "")


def _short(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def _latency(rows: Results) -> str:
    lines = [_LATENCY_HEAD]
    for model, sizes in rows.items():
        for size, row in sizes.items():
            lines.append(
                f"| {model} | {int(size):,} | {row['cpu_ms']:.1f} | {row['encoder_cpu_ms']:.1f} "
                f"| {row['floor_cpu_ms']:.1f} | {row['cpu_ms'] / row['floor_cpu_ms']:.1f} "
                f"| {row['ms']:.1f} | {row['ms_p95']:.1f} | {row['built_s']:.0f} |"
            )
    return "\n".join([*lines, ""])
