"""``landbridge replan``: a run in, something happens, a changed run out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.compare import print_comparison
from landbridge.cli.numbers import duration, money, percent
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.plans import Events, Out, default_out, refuse_early
from landbridge.cli.runs import read_run_folder

if TYPE_CHECKING:
    from rich.console import Console

    from landbridge.cli.live import Interrupt
    from landbridge.model.case import Case, Event
    from landbridge.model.plan import Plan
    from landbridge.model.replan import ReplanTables
    from landbridge.planning.replan import Replan


def replan(
    run: options.RunPath,
    event: Events = None,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Moment from which the plan is new; default: when the first event starts.",
            show_default=False,
        ),
    ] = "",
    weeks: Annotated[int, typer.Option(min=1, help="Dated weeks a repeating week becomes.")] = 3,
    change_cost: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="MONEY",
            help="Price on moving an order that could stay; default: 1 % of the spend by order served.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    time_limit: options.TimeLimit = 40.0,
    seed: options.Seed = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Re-plan a run after something has happened: what has left stays, what is on its way goes on.

    The rest is planned anew where the events make it impossible, and where that pays.
    """
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.live import interruptible
        from landbridge.planning.events import read_event
        from landbridge.planning.replan import tell
        from landbridge.tables import has_shares, read_shares, replan_files, write_run

        plan, case = read_run_folder(run)
        if plan.summary.value is None:
            raise Ended(ExitCode.INVALID_INPUT, f"{run}: has no plan; replan needs one.", name="no-plan")
        if not event:
            raise Ended(ExitCode.USAGE, "replan: expected --event, what happens.", name="usage")
        folder = out or default_out(Path(f"{run.resolve().name}-replan"))
        refuse_early(folder)
        events = [read_event(case, text) for text in event]
        with interruptible() as interrupt:
            found, seconds = _work(plan, case, events, at, weeks, change_cost, time_limit, seed, interrupt)
        shares = read_shares(run) if has_shares(run) else None
        tables, comparison = tell(found, shares)
        write_run(found.after, found.case, folder, extra=replan_files(tables))
        if as_json:
            import dataclasses

            document = {"ok": True, "run": folder, "replan": dataclasses.asdict(tables.summary), "seconds": seconds}
            write_json(document | {"regions": [dataclasses.asdict(row) for row in tables.regions]})
            return
        from landbridge.cli.console import out_console

        console = out_console()
        _print(console, tables, found.case.settings.currency, seconds)
        print_comparison(console, comparison, "after", {row.hub: row.name or row.hub for row in found.case.hubs})
        console.print(f"Run: {folder}", soft_wrap=True)


def _work(
    plan: Plan,
    case: Case,
    events: list[Event],
    at: str,
    weeks: int,
    change_cost: float | None,
    time_limit: float,
    seed: int,
    interrupt: Interrupt,
) -> tuple[Replan, float]:
    """Unroll, re-plan and show what is being done."""
    import time

    from landbridge.cli.console import err_console
    from landbridge.cli.live import State, run_shown
    from landbridge.model.clock import BadTime, Clock
    from landbridge.planning import PlanLimits
    from landbridge.planning.replan import replan as replan_plan
    from landbridge.planning.replan import unroll

    begun = time.monotonic()
    latest = [State(phase="unrolling the week")]

    def say(phase: str) -> None:
        latest[0] = State(phase=phase)

    def work() -> Replan:
        dated = unroll(case, plan, weeks)
        clock = Clock.of(dated.case.settings)
        try:
            starts = [clock.minute(item.starts) if item.starts else 0 for item in events]
            now = clock.minute(at) if at else min(starts)
        except BadTime as error:
            raise Ended(ExitCode.INVALID_INPUT, f"replan: {error}.", name="bad-time") from error
        if not 0 <= now <= clock.horizon_min:
            first, last = clock.text(0), clock.text(clock.horizon_min)
            message = f"replan: the moment is outside the calendar; expected {first} to {last}."
            raise Ended(ExitCode.INVALID_INPUT, message, name="bad-time")
        limits = PlanLimits(time_s=time_limit, seed=seed, cancelled=interrupt)
        return replan_plan(dated, events, now, limits=limits, change_cost=change_cost, say=say)

    found = run_shown(
        work, state=lambda: latest[0], console=err_console(), time_limit_s=time_limit, interrupt=interrupt
    )
    return found, time.monotonic() - begun


def _print(console: Console, tables: ReplanTables, currency: str, seconds: float) -> None:
    from rich.table import Table

    found = tables.summary
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("events", found.events)
    grid.add_row("new from", f"{found.moved_at} ({duration(seconds)})")
    grid.add_row(
        "begun", f"{found.paths_begun:,} ways had begun and stay; {found.paths_turned:,} of them go on another way"
    )
    grid.add_row("orders", f"{found.orders_moved:,} moved, {found.orders_lost:,} get less")
    grid.add_row("before", money(found.value_before, currency))
    grid.add_row("after", money(found.value_after, currency))
    grid.add_row(
        "cost", f"{money(found.cost, currency)} against {money(found.value_without, currency)} without the events"
    )
    grid.add_row("gap", _gap_words(found.gap))
    if found.shares:
        grid.add_row("shares", _share_words(tables))
    console.print(grid)
    console.print()


def _gap_words(gap: float | None) -> str:
    if gap is None:
        return "not told: no bound was proved in the time; --time-limit gives it more"
    return f"{percent(gap, 2)} of the spend is left to find at most, with what has left as it is"


def _share_words(tables: ReplanTables) -> str:
    fails = [row.region for row in tables.regions if row.verdict == "fails"]
    if not fails:
        return "hold: with the payments as agreed no region is worse off than alone"
    return f"fail for {', '.join(fails)}: with the payments as agreed worse off than alone"
