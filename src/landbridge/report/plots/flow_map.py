"""The map of a run."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from landbridge.errors import UnknownName
from landbridge.report.plots.canvas import (
    GREY,
    INK,
    Axes,
    LineCollection,
    Picture,
    colour_of,
    empty_picture,
    legend,
    line_of,
    write,
)
from landbridge.report.plots.geography import Albers, FloatArray, outlines
from landbridge.report.run import Run
from landbridge.report.words import Words

_WIDEST = 7.0
_BEND = 0.12
_MARGIN = 0.08
_SIZE = (9.0, 6.2)


def map(run: Run, *, lang: str = "en", good: str = "", names: int = 18) -> Picture:  # noqa: A001
    """
    Draw hubs and flows.

    Parameters
    ----------
    run
        A run.
    lang
        Language of the words: ``en``, ``ru`` or ``zh``.
    good
        Id of the good whose flows are drawn; blank = all.
    names
        Hubs to name, those with the most tonnes first; what would cover another name is left out.

    Returns
    -------
    Picture
        A matplotlib figure. Lines bend to the right of their direction, their width is the square root of their
        tonnes, colour and pattern tell the mode. Hubs without a place are not drawn. Outlines are lines only.

    Raises
    ------
    UnknownName
        When there is no such good in the case.
    """
    if good and good not in {row.good for row in run.case.goods}:
        raise UnknownName(f"no good {good!r} in the case; it has {', '.join(row.good for row in run.case.goods)}")
    words = Words(run, lang)
    hubs = words.payload["hubs"]
    placed = [at for at, hub in enumerate(hubs) if hub["at"] is not None]
    lon, lat = np.array([hubs[at]["at"] for at in placed], dtype=np.float64).reshape(-1, 2).T
    albers = Albers.fitting(lon, lat)
    x, y = albers.project(lon, lat)
    points = {at: np.array([px, py]) for at, px, py in zip(placed, x, y, strict=True)}
    tonnes = _tonnes(words, good)
    picture, axes = empty_picture(_SIZE, words.run.case.settings.name)
    _frame(axes, x, y)
    _draw_outlines(axes, albers)
    _draw_flows(axes, words, points, tonnes)
    _draw_hubs(axes, words, points, tonnes, names)
    return picture


def _tonnes(words: Words, good: str) -> dict[tuple[int, int, int], float]:
    """Tonnes by hub, hub and mode."""
    payload = words.payload
    found: defaultdict[tuple[int, int, int], float] = defaultdict(float)
    rides, loads = payload["rides"], payload["loads"]
    for ride, load_good, qty in zip(loads["ride"], loads["good"], loads["qty"], strict=True):
        if not good or payload["goods"][load_good]["id"] == good:
            service = payload["departures"]["service"][rides["departure"][ride]]
            key = (rides["from"][ride], rides["to"][ride], payload["services"][service]["mode"])
            found[key] += qty * payload["goods"][load_good]["t"]
    return found


def _frame(axes: Axes, x: FloatArray, y: FloatArray) -> None:
    if len(x) == 0:
        x = y = np.zeros(1)
    span = (1 + 2 * _MARGIN) * max(np.ptp(x), np.ptp(y) * _SIZE[0] / _SIZE[1], 0.02)
    middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    axes.set_xlim(middle[0] - span / 2, middle[0] + span / 2)
    axes.set_ylim(middle[1] - span / 2 * _SIZE[1] / _SIZE[0], middle[1] + span / 2 * _SIZE[1] / _SIZE[0])
    axes.set_aspect("equal")
    axes.set_axis_off()


def _draw_outlines(axes: Axes, albers: Albers) -> None:
    lines = []
    for outline in outlines():
        x, y = albers.project(outline[:, 0], outline[:, 1])
        jumps = np.flatnonzero(np.abs(np.diff(x)) + np.abs(np.diff(y)) > 0.2) + 1  # where the cone is cut open
        lines += [part for part in np.split(np.column_stack([x, y]), jumps) if len(part) > 1 and _is_seen(axes, part)]
    axes.add_collection(LineCollection(lines, colors="#b9c2cc", linewidths=0.5, zorder=1), autolim=False)


def _is_seen(axes: Axes, line: FloatArray) -> bool:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return bool(
        line[:, 0].max() >= left and line[:, 0].min() <= right and line[:, 1].max() >= low and line[:, 1].min() <= high
    )


def _draw_flows(
    axes: Axes, words: Words, points: dict[int, FloatArray], tonnes: dict[tuple[int, int, int], float]
) -> None:
    most = max(tonnes.values(), default=0.0) or 1.0
    part = np.linspace(0.0, 1.0, 24)[:, None]
    seen: set[int] = set()
    for (a, b, mode), t in sorted(tonnes.items(), key=lambda item: item[1]):
        if a not in points or b not in points or a == b:
            continue
        along = points[b] - points[a]
        bend = (points[a] + points[b]) / 2 + _BEND * np.array([along[1], -along[0]])
        curve = (1 - part) ** 2 * points[a] + 2 * part * (1 - part) * bend + part**2 * points[b]
        name = words.payload["modes"][mode]
        axes.plot(
            *curve.T,
            color=colour_of(name, mode),
            linestyle=line_of(name),
            linewidth=max(0.6, _WIDEST * (t / most) ** 0.5),
            alpha=0.75,
            label=None if mode in seen else words.mode(mode),
            zorder=2,
        )
        seen.add(mode)
    if seen:
        legend(axes, loc="lower left")
        for line in axes.get_legend().get_lines():  # type: ignore[union-attr]
            line.set_linewidth(2.0)


def _draw_hubs(
    axes: Axes, words: Words, points: dict[int, FloatArray], tonnes: dict[tuple[int, int, int], float], names: int
) -> None:
    load: defaultdict[int, float] = defaultdict(float)
    for (a, b, _), t in tonnes.items():
        load[a] += t
        load[b] += t
    for at, point in points.items():
        marker = "D" if words.payload["hubs"][at]["kind"] == "crossing" else "o"
        axes.plot(*point, marker, markersize=4, color=INK if load[at] else GREY, markerfacecolor="white", zorder=3)
    span = axes.get_xlim()[1] - axes.get_xlim()[0]
    taken: list[tuple[float, float, float]] = []
    for at in sorted(points, key=lambda at: (-load[at], at))[:names]:
        text = re.split(r"\s*[(（]", words.hub(at))[0]
        x, y = points[at]
        width = span * 0.0115 * sum(2 if ord(char) > 0x2E7F else 1 for char in text)
        if not any(abs(y - top) < 0.022 * span and x < end and left < x + width for left, end, top in taken):
            taken.append((x, x + width, y))
            write(axes, x + 0.008 * span, y, text, fontsize=8, va="center", zorder=4)
