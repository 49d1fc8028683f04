"""The tables of a run as a person reads them in a terminal: the columns that matter, short times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from landbridge.cli.numbers import amount, moment, money, percent, span

Cell = Callable[[Any], str]

_COLUMNS: dict[str, tuple[tuple[str, bool, Cell], ...]] = {
    "departures": (
        ("service", False, lambda row: row.service),
        ("by", False, lambda row: row.owner),
        ("leaves - arrives", False, lambda row: span(row.leaves, row.arrives)),
        ("runs", True, lambda row: f"{row.runs:,}" + (f" + {row.empty_runs:,} empty" if row.empty_runs else "")),
        ("peak load", True, lambda row: " ".join(f"{amount(load)} {dim}" for dim, load in row.load.items() if load)),
        ("fill", True, lambda row: percent(row.fill_frac, 0)),
        ("cost", True, lambda row: money(row.run_cost)),
    ),
    "flows": (
        ("path.step", False, lambda row: f"{_instance(row.order, row.repeat)} {row.path}.{row.seq}"),
        ("by", False, lambda row: row.service if row.kind == "leg" else row.handling),
        ("way", False, lambda row: f"{row.from_hub} > {row.to_hub}" if row.kind == "leg" else row.from_hub),
        ("leaves - arrives", False, lambda row: span(row.leaves, row.arrives)),
        ("qty", True, lambda row: amount(row.qty)),
        ("grant", False, lambda row: row.grant),
    ),
    "orders": (
        ("order", False, lambda row: _instance(row.order, row.repeat)),
        ("party", False, lambda row: row.party or "(outside)"),
        ("good", False, lambda row: row.good),
        ("filled", True, lambda row: f"{amount(row.filled)} of {amount(row.qty)}"),
        ("arrives", False, lambda row: moment(row.arrives)),
        ("late h", True, lambda row: amount(row.late_h) if row.late_h else ""),
        ("value", True, lambda row: money(row.value)),
        ("why not all", False, lambda row: row.why),
    ),
    "trades": (
        ("trade", False, lambda row: row.trade),
        ("seller", False, lambda row: row.seller or "(outside)"),
        ("buyer", False, lambda row: row.buyer or "(outside)"),
        ("good", False, lambda row: row.good),
        ("offer", False, lambda row: _instance(row.offer, row.offer_repeat)),
        ("bid", False, lambda row: _instance(row.bid, row.bid_repeat)),
        ("qty", True, lambda row: amount(row.qty)),
        ("price", True, lambda row: money(row.price_per_unit)),
    ),
    "prices": (
        ("kind", False, lambda row: row.kind),
        ("resource", False, lambda row: row.resource),
        ("good", False, lambda row: row.good),
        ("day", False, lambda row: row.day),
        ("price", True, lambda row: amount(row.price, 2)),
        ("unit", False, lambda row: row.unit),
    ),
    "fleets": (
        ("fleet", False, lambda row: row.fleet),
        ("used", True, lambda row: f"{row.used:,}"),
        ("fixed cost", True, lambda row: money(row.fixed_cost)),
    ),
}


def listing(table: str, rows: Sequence[Any]) -> Table:
    """Lay the rows of a run's table out; columns that are blank in every row are left out."""
    found = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    columns = [(name, right, [cell(row) for row in rows]) for name, right, cell in _COLUMNS[table]]
    columns = [column for column in columns if any(column[2])]
    for name, right, _ in columns:
        found.add_column(name, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for cells in zip(*(column[2] for column in columns), strict=True):
        found.add_row(*cells)
    return found


def _instance(order: str, repeat: int) -> str:
    return f"{order} #{repeat}" if repeat else order
