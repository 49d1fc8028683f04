"""Writes docs/benchmarks.md and its plots from the results; the same results give the same page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench import plots
from bench.figures import (
    AHEAD_PART,
    LEVEL_PART,
    WIDE_GAP,
    Duel,
    Result,
    Table,
    compare,
    difference,
    latest,
    make_table,
    mean,
    median_at,
)
from bench.methods import METHODS
from bench.planning import PLAN_HEAD, PlanRow, plan_line, read_plans
from bench.store import Point, Row, read_runs, read_traces
from bench.suites import BAR, OURS

Traces = Mapping[tuple[str, ...], list[Point]]

MOMENTS_S = (10.0, 60.0, 300.0)
GINS_MOMENTS_S = (10.0, 50.0, 300.0)
MOST_PANELS = 24

HEAD = """\
# Benchmarks

<!-- Written by `./run bench report` from bench/results/; measure again instead of editing. -->

How far Landbridge is from other open solvers, on published instances and on the same machine. Losses come first.
`bench/README.md` says how to measure it again; `./run bench canad --data DIR` is the core of it.

Each run has a process of its own. The time limit is for the solver: reading the file and, for peers, building the
model are not counted. `gap` is (value − bound) / value. What the solutions of all sides cost and whether they are
allowed is recomputed from the published file by `bench/check.py`, which shares no code with the engine. Two values are
*level* when they differ by at most 0.05 %.
"""

CANAD = """\
## Fixed-charge network design (Canad)

Instances of Crainic, Frangioni and Gendron (2001), <https://doi.org/10.1016/S0166-218X(00)00310-3>: links that are
opened or not, flow that may split.
"""

GINS = """\
## Network design with modules (GINS)

81 networks with whole numbers of modules on directed, bidirected or undirected links, from *A graph-induced
neighborhood search heuristic for the capacitated multicommodity network design problem*, Mathematics 13(4): 588, 2025.
**CPLEX's figures (20.1, one thread, five hours) and those of the paper's heuristic (50 s) are cited as published**,
measured on another machine; most of CPLEX's values are not proved optimal.
"""

SIZES = """\
## Time and memory against size

