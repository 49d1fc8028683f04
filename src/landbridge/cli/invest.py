"""``landbridge invest``: which projects to build under a budget, with the plan that uses them."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.cases import read
from landbridge.cli.numbers import amount, money
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.plans import Agreements, Out, WhichAgreements, default_out, refuse_early

if TYPE_CHECKING:
    from rich.console import Console

    from landbridge.model.investment import Investment


def invest(
    case: options.CasePath,
    budget: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="MONEY", help="Most that what is built may cost a week; default: no limit.",
                     show_default=False),
    ] = None,
    out: Out = None,
    time_limit: options.TimeLimit = 120.0,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    agreements: WhichAgreements = Agreements.IN_FORCE,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:  # fmt: skip
    """Choose which of a case's projects to build, together with the plan: what they cost, bring, and to whom."""
    with ending(as_json=as_json, debug=debug):
        import os

        from landbridge.cli.console import err_console, out_console
        from landbridge.cli.live import State, interruptible, run_shown
        from landbridge.model.investment import INVEST_TABLES
        from landbridge.planning import PlanLimits
        from landbridge.planning.invest import Invested
        from landbridge.planning.invest import invest as choose
        from landbridge.tables import write_run
        from landbridge.tables.runs import table_text

        found_case = read(case)
        folder = out or default_out(case)
        refuse_early(folder)
        latest = [State(phase="reading the network")]

        def say(phase: str) -> None:
            latest[0] = State(phase=phase)

        with interruptible() as interrupt:
            limits = PlanLimits(
                time_s=time_limit, seed=seed, threads=threads or os.cpu_count() or 1, cancelled=interrupt
            )

            def work() -> Invested:
                most = math.inf if budget is None else budget
                return choose(found_case, most, limits=limits, agreements=agreements.value, say=say)

            found = run_shown(
                work, state=lambda: latest[0], console=err_console(), time_limit_s=time_limit, interrupt=interrupt
            )
        if found.plan.summary.value is None or found.without.summary.value is None:
            raise Ended(ExitCode.NO_PLAN, "No plan was found within the limits; nothing was written.", name="no-plan")
        files = {f"invest_{name}.csv": table_text(name, kind, getattr(found.told, name))
                 for name, kind in INVEST_TABLES.items()}  # fmt: skip
        files["invest.json"] = json.dumps(dataclasses.asdict(found.told.summary), indent=2, ensure_ascii=False) + "\n"
        write_run(found.plan, found.case, folder, extra=files)
        if as_json:
            write_json({"ok": True, "run": folder} | dataclasses.asdict(found.told))
            return
        console = out_console()
        _print(console, found.told)
        console.print(f"Run with what is built: {folder}", soft_wrap=True)


def _print(console: Console, told: Investment) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    found = told.summary
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("without", f"{money(found.value_without, found.currency)}, at most {money(found.bound_without)}")
    grid.add_row("with", f"{money(found.value_with, found.currency)} at a cost of {money(found.cost)}")
    back = f"; {amount(found.payback, 2)} for each {found.currency} it costs" if found.cost else ""
    grid.add_row("gain", f"{money(found.gain, found.currency)}{back}")
    grid.add_row("best net gain", f"between {money(found.net_low)} and {money(found.net_high, found.currency)}, proved")
    console.print(grid)
    console.print()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    words, numbers = ("project", "adds to", "owner", ""), ("cost", "alone, at most")
    for title in (*words[:3], *numbers, words[3]):
        right = title in numbers
        table.add_column(title, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in told.projects:
        worth = "-" if row.relaxed < 0 else money(row.relaxed)
        adds = f"{row.resource} +{amount(row.added_capacity)}"
        table.add_row(row.project, adds, row.owner, money(row.cost), worth, "build" if row.built else "leave")
    console.print(table)
    gains = [row for row in told.regions if abs(row.change) > 0.005]
    if gains:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        table.add_column("region")
        table.add_column(f"change {found.currency}", justify="right")
        for gain in gains:
            table.add_row(gain.region, f"{'+' if gain.change > 0 else ''}{money(gain.change)}")
        console.print()
        console.print(table)
