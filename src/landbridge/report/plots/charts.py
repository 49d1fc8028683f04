"""Charts of a run: departures over time, fill, prices, shares, convergence."""

from __future__ import annotations

from landbridge.errors import UnknownName
from landbridge.model.clock import Clock
from landbridge.report.plots.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    Picture,
    colour_of,
    empty_picture,
    legend,
    name_ticks,
    write,
)
from landbridge.report.run import Run
from landbridge.report.words import Words
from landbridge.units import MINUTES_PER_DAY, to_minutes


def gantt(run: Run, *, lang: str = "en", most: int = 30) -> Picture:
    """
    Draw when the vehicles of each service are under way.

    Parameters
    ----------
    run
        A run.
    lang
        Language of the words: ``en``, ``ru`` or ``zh``.
    most
        Services to draw, those with the most tonnes first.

    Returns
    -------
    Picture
        A matplotlib figure: a row a service, a bar a departure from its first hub to its last, darker the fuller.
        In a case that repeats, what is on its way past the end is drawn from the beginning again.
    """
    words = Words(run, lang)
    clock = Clock.of(run.case.settings)
    rows = sorted((row for row in words.payload["services"] if row["departures"]), key=lambda row: -row["t"])[:most]
    place = {row["id"]: at for at, row in enumerate(rows)}
    travel = {row.service: sum(map(to_minutes, row.travel_h)) for row in run.case.services}
    picture, axes = empty_picture((9, 1.2 + 0.24 * len(rows)), words.t("excel.departures"))
    for row in run.plan.departures:
        if row.service not in place:
            continue
        service = rows[place[row.service]]
        start, length = clock.minute(row.leaves), travel[row.service]
        pieces = [(start, length)]
        if clock.cyclic and start + length > clock.horizon_min:
            pieces = [(start, clock.horizon_min - start), (0, min(start, start + length - clock.horizon_min))]
        axes.broken_barh(
            [(first / MINUTES_PER_DAY, part / MINUTES_PER_DAY) for first, part in pieces],
            (place[row.service] - 0.36, 0.72),
            facecolor=colour_of(words.payload["modes"][service["mode"]], service["mode"]),
            alpha=0.35 + 0.6 * min(1.0, row.fill_frac),
            edgecolor="white",
            linewidth=0.6,
        )
    name_ticks(axes, [row["id"] for row in rows])
    axes.set_xlim(0, clock.horizon_min / MINUTES_PER_DAY)
    axes.set_xlabel(words.t("column.day"))
    return picture


def fill(run: Run, *, lang: str = "en", most: int = 25) -> Picture:
    """
    Draw how full the vehicles of each service are.

    Parameters are those of ``gantt``. A bar is the part of the room taken where a
    vehicle is fullest, averaged over loaded vehicles; services without a limit have none.
    """
    words = Words(run, lang)
    rows = [row for row in words.payload["services"] if row["fill"] is not None]
    rows = sorted(rows, key=lambda row: -row["t"])[:most]
    picture, axes = empty_picture((7, 1.2 + 0.24 * len(rows)), words.t("column.fill"))
    colours = [colour_of(words.payload["modes"][row["mode"]], row["mode"]) for row in rows]
    axes.barh(range(len(rows)), [100 * row["fill"] for row in rows], height=0.7, color=colours)
    for at, row in enumerate(rows):
        write(axes, 101, at, f"{row['t']:,.0f} {words.t('unit.plain.t')}", va="center", fontsize=8, color=GREY)
    name_ticks(axes, [row["id"] for row in rows])
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    return picture


def prices(run: Run, *, lang: str = "en", most: int = 30) -> Picture:
    """
    Draw what goods are worth at hubs where they are offered (hollow) and asked for (solid).

    Parameters are those of ``gantt``; ``most`` counts pairs of a good and a hub, those with the most orders
    first. A line goes from the lowest to the highest price of the orders there, the dot is their mean.
    """
    words = Words(run, lang)
    rows = sorted(words.payload["hub_prices"], key=lambda row: -row["orders"])[:most]
    rows = sorted(rows, key=lambda row: (row["good"], row["hub"], row["side"]))
    code = run.case.settings.currency
    picture, axes = empty_picture((7.5, 1.2 + 0.24 * len(rows)), words.t("prices.hubs", code=code))
    for at, row in enumerate(rows):
        is_bid = row["side"] == "bid"
        axes.plot([row["low"], row["high"]], [at, at], color=GREY, linewidth=1.5)
        axes.plot(row["mean"], at, "o", color=BLUE if is_bid else ORANGE, markerfacecolor=None if is_bid else "white")
    name_ticks(axes, [f"{words.good(row['good'])}, {words.hub(row['hub'])}" for row in rows])
    axes.plot([], [], "o", color=BLUE, label=words.t("side.bid"))
    axes.plot([], [], "o", color=ORANGE, markerfacecolor="white", label=words.t("side.offer"))
    legend(axes, loc="lower right")
    axes.set_xlabel(code)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return picture


def shares(run: Run, *, lang: str = "en") -> Picture:
    """
    Draw what each player has alone and what it gains, by the method that is certified.

    Raises
    ------
    UnknownName
        When the run says nothing of shares: it was made by ``plan``, not by ``share``.
    """
    if run.shares is None:
        raise UnknownName("the run has no shares; make it with landbridge share", code="no-shares")
    words = Words(run, lang)
    rows = [row for row in run.shares.shares if row.method == run.shares.summary.method]
    names = {row.region: words.region(at) for at, row in enumerate(run.case.regions)}
    title = words.t("shares.table") + f", {run.shares.summary.currency}"
    picture, axes = empty_picture((7, 1.2 + 0.32 * len(rows)), title)
    places = range(len(rows))
    alone = [row.alone for row in rows]
    axes.barh(places, alone, height=0.66, color=GREY, label=words.t("column.alone", code="").strip(" ,，"))
    axes.barh(
        places,
        [row.gain for row in rows],
        left=alone,
        height=0.66,
        color=BLUE,
        hatch="//",
        edgecolor="white",
        label=words.t("column.gain", code="").strip(" ,，"),
    )
    name_ticks(axes, [names.get(row.player, row.player) for row in rows])
    axes.axvline(0, color=INK, linewidth=0.8)
    legend(axes, loc="lower right")
    return picture


def convergence(run: Run, *, lang: str = "en") -> Picture:
    """Draw value and bound during the search; parameters are those of ``gantt``."""
    words = Words(run, lang)
    trace = run.plan.summary.trace
    picture, axes = empty_picture((7, 3.4), words.t("about.convergence"))
    for name, colour, pattern, label in (
        ("bound", ORANGE, "dashed", words.t("about.bound")),
        ("value", BLUE, "solid", words.t("figure.value")),
    ):
        points = [(point.seconds, getattr(point, name)) for point in trace if getattr(point, name) is not None]
        if points:
            axes.step(*zip(*points, strict=True), where="post", color=colour, linestyle=pattern, label=label)
    seen = [value for point in trace[len(trace) // 4 :] for value in (point.value, point.bound) if value is not None]
    if seen and max(seen) > min(seen):
        pad = 0.08 * (max(seen) - min(seen))
        axes.set_ylim(min(seen) - pad, max(seen) + pad)  # first plans may be far off
    legend(axes, loc="center right")
    axes.set_xlabel(words.t("unit.s", n="").strip())
    axes.set_ylabel(run.plan.summary.currency)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    return picture
