"""``landbridge explain`` and ``landbridge bottlenecks``: why, and what one more would be worth."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landbridge.cli import options
from landbridge.cli.numbers import amount, moment, money
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json
from landbridge.cli.runs import read_run_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from landbridge.model.bottleneck import Bottleneck
    from landbridge.model.case import Case
    from landbridge.model.explanation import Explanation
    from landbridge.model.plan import Plan
    from landbridge.planning import PlanLimits

TablesOut = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write the tables into a new folder too.", show_default=False)
]


def explain(
    run: options.RunPath,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Id of an order; ORDER#2 is its third repeat.")],
    free: Annotated[
        float | None,
        typer.Option(
            "--free",
            min=0.0,
            metavar="S",
            help="Plan each changed case anew for so many seconds too, with nothing pinned.",
            show_default=False,
        ),
    ] = None,
    out: TablesOut = None,
    threads: options.Threads = 0,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Say why an order is late, dear or not served, and which single changes would serve it.

    Each change is tried: the order is forced into the plan with all but its neighbours pinned, both plans are
    verified, and its worth is the exact difference of their values.
    """
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.console import err_console, out_console
        from landbridge.cli.live import State, interruptible, run_shown
        from landbridge.model.explanation import Change
        from landbridge.planning.explain import Tried, prepare
        from landbridge.planning.explain import explain as explain_order
        from landbridge.tables import write_tables

        plan, case = read_run_folder(run)
        if plan.summary.value is None:
            raise Ended(ExitCode.INVALID_INPUT, f"{run}: has no plan; explain needs one.", name="no-plan")
        name, repeat = _instance(plan, order)

        def work() -> tuple[Explanation, tuple[Tried, ...]]:
            return explain_order(prepare(case, plan, _accepts), name, repeat, free=_free(free, threads))

        with interruptible() as interrupt:
            found, _ = run_shown(
                work,
                state=lambda: State(phase="trying changes"),
                console=err_console(),
                time_limit_s=float("inf"),
                interrupt=interrupt,
            )
        if out is not None:
            document = dataclasses.asdict(found) | {"currency": case.settings.currency}
            write_tables(out, {"changes": (Change, found.changes)}, "explanation", document)
        if as_json:
            write_json({"ok": True, "out": out} | dataclasses.asdict(found))
            return
        console = out_console()
        _print(console, found, case)
        if out is not None:
            console.print(f"Tables: {out}", soft_wrap=True)


def _accepts(plan: Plan, case: Case) -> bool:
    from landbridge.verify import verify

    return not verify(plan, case)


def _free(seconds: float | None, threads: int) -> PlanLimits | None:
    import os

    from landbridge.planning import PlanLimits

    return None if seconds is None else PlanLimits(time_s=seconds, threads=threads or os.cpu_count() or 1)


def _instance(plan: Plan, text: str) -> tuple[str, int]:
    """Order and repeat; an id that has a ``#`` itself is taken as it stands."""
    ids = {row.order for row in plan.orders}
    name, sign, number = text.rpartition("#")
    if text not in ids and sign and number.isdecimal() and name in ids:
        return name, int(number)
    return text, 0


