"""``landbridge compare``: what differs between runs, in tables and on a page."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import amount, moment, money
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.runs import read_run_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.table import Table

    from landbridge.model.comparison import Comparison
    from landbridge.planning.compare import Named

TOP = 12
"""Rows of a list that the page shows."""

CHANGES = ("lost", "served", "later", "earlier", "rerouted")


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Folders of runs; the first is the base.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the tables into a new folder too.", show_default=False)
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Say what differs between runs: value, cost, hours, CO2, service, crossings, departures, orders, and regions."""
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.planning.compare import compare as compare_runs
        from landbridge.tables import write_comparison

        if len(runs) < 2:
            raise Ended(ExitCode.USAGE, "compare: expected two runs or more.", name="usage")
        named = _named(runs)
        found = compare_runs(named)
        if out is not None:
            write_comparison(found, out)
        if as_json:
            write_json({"ok": True, "out": out} | dataclasses.asdict(found))
            return
        from landbridge.cli.console import out_console

        console = out_console()
        for run in named[1:]:
            print_comparison(console, found, run.name, {hub.hub: hub.name or hub.hub for hub in run.case.hubs})
        if out is not None:
            console.print(f"Tables: {out}", soft_wrap=True)


def _named(paths: list[Path]) -> list[Named]:
    """Runs with names that differ: of their scenario or folder."""
    from landbridge.planning.compare import Named

    found = []
    taken: Counter[str] = Counter()
    for path in paths:
        plan, case = read_run_folder(path)
        if plan.summary.value is None:
            raise Ended(ExitCode.INVALID_INPUT, f"{path}: has no plan; compare needs one.", name="no-plan")
        name = plan.summary.scenario or path.resolve().name
        taken[name] += 1
        found.append(Named(name=name if taken[name] == 1 else str(path), plan=plan, case=case))
    currencies = {run.case.settings.currency for run in found}
    if len(currencies) > 1:
        raise Ended(
            ExitCode.INVALID_INPUT,
            f"the runs are in {', '.join(sorted(currencies))}; expected one currency.",
            name="currencies-differ",
        )
    return found


def print_comparison(console: Console, found: Comparison, name: str, hub_names: dict[str, str]) -> None:
    """Print how one run differs from the first."""
    from rich.text import Text

    console.print(Text(f"{name} against {found.runs[0]}", style="bold"))
    _print_totals(console, found, name)
    _print_regions(console, found, name)
    _print_crossings(console, found, name, hub_names)
    _print_departures(console, found, name)
    _print_orders(console, found, name)


def _print_totals(console: Console, found: Comparison, name: str) -> None:
    table = _table("", ">before", ">after", ">change", "")
    for row in found.totals:
        if row.run == name and (row.before or row.after):
            show = money if row.unit == found.currency else amount
            table.add_row(_words(row.measure), show(row.before), show(row.after), _signed(row.change, show), row.unit)
    console.print(table)
    console.print()


def _print_regions(console: Console, found: Comparison, name: str) -> None:
    rows = [row for row in found.regions if row.run == name and abs(row.change) > 0.005]
    if not rows:
        return
    table = _table("region", f">before {found.currency}", ">after", ">change")
    for row in [row for row in rows if row.change < 0][:TOP] + [row for row in rows if row.change > 0][-TOP:]:
        table.add_row(row.region, money(row.before), money(row.after), _signed(row.change, money))
    _titled(console, "Who loses and who gains, before anything is settled", table)


def _print_crossings(console: Console, found: Comparison, name: str, hub_names: dict[str, str]) -> None:
    rows = [row for row in found.crossings if row.run == name]
    rows = [row for row in rows if abs(row.t_after - row.t_before) > 0.05 or row.runs_after != row.runs_before]
    if not rows:
        return
    rows.sort(key=lambda row: -abs(row.t_after - row.t_before))
    table = _table("crossing", "mode", ">t before", ">t after", ">change", ">runs")
    for row in rows[:TOP]:
        table.add_row(
            f"{hub_names.get(row.from_hub, row.from_hub)} > {hub_names.get(row.to_hub, row.to_hub)}",
            row.mode,
            amount(row.t_before),
            amount(row.t_after),
            _signed(row.t_after - row.t_before, amount),
            _signed(row.runs_after - row.runs_before, amount),
        )
    _titled(console, _title("Crossings that carry more or less", len(rows)), table)


def _print_departures(console: Console, found: Comparison, name: str) -> None:
    rows = [row for row in found.departures if row.run == name]
    if not rows:
        return
    counts = Counter(row.change for row in rows)
    table = _table("change", "service", "leaves", ">before", ">after")
    for row in sorted(rows, key=lambda row: -abs(row.runs_after - row.runs_before))[:TOP]:
        table.add_row(row.change, row.service, moment(row.leaves), str(row.runs_before), str(row.runs_after))
    told = ", ".join(f"{count} {change}" for change, count in counts.most_common())
    _titled(console, f"Departures: {told}", table)


def _print_orders(console: Console, found: Comparison, name: str) -> None:
    rows = [row for row in found.orders if row.run == name]
    if not rows:
        return
    counts = Counter(row.change for row in rows)
    table = _table("change", "order", "party", ">before", ">after", "arrives")
    rows.sort(key=lambda row: (CHANGES.index(row.change), -abs(row.filled_after - row.filled_before)))
    for row in rows[:TOP]:
        before, after = moment(row.arrives_before), moment(row.arrives_after)
        arrives = after if before == after else f"{before or 'not'} > {after or 'not'}"
        order = f"{row.order} #{row.repeat}" if row.repeat else row.order
        table.add_row(row.change, order, row.party, amount(row.filled_before), amount(row.filled_after), arrives)
    told = ", ".join(f"{counts[change]} {change}" for change in CHANGES if counts[change])
    _titled(console, f"Orders: {told}", table)


def _title(text: str, count: int) -> str:
    return f"{text} (the {TOP} largest of {count})" if count > TOP else text


def _titled(console: Console, title: str, table: Table) -> None:
    from rich.text import Text

    console.print(Text(title, style="bold"))
    console.print(table)
    console.print()


def _table(*names: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    table = RichTable(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in names:
        right = name.startswith(">")
        table.add_column(name.lstrip(">"), justify="right" if right else "left", no_wrap=right, overflow="fold")
    return table


def _signed(value: float, show: Callable[[float], str]) -> str:
    text = show(abs(value))
    return text if text == "0" else f"{'+' if value > 0 else '-'}{text}"


def _words(measure: str) -> str:
    from landbridge.cli.summary import MONEY_WORDS

    return MONEY_WORDS.get(measure, measure)