Made-up cases (`bench/made_up.py`): regions in two rows along a border, trucks and trains with timetables, all in
proportion to the orders. Seconds count from the case in memory; memory is the most until the plan is back.
"""


def write_report(results: Path, docs: Path) -> list[Path]:
    """Write the page and what it shows; returns the files."""
    assets = docs / "assets" / "bench"
    written: list[Path] = []
    parts = [HEAD]
    parts += _canad(results / "canad.csv", assets, written)
    parts += _gins(results / "gins.csv", assets, written)
    parts += _plans(results, assets, written)
    if len(parts) == 1:
        parts.append("Nothing has been measured yet.\n")
    page = docs / "benchmarks.md"
    page.write_text("\n".join(parts), encoding="utf-8", newline="\n")
    return [page, *written]


def _canad(file: Path, assets: Path, written: list[Path]) -> list[str]:
    rows, traces = latest(read_runs(file)), read_traces(file)
    if not rows:
        return []
    parts = [
        CANAD,
        "\n".join(
            f"- `{name}`: {method.about}" for name, method in METHODS.items() if any(row.method == name for row in rows)
        )
        + "\n",
    ]
    for time_s, threads in sorted({(row.time_s, row.threads) for row in rows}):
        some = [row for row in rows if (row.time_s, row.threads) == (time_s, threads)]
        table = make_table(some, traces)
        parts.append(f"### {time_s:g} s a run, {threads} {'thread' if threads == 1 else 'threads'}\n")
        parts += [_terms(some), _losses(table), _summary(table), _instances(table), _side_by_side(table)]
        parts += _draw(some, table, traces, assets / f"canad-{time_s:g}s", written)
    parts += _moments(rows, traces, MOMENTS_S)
    return [part for part in parts if part]


def _terms(rows: Sequence[Row]) -> str:
    """Machine, versions, commits, and whether all was measured in one go."""
    commits = sorted({row.commit for row in rows if row.method == OURS})
    sessions = sorted({row.session for row in rows})
    lines = [
        *sorted({f"- Machine: {row.machine}." for row in rows}),
        "- Versions: " + "; ".join(sorted({row.versions for row in rows})) + ".",
        f"- Engine of commit {', '.join(commits) or 'none'}; measured {_span(sessions)}.",
        "- Seeds of ours: "
        + (", ".join(str(seed) for seed in sorted({row.seed for row in rows if row.method == OURS})) or "none")
        + ", the median is shown; one seed of each peer.",
    ]
    return "\n".join([*lines, *_faults(rows)]) + "\n"


def _span(sessions: Sequence[str]) -> str:
    days = sorted({session[:10] for session in sessions})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{when} in {'one session' if len(sessions) == 1 else f'{len(sessions)} sessions'}"


def _faults(rows: Sequence[Row]) -> list[str]:
    """Lines on the check, on time limits that were not kept, and on runs that failed."""
    ours = [row for row in rows if row.method == OURS]
    solved = [row for row in ours if row.checked]
    lines = [f"- Check of ours: {sum(row.checked == 'yes' for row in solved)} of {len(solved)} solutions pass."]
    lines += [
        f"- **Refused by the check: {row.method} on {row.instance}, seed {row.seed}: {row.note}.**"
        for row in rows
        if row.checked == "no"
    ]
    lines += [
        f"- **{row.method} on {row.instance}, seed {row.seed}: {row.status}{f' ({row.note})' if row.note else ''}.**"
        for row in rows
        if row.status in ("failed", "stopped")
    ]
    timed = [row for row in ours if math.isfinite(row.wall_s)]
    if timed:
        late = [row for row in timed if row.wall_s - row.time_s > max(3.0, 0.05 * row.time_s)]
        most = max(timed, key=lambda row: row.wall_s - row.time_s)
        over = most.wall_s - most.time_s
        lines.append(
            f"- Time limit: the latest of ours came back {over:.1f} s after it ({most.instance}); "
            f"{len(late)} of {len(timed)} by more than 3 s or 5 %."
            if over > 0
            else "- Time limit: none of ours came back after it."
        )
    return lines


def _losses(table: Table) -> str:
    """Where ours is behind anyone, by value and by proof."""
    lines = []
    for peer in _peers(table):
        duel = compare(table, OURS, peer)
        lines += [
            f"| {name} | {peer} | {_number(table[name][OURS].upper)} | {_number(table[name][peer].upper)} | "
            f"{_percent(part, sign=True)} |"
            for name, part in duel.losses
        ]
    text = "**Losses.** "
    if lines:
        text += "Ours has a worse value here:\n\n"
        text += "| instance | behind | ours | theirs | difference |\n|---|---|---:|---:|---:|\n"
        text += "\n".join(lines)
    else:
        text += f"No value of ours is behind a peer's by more than {100 * LEVEL_PART:g} %."
    behind = compare(table, OURS, BAR).behind_in_proof
    if behind:
        named = ", ".join(
            f"{name} ({100 * table[name][OURS].gap:.2f} %, {100 * table[name][BAR].gap:.2f} %)" for name, _ in behind
        )
        text += f"\n\nThe proved gap is wider than that of `{BAR}` on {len(behind)}: {named}."
    return text + "\n"


def _peers(table: Table) -> list[str]:
    return [
        name for name in METHODS if name != OURS and any(name in sides and OURS in sides for sides in table.values())
    ]


def _summary(table: Table) -> str:
    peers = _peers(table)
    if not peers:
        return ""
    duels = [compare(table, OURS, peer) for peer in peers]
    rows: list[tuple[str, list[str]]] = [
        ("instances both ran", [f"{duel.instances}" for duel in duels]),
        ("ours level or better", [f"{duel.not_worse}" for duel in duels]),
        (f"ours better by {100 * AHEAD_PART:g} %", [f"{duel.ahead}" for duel in duels]),
        (
            f"... where their gap exceeds {100 * WIDE_GAP:g} %",
            [f"{duel.ahead_of_wide} of {duel.wide}" for duel in duels],
        ),
        ("ours worse", [f"{len(duel.losses)}" for duel in duels]),
        ("instances neither proves", [f"{duel.open}" for duel in duels]),
        ("... mean proved gap, ours", [_percent(duel.mean_gap) for duel in duels]),
        ("... mean proved gap, theirs", [_percent(duel.mean_gap_theirs) for duel in duels]),
        ("... ours as a part of theirs", [_part(duel) for duel in duels]),
        ("mean primal integral, ours", [_percent(duel.mean_integral) for duel in duels]),
        ("mean primal integral, theirs", [_percent(duel.mean_integral_theirs) for duel in duels]),
    ]
    head = f"| ours against | {' | '.join(f'`{peer}`' for peer in peers)} |\n|---|{'---:|' * len(peers)}\n"
    lines = "\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)
    about = (
        "The primal integral is how far the value was from the best one seen here, on average over the time limit: "
        "0 % = the best value from the first moment, 100 % = no value at all.\n"
    )
    return f"{head}{lines}\n\n{about}"


def _part(duel: Duel) -> str:
    return f"{duel.mean_gap / duel.mean_gap_theirs:.2f}" if duel.open and duel.mean_gap_theirs > 0 else "none"


def _instances(table: Table) -> str:
    lines = []
    infeasible = []
    for name, sides in table.items():
        if OURS not in sides:
            continue
        if all(row.status == "infeasible" for row in sides[OURS].rows):
            infeasible.append(name)
            continue
        our, bar = sides[OURS], sides.get(BAR)
        span = _span_of(our)
        theirs = (
            [_number(bar.upper), _percent(bar.gap), _percent(difference(our.upper, bar.upper), sign=True)]
            if bar
            else ["", "", ""]
        )
        cells = [name, _number(our.upper), span, _number(our.lower), _percent(our.gap), *theirs]
        lines.append(f"| {' | '.join(cells)} |")
    if not lines:
        return ""
    without = f"\nOurs proves that there is no plan for {', '.join(infeasible)}.\n" if infeasible else ""
    return (
        f"| instance | ours | seeds | bound | gap | `{BAR}` | gap | ours to theirs |\n"
        "|---|---:|---|---:|---:|---:|---:|---:|\n" + "\n".join(lines) + "\n" + without
    )


def _span_of(result: Result) -> str:
    if len(result.rows) == 1 or result.best_upper == result.worst_upper:
        return ""
    return f"{_number(result.best_upper)} to {_number(result.worst_upper)}"


def _side_by_side(table: Table) -> str:
    """The instances that more sides than two ran."""
    chosen = {name: sides for name, sides in table.items() if len(sides) > 2}
    methods = [name for name in METHODS if any(name in sides for sides in chosen.values())]
    if not chosen:
        return ""
    lines = []
    for name, sides in chosen.items():
        cells = [
            f"{_number(sides[method].upper)} ({_percent(sides[method].gap)})" if method in sides else ""
            for method in methods
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    head = f"| value (gap) | {' | '.join(f'`{name}`' for name in methods)} |\n|---|{'---:|' * len(methods)}\n"
    return head + "\n".join(lines) + "\n"


def _moments(rows: Sequence[Row], traces: Traces, moments: Sequence[float]) -> list[str]:
    """What ours and the bar had reached after some seconds."""
    names = sorted({row.instance for row in rows if row.method == OURS and row.status != "infeasible"})
    columns = {
        f"`{side}`, {moment:g} s": {
            name: median_at([row for row in rows if (row.instance, row.method) == (name, side)], traces, moment)
            for name in names
        }
        for side in (OURS, BAR)
        for moment in moments
    }
    columns = {title: known for title, known in columns.items() if any(known.values())}
    if not columns:
        return []
    lines = []
    for name in names:
        found = [known[name] for known in columns.values()]
        cells = ["" if known is None else f"{_number(known[0])} ({_percent(_gap(*known))})" for known in found]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [
        "### Reached after 10, 60 and 300 seconds\n",
        "Value and proved gap; medians of seeds, from the runs of the shortest limit that reaches so far.\n",
        f"| instance | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}\n" + "\n".join(lines) + "\n",
    ]


def _gap(upper: float, lower: float) -> float:
    """Gap of a cost; 1 without a plan or a bound."""
    if not (math.isfinite(upper) and math.isfinite(lower)):
        return 1.0
    return min(1.0, max(0.0, upper - lower) / max(abs(upper), 1e-9))


def _draw(rows: Sequence[Row], table: Table, traces: Traces, stem: Path, written: list[Path]) -> list[str]:
    """Plots of the instances all peers ran, and of those that ours and the bar leave open."""
    everyone = [name for name, sides in table.items() if len(sides) > 2]
    two = [
        name
        for name, sides in table.items()
        if OURS in sides and BAR in sides and not (sides[OURS].is_proved and sides[BAR].is_proved)
    ]
    parts = []
    for names, methods, suffix, about in (
        (everyone, tuple(METHODS), "all-sides", "all sides"),
        (two[:MOST_PANELS], (OURS, BAR), "ours-and-bar", f"ours and `{BAR}`, what the two did not both prove"),
    ):
        if not names:
            continue
        file = stem.with_name(f"{stem.name}-{suffix}.svg")
        if plots.is_possible():
            panels = {name: [row for row in rows if row.instance == name and row.method in methods] for name in names}
            plots.plot_runs(file, panels, traces)
            written.append(file)
        parts.append(_picture(file, f"Value (solid) and bound (dashed) over time, {about}"))
    return parts


def _picture(file: Path, about: str) -> str:
    plain = about.replace("`", "")
    return f"![{plain}](assets/bench/{file.name})\n\n{about}; in per cent of the best value seen here.\n"


def _gins(file: Path, assets: Path, written: list[Path]) -> list[str]:
    rows, traces = latest(read_runs(file)), read_traces(file)
    ours = [row for row in rows if row.method == OURS]
    if not ours:
        return []
    reached = {
        moment: {
            name: known
            for name in sorted({row.instance for row in ours})
            if (known := median_at([row for row in ours if row.instance == name], traces, moment)) is not None
        }
        for moment in GINS_MOMENTS_S
    }
    first = {row.instance: row for row in ours}
    parts = [
        GINS,
        _terms(ours),
        _gins_losses(reached, first),
        _gins_summary(reached, first),
        _gins_instances(reached, first),
    ]
    for time_s, threads in sorted({(row.time_s, row.threads) for row in rows}):
        some = [row for row in rows if (row.time_s, row.threads) == (time_s, threads)]
        table = make_table(some, traces)
        if _peers(table):
            parts += [f"### Beside peers, {time_s:g} s a run, {threads} threads\n", _summary(table)]
            parts += _draw(some, table, traces, assets / f"gins-{time_s:g}s", written)
    return [part for part in parts if part]


Reached = Mapping[float, Mapping[str, tuple[float, float]]]


def _gins_losses(reached: Reached, first: Mapping[str, Row]) -> str:
    at_50 = reached[50.0]
    behind = [
        f"{name} ({_percent(difference(upper, first[name].published_heuristic), sign=True)})"
        for name, (upper, _) in at_50.items()
        if upper > first[name].published_heuristic
    ]
    far = sorted(
        ((difference(upper, first[name].published), name) for name, (upper, _) in at_50.items()), reverse=True
    )[:5]
    text = f"**Losses.** At 50 s behind the paper's heuristic at 50 s: {', '.join(behind) or 'none'}."
    if far:
        text += " Furthest from CPLEX at 50 s: " + ", ".join(
            f"{name} ({_percent(part, sign=True)})" for part, name in far
        )
        text += "."
    return text + "\n"


def _gins_summary(reached: Reached, first: Mapping[str, Row]) -> str:
    lines = []
    if not any(reached.values()):
        return ""
    for moment, known in reached.items():
        for kind in ("directed", "undirected", "bidirected", ""):
            some = {name: found for name, found in known.items() if not kind or name.startswith(f"{kind}/")}
            if not some:
                continue
            ratios = [upper / first[name].published for name, (upper, _) in some.items()]
            beaten = sum(upper < first[name].published_heuristic for name, (upper, _) in some.items())
            cells = (
                f"{moment:g} s",
                kind or "**all**",
                f"{len(some)}",
                f"{mean(ratios):.4f}",
                f"{sum(ratio < 1.0 for ratio in ratios)}",
                f"{beaten} ({100 * beaten / len(some):.0f} %)" if moment == 50.0 else "",
                _percent(mean(_gap(*found) for found in some.values())),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return (
        "| ours at | links | instances | mean ratio to CPLEX, 5 h | better than CPLEX | better than the heuristic "
        "| mean proved gap |\n|---|---|---:|---:|---:|---:|---:|\n" + "\n".join(lines) + "\n"
    )


def _gins_instances(reached: Reached, first: Mapping[str, Row]) -> str:
    lines = []
    for name, row in sorted(first.items()):
        cells = [name, _number(row.published), _number(row.published_heuristic)]
        for known in reached.values():
            if name in known:
                upper, lower = known[name]
                cells.append(f"{_number(upper)} ({upper / row.published:.3f}; {_percent(_gap(upper, lower))})")
            else:
                cells.append("")
        lines.append(f"| {' | '.join(cells)} |")
    head = " | ".join(f"ours, {moment:g} s (ratio; gap)" for moment in reached)
    return (
        f"| instance | CPLEX, 5 h | heuristic, 50 s | {head} |\n|---|---:|---:|{'---:|' * len(reached)}\n"
        + "\n".join(lines)
        + "\n"
    )


def _plans(results: Path, assets: Path, written: list[Path]) -> list[str]:
    """The built-in cases, and made-up ones of growing size."""
    parts = []
    cases = _last_of(read_plans(results / "cases.csv"))
    if cases:
        parts += ["## The large built-in cases\n", _plan_table(cases)]
    sizes = _last_of(read_plans(results / "sizes.csv"))
    if sizes:
        parts += [
            SIZES,
            _plan_table(sizes),
            _growth(sizes),
        ]
        for time_s in sorted({row.time_s for row in sizes}):
            some = [row for row in sizes if row.time_s == time_s]
            file = assets / f"sizes-{time_s:g}s.svg"
            if len(some) > 1:
                if plots.is_possible():
                    plots.plot_sizes(file, some)
                    written.append(file)
                parts.append(f"![Seconds and memory against the number of orders](assets/bench/{file.name})\n")
    return parts


def _last_of(rows: Iterable[PlanRow]) -> list[PlanRow]:
    """The last of each case and time limit, small cases first."""
    found = {(row.orders, row.case, row.time_s, row.threads): row for row in rows}
    return [found[key] for key in sorted(found)]


def _plan_table(rows: Sequence[PlanRow]) -> str:
    parts = []
    for time_s, threads in sorted({(row.time_s, row.threads) for row in rows}):
        some = [row for row in rows if (row.time_s, row.threads) == (time_s, threads)]
        about = "; ".join(sorted({f"{row.machine}; {row.versions}; commit {row.commit}" for row in some}))
        parts.append(
            f"{time_s:g} s, {threads} threads. {about}.\n\n{PLAN_HEAD}\n" + "\n".join(map(plan_line, some)) + "\n"
        )
    return "\n".join(parts)


def _growth(rows: Sequence[PlanRow]) -> str:
    """By what power of the number of orders time and memory grow between the smallest and the largest case."""
    if len({row.time_s for row in rows}) != 1 or len(rows) < 2:
        return ""
    small, large = rows[0], rows[-1]
    by = math.log(large.orders / small.orders)
    powers = [
        f"{label} with the power {math.log(getattr(large, name) / getattr(small, name)) / by:.2f}"
        for name, label in (
            ("first_plan_s", "the first plan"),
            ("first_bound_s", "the first bound"),
            ("peak_mb", "memory"),
        )
        if getattr(small, name) > 0 and getattr(large, name) > 0
    ]
    return (
        f"From {small.orders:,} to {large.orders:,} orders grow: {', '.join(powers)} (1 = in proportion).\n"
        if powers
        else ""
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "none"


def _percent(part: float, *, sign: bool = False) -> str:
    if not math.isfinite(part):
        return "no value" if sign else "none"
    return f"{100 * part:+.2f} %" if sign else f"{100 * part:.2f} %"
