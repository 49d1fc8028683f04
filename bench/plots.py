"""Plots as SVG, the same bytes for the same results."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.planning import PlanRow
from bench.store import Point, Row
from bench.suites import BAR, OURS

COLOURS = {
    OURS: "#b2182b",
    BAR: "#2166ac",
    "highs-aggregated-lean": "#67a9cf",
    "highs-strong": "#7b3294",
    "scip": "#1b7837",
    "cpsat": "#bf812d",
}
TOP, BOTTOM = 1.2, 0.8
"""Parts of the best value between which values and bounds are shown."""


def is_possible() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_runs(file: Path, panels: Mapping[str, Sequence[Row]], traces: Mapping[tuple[str, ...], list[Point]]) -> None:
    """Draw a panel for each instance: value (solid) and bound (dashed) of each side over time, to the best value."""
    plt = _matplotlib()
    columns = max(2, min(4, len(panels)))
    lines = math.ceil(len(panels) / columns)
    figure, axes = plt.subplots(lines, columns, figsize=(2.9 * columns, 2.3 * lines + 0.6), squeeze=False, sharey=True)
    shown: dict[str, Any] = {}
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    for axis, (name, rows) in zip(axes.flat, panels.items(), strict=False):
        best = min((row.upper for row in rows), default=math.inf)
        limit = max(row.time_s for row in rows)
        axis.set_title(name, fontsize=9)
        axis.set_xscale("log")
        axis.set_xlim(0.1, limit)
        ticks = [tick for tick in (0.1, 1.0, 10.0, 60.0, 300.0) if tick <= limit]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set_ylim(100 * BOTTOM, 100 * TOP)
        axis.grid(alpha=0.3)
        axis.tick_params(labelsize=7)
        for row in sorted(rows, key=lambda row: (list(COLOURS).index(row.method), row.seed)):
            points = [(max(seconds, 0.1), upper, lower) for seconds, upper, lower in traces.get(row.key, [])]
            if not points or not math.isfinite(best):
                continue
            points.append((max(limit, points[-1][0]), *points[-1][1:]))
            colour, seconds = COLOURS[row.method], [point[0] for point in points]
            style = {"color": colour, "linewidth": 1.1, "where": "post"}
            uppers = [100 * point[1] / best for point in points]
            (shown[row.method],) = axis.step(seconds, [_or_gap(value) for value in uppers], **style)
            lowers = [100 * point[2] / best for point in points]
            axis.step(seconds, [_or_gap(value) for value in lowers], linestyle="--", **style)
    figure.supxlabel("seconds", fontsize=9)
    figure.supylabel("% of the best value", fontsize=9)
    if shown:
        figure.legend(
            shown.values(), shown.keys(), loc="upper center", ncols=min(3, len(shown)), fontsize=8, frameon=False
        )
    height = figure.get_size_inches()[1]
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.2 * math.ceil(len(shown) / 3) / height))
    _write(figure, file)


def plot_sizes(file: Path, rows: Sequence[PlanRow]) -> None:
    """Draw seconds and memory against the number of orders, both axes logarithmic, so that linear is a slope of one."""
    plt = _matplotlib()
    from matplotlib.ticker import LogLocator

    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4))
    orders = [row.orders for row in rows]
    for name, label, colour in (
        ("build_s", "network built", "#2166ac"),
        ("first_plan_s", "first plan", "#b2182b"),
        ("first_bound_s", "first bound", "#1b7837"),
    ):
        left.plot(orders, [_or_gap(getattr(row, name)) for row in rows], marker="o", label=label, color=colour)
    right.plot(orders, [row.peak_mb for row in rows], marker="o", color="#444444")
    for axis, label in ((left, "seconds"), (right, "most memory, MB")):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(orders, [f"{size:,}" for size in orders], fontsize=8)
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.yaxis.set_major_formatter("{x:,g}")
        axis.minorticks_off()
        axis.set_xlabel("orders")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3, which="both")
    left.legend(fontsize=8)
    figure.tight_layout()
    _write(figure, file)


def _or_gap(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _matplotlib() -> Any:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "landbridge", "svg.fonttype": "none", "font.family": "sans-serif"})
    import matplotlib.pyplot as plt

    return plt


def _write(figure: Any, file: Path) -> None:
    import matplotlib.pyplot as plt

    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = file.read_text(encoding="utf-8")
    file.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8", newline="\n")
