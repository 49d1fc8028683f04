"""The summary of a plan in words and tables."""

from __future__ import annotations

import dataclasses
from textwrap import shorten
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from landbridge.cli.numbers import WEEKDAYS, amount, duration, money, percent
from landbridge.model.case import Case
from landbridge.model.plan import Plan, PlanStatus, Summary
from landbridge.planning.facts import CrossingLoad, LimitUse, load_by_crossing, served_by_good, unserved_by_reason

TOP_CROSSINGS = 8
TOP_REASONS = 8
EXAMPLE_CHARS = 130

MONEY_WORDS = {
    "orders_value": "orders served",
    "run_cost": "runs",
    "empty_cost": "empty runs",
    "fleet_cost": "fleets",
    "flow_cost": "carriage by the tonne",
    "handling_cost": "handling",
    "storage_cost": "storage",
    "late_cost": "lateness",
    "unserved_cost": "unserved orders",
}

STATUS_WORDS = {
    PlanStatus.OPTIMAL: "proved optimal",
    PlanStatus.GAP_REACHED: "stopped: the asked gap is proved",
    PlanStatus.TIME_LIMIT: "stopped at the time limit",
    PlanStatus.WORK_LIMIT: "stopped at the work limit",
    PlanStatus.CANCELLED: "stopped by Ctrl-C",
    PlanStatus.FEASIBLE: "a plan with a proved gap",
    PlanStatus.INFEASIBLE: "infeasible: no plan meets all limits (must_run, pins, fleets)",
}


def summary_facts(case: Case, plan: Plan) -> dict[str, Any]:
    """Facts of the summary as plain data, for ``--json``."""
    return {
        "served": [dataclasses.asdict(row) | {"frac": row.frac} for row in served_by_good(case, plan)],
        "crossings": [dataclasses.asdict(row) for row in load_by_crossing(case, plan)],
        "unserved": [
            dataclasses.asdict(row) | {"examples": [{"order": order, "why": why} for order, why in row.examples]}
            for row in unserved_by_reason(plan)
        ],
    }


def print_summary(console: Console, case: Case, plan: Plan) -> None:
    """Print what the plan is worth, what it serves, where it crosses the border, what it leaves and why."""
    console.print(_headline(plan.summary))
    if plan.summary.value is None:
        return
    for title, table in (
        ("Money", _money_table(plan.summary)),
        ("Served by good", _served_table(case, plan)),
        ("Top crossings by load", _crossings_table(case, plan)),
        ("Not served, or not in full", _unserved_table(plan)),
    ):
        if table is not None:
            console.print(Group(Text(title, style="bold"), table))


def _headline(summary: Summary) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    currency = summary.currency
    grid.add_row("case", Text(summary.case, style="bold"))
    if summary.scenario:
        grid.add_row("scenario", summary.scenario)
    if summary.events:
        grid.add_row("events", summary.events)
    grid.add_row("status", _status(summary))
    if summary.value is not None and summary.bound is not None:
        short = max(0.0, summary.bound - summary.value)
        grid.add_row("value", Text(money(summary.value, currency), style="bold"))
        grid.add_row("bound", f"{money(summary.bound, currency)} (no plan is worth more{_grid_words(summary)})")
        grid.add_row("gap", f"{percent(summary.gap, 2)} of the spend; at most {money(short, currency)} left to find")
        grid.add_row("spend", money(summary.spend, currency))
        grid.add_row("agreements", {"all": "all, proposed ones too"}.get(summary.agreements, "those in force"))
        if summary.origins:
            grid.add_row("origin", _origin_words(summary))
    return Group(grid, "")


def _status(summary: Summary) -> str:
    took = f"{duration(summary.seconds)}, {summary.threads} thread{'s' if summary.threads != 1 else ''}"
    if summary.value is None and summary.status is not PlanStatus.INFEASIBLE:
        return f"no plan found: {STATUS_WORDS[summary.status]} ({took})"
    pinned = "; the runs are the planner's own (pins)" if summary.pins_only else ""
    return f"{STATUS_WORDS[summary.status]} ({took}){pinned}"


def _grid_words(summary: Summary) -> str:
    if not summary.candidates:
        return ""
    return f" on {summary.candidates:,} candidate departures of services without a timetable"


def _origin_words(summary: Summary) -> str:
    parts = sorted(summary.origins.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{percent(part)} {name}" for name, part in parts if part) + " inputs behind this money"


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name, side in columns:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=side == "right", overflow="fold")
    return table


def _money_table(summary: Summary) -> RenderableType:
    table = _table(("", "left"), (summary.currency, "right"))
    for field, words in MONEY_WORDS.items():
        value = getattr(summary.money, field)
        if value:
            table.add_row(words, money(value if field == "orders_value" else -value))
    table.add_row(Text("value", style="bold"), Text(money(summary.money.value), style="bold"))
    return Group(table, "")


def _served_table(case: Case, plan: Plan) -> RenderableType | None:
    rows = served_by_good(case, plan)
    if not rows:
        return None
    has_offers = any(row.offered for row in rows)
    columns = [("good", "left"), ("orders", "right"), ("wanted", "right"), ("served", "right"), ("", "right")]
    table = _table(*columns, ("t", "right"), *([("sold of offers", "right")] if has_offers else []))
    for row in rows:
        cells = [
            row.name,
            f"{row.orders_served:,} of {row.orders:,}",
            amount(row.qty),
            amount(row.filled),
            percent(row.frac),
            amount(row.filled_t),
        ]
        if has_offers:
            cells.append(f"{amount(row.sold)} of {amount(row.offered)}" if row.offered else "")
        table.add_row(*cells)
    return Group(table, "")


def _crossings_table(case: Case, plan: Plan) -> RenderableType | None:
    rows = load_by_crossing(case, plan)
    if not rows:
        return None
    names = {hub.hub: hub.name or hub.hub for hub in case.hubs}
    table = _table(("crossing", "left"), ("mode", "left"), ("t there", "right"), ("t back", "right"))
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("a day", justify="right", no_wrap=True)
    table.add_column("busiest day of cap", justify="left", overflow="fold")
    for row in rows[:TOP_CROSSINGS]:
        table.add_row(
            f"{names[row.hub_a]} > {names[row.hub_b]}",
            row.mode,
            amount(row.t_there),
            amount(row.t_back),
            f"{row.runs_there:,}+{row.runs_back:,}",
            amount(row.runs_per_day),
            _limit_words(row),
        )
    more = len(rows) - TOP_CROSSINGS
    return Group(table, f"and {more} more" if more > 0 else "", *([""] if more > 0 else []))


def _limit_words(row: CrossingLoad) -> str:
    use: LimitUse | None = row.limit
    if use is None:
        return "no cap"
    full = f", full on {use.days_full} days" if use.days_full > 1 else ", full" if use.days_full else ""
    return f"{use.runs:,} of {amount(use.cap)} ({WEEKDAYS[use.weekday]}){full}"


def _unserved_table(plan: Plan) -> RenderableType | None:
    rows = unserved_by_reason(plan)
    if not rows:
        return None
    table = _table(("reason", "left"), ("orders", "right"), ("penalty", "right"), ("for example", "left"))
    for row in rows[:TOP_REASONS]:
        order, why = row.examples[0]
        example = shorten(f"{order}: {why}" if why else order, EXAMPLE_CHARS, placeholder=" ...")
        table.add_row(row.reason, f"{row.orders:,}", money(row.unserved_cost), example)
    return Group(table, "")