def _print(console: Console, found: Explanation, case: Case) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    currency = case.settings.currency
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    name = f"{found.order} #{found.repeat}" if found.repeat else found.order
    grid.add_row(
        "order", Text(f"{name}, {amount(found.qty)} {found.good} of {found.party or '(outside)'}", style="bold")
    )
    grid.add_row("state", f"{found.state}: {amount(found.filled)} of {amount(found.qty)}" + _when(found))
    grid.add_row("why", found.why)
    if found.filled:
        grid.add_row("brings", money(found.brings, currency))
        grid.add_row("costs", f"{money(found.costs, currency)}, with its part by weight of the runs it rides")
    for number, step in enumerate(found.way):
        grid.add_row("way" if not number else "", step)
    console.print(grid)
    console.print()
    if found.state == "served":
        return
    if not found.changes:
        console.print("No single change that was tried would serve it with all else as it is.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    has_free = any(change.free_value for change in found.changes)
    for title, right in (
        ("change", False),
        ("who could grant it", False),
        (f"worth {currency}", True),
        ("arrives", False),
    ):
        table.add_column(title, justify="right" if right else "left", no_wrap=right, overflow="fold")
    if has_free:
        table.add_column("all planned anew", justify="right", no_wrap=True)
    for change in found.changes:
        worth = f"{'+' if change.worth > 0 else ''}{money(change.worth)}" + ("" if change.is_verified else " (refused)")
        cells = [change.what, change.owner, worth, moment(change.arrives)]
        table.add_row(*cells, *([_free_words(change.free_value - change.value_before)] if has_free else []))
    console.print(Text("It would be served, all else pinned but its neighbours, if", style="bold"))
    console.print(table)
    console.print("worth = value of the plan with the change less value of the run; both plans verified", style="dim")


def _when(found: Explanation) -> str:
    late = f", {amount(found.late_h)} h late" if found.late_h else ""
    return f", there {moment(found.arrives)}{late}" if found.filled else ""


def _free_words(change: float) -> str:
    return f"{'+' if change > 0 else ''}{money(change)}"


def bottlenecks(
    run: options.RunPath,
    time_limit: options.TimeLimit = 60.0,
    top: Annotated[int, typer.Option(min=1, help="Limits that are looked at.")] = 10,
    out: TablesOut = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Say what one more vehicle, tonne or hour at each crossing, hub, service and fleet is worth.

    The price is of the relaxation; beside it what the relaxation gains by one whole vehicle, what a verified plan
    gains, and the interval in which the worth to the best plans lies.
    """
    with ending(as_json=as_json, debug=debug, invalid_run=ExitCode.INVALID_INPUT):
        from landbridge.cli.console import err_console, out_console
        from landbridge.cli.live import State, interruptible, run_shown
        from landbridge.model.bottleneck import Bottleneck
        from landbridge.planning.bottlenecks import find_bottlenecks
        from landbridge.tables import write_tables

        plan, case = read_run_folder(run)
        if plan.summary.value is None:
            raise Ended(ExitCode.INVALID_INPUT, f"{run}: has no plan; bottlenecks needs one.", name="no-plan")
        with interruptible() as interrupt:
            rows = run_shown(
                lambda: find_bottlenecks(case, plan, check=_accepts, time_s=time_limit, top=top),
                state=lambda: State(phase="raising limits"),
                console=err_console(),
                time_limit_s=time_limit,
                interrupt=interrupt,
            )
        if out is not None:
            write_tables(out, {"bottlenecks": (Bottleneck, rows)}, "bottlenecks", {"currency": case.settings.currency})
        if as_json:
            write_json({"ok": True, "out": out, "bottlenecks": [dataclasses.asdict(row) for row in rows]})
            return
        console = out_console()
        _print_bottlenecks(console, rows, case.settings.currency)
        if out is not None:
            console.print(f"Tables: {out}", soft_wrap=True)


def _owners(text: str) -> str:
    """Names of owners without their shares, the first few."""
    names = [part.rpartition(":")[0] or part for part in text.split()]
    return " ".join(names[:2]) + (" ..." if len(names) > 2 else "")


def _print_bottlenecks(console: Console, rows: Sequence[Bottleneck], currency: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if not rows:
        console.print("No limit has a price or is full: none holds the plan back.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for title in ("one more", f"price {currency}", "relaxed", "a plan gains", "worth", ""):
        is_text = title in ("one more", "")
        table.add_column(title, justify="left" if is_text else "right", no_wrap=title != "one more", overflow="fold")
    for row in rows:
        table.add_row(
            f"{row.resource}\n  +{row.step:g} {row.unit}\n  {_owners(row.owner)}",
            money(row.price) if row.price else "",
            "" if row.basis == "none" else money(row.relaxed) + ("" if row.basis == "relaxation" else "*"),
            money(row.found) + ("" if row.is_verified else " (refused)"),
            f"{money(row.low)} to {'?' if row.high is None else money(row.high)}",
            row.verdict,
        )
    console.print(table)
    console.print("worth: to the best plans; undecided where the gap of the run is larger than it", style="dim")
    if any(row.basis == "prices" for row in rows):
        console.print("*: the price, as the relaxation did not finish in time", style="dim")
