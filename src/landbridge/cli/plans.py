"""``landbridge plan`` and ``landbridge evaluate``: a case in, a run out."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from landbridge.cli import options
from landbridge.cli.cases import counts_of, read
from landbridge.cli.numbers import money
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

if TYPE_CHECKING:
    from landbridge.cli.live import Interrupt
    from landbridge.model.case import Case, Pin
    from landbridge.model.plan import Plan
    from landbridge.planning import PlanLimits, PlanProgress
    from landbridge.planning.scenarios import Variant


class Agreements(StrEnum):
    """Which agreements count (semantics §4.2)."""

    IN_FORCE = "in_force"
    ALL = "all"


Out = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Folder of the run, made new. Default: runs/CASE-TIME in the current folder.",
        show_default=False,
    ),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario", metavar="NAME", help="Plan the case as a scenario of its table changes it; several: side by side."
    ),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="EVENT",
        help="Let an event happen: its id in the case, or close:RESOURCE [from TIME] [to TIME]; may be repeated.",
    ),
]
WhichAgreements = Annotated[Agreements, typer.Option(help="Agreements that count; all = proposed and signed ones too.")]


def plan(
    case: options.CasePath,
    out: Out = None,
    time_limit: options.TimeLimit = 60.0,
    gap: options.Gap = 0.0,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    work: options.Work = None,
    agreements: WhichAgreements = Agreements.IN_FORCE,
    scenario: Scenarios = None,
    event: Events = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes that plan several scenarios.")] = 1,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Plan a case: the best joint plan found, with a proved bound, as a run.

    Ctrl-C stops the search and keeps the best plan so far; a second Ctrl-C
    aborts. An existing folder is never overwritten. With several scenarios
    RUN is a folder with a run for each.
    """
    with ending(as_json=as_json, debug=debug):
        wishes = _Wishes(time_limit, gap, seed, threads, work)
        names = list(dict.fromkeys(scenario or [""]))
        variants = [_variant(case, name, event or []) for name in names]
        if len(variants) > 1:
            _plan_side_by_side(variants, out or default_out(case), wishes, agreements.value, processes, as_json=as_json)
            return
        found = variants[0]

        def solve(limits: PlanLimits) -> Plan:
            from landbridge.planning.scenarios import plan_variant

            return plan_variant(found, limits, agreements.value)

        _plan_and_write(found.case, out or default_out(case), wishes, solve, as_json=as_json)


def evaluate(
    case: options.CasePath,
    pins: Annotated[
        Path,
        typer.Option(metavar="PINS.csv", help="What is fixed: a table of pins (table, key, min, max), today's plan."),
    ],
    out: Out = None,
    time_limit: options.TimeLimit = 60.0,
    gap: options.Gap = 0.0,
    seed: options.Seed = 0,
    threads: options.Threads = 0,
    work: options.Work = None,
    agreements: WhichAgreements = Agreements.IN_FORCE,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """
    Price a plan you already have: only the pinned runs leave, the freight is routed as well as they allow.

    Services and departures that the file does not name do not run.
    """
    with ending(as_json=as_json, debug=debug):
        found = read(case)
        fixed = _read_pins(pins, found)

        def solve(limits: PlanLimits) -> Plan:
            from landbridge.planning import evaluate as evaluate_case

            return evaluate_case(found, fixed, limits=limits, agreements=agreements.value)

        wishes = _Wishes(time_limit, gap, seed, threads, work)
        _plan_and_write(found, out or default_out(case), wishes, solve, as_json=as_json)


def _variant(path: Path, scenario: str, events: list[str]) -> Variant:
    """The case as a scenario and events change it."""
    from landbridge.planning.scenarios import make_variant
    from landbridge.tables import happening

    found = read(path, scenario)
    return make_variant(found, scenario, [*happening(found, scenario), *events])


def _plan_side_by_side(
    variants: list[Variant], folder: Path, wishes: _Wishes, agreements: str, processes: int, *, as_json: bool
) -> None:
    """Plan scenarios on processes, and write each as a run of its own into a folder."""
    from landbridge.cli.console import err_console, out_console
    from landbridge.cli.live import State, interruptible, run_shown
    from landbridge.planning import PlanLimits
    from landbridge.planning.scenarios import plan_variants
    from landbridge.runtime import open_workers
    from landbridge.tables import summary_to_json, write_run

    refuse_early(folder)
    threads = wishes.threads if wishes.threads_asked else max(1, wishes.threads // processes)
    limits = PlanLimits(time_s=wishes.time_limit, gap=wishes.gap, work=wishes.work, seed=wishes.seed, threads=threads)
    with interruptible() as interrupt:

        def work() -> list[Plan]:
            with open_workers(processes) as workers:
                return list(plan_variants(variants, limits, agreements, workers, interrupt))

        state = State(phase=f"{len(variants)} scenarios on {processes} process{'es' if processes > 1 else ''}")
        rounds = math.ceil(len(variants) / processes)
        plans = run_shown(
            work,
            state=lambda: state,
            console=err_console(),
            time_limit_s=wishes.time_limit * rounds,
            interrupt=interrupt,
        )
    if len(plans) < len(variants):
        raise Ended(ExitCode.CANCELLED, "Cancelled before all scenarios were planned; nothing was written.")
    runs = []
    for variant, found in zip(variants, plans, strict=True):
        run = folder / quote(variant.scenario, safe=" ")
        write_run(found, variant.case, run)
        runs.append(run)
    if as_json:
        rows = [
            {"scenario": variant.scenario, "run": run, "summary": summary_to_json(found.summary)}
            for variant, run, found in zip(variants, runs, plans, strict=True)
        ]
        write_json({"ok": all(found.summary.value is not None for found in plans), "runs": rows})
    else:
        console = out_console()
        for variant, found in zip(variants, plans, strict=True):
            console.print(f"{variant.scenario}: {money(found.summary.value, found.summary.currency)}", soft_wrap=True)
        console.print("Compare them: landbridge compare " + " ".join(str(run) for run in runs), soft_wrap=True)
    if any(found.summary.value is None for found in plans):
        raise typer.Exit(ExitCode.NO_PLAN)


class _Wishes:
    """The limits a person asked for."""

    def __init__(self, time_limit: float, gap: float, seed: int, threads: int, work: float | None) -> None:
        self.time_limit = time_limit
        self.gap = gap
        self.seed = seed
        self.threads = threads or os.cpu_count() or 1
        self.threads_asked = threads > 0
        self.work = math.inf if work is None else work


def _plan_and_write(
    case: Case, folder: Path, wishes: _Wishes, solve: Callable[[PlanLimits], Plan], *, as_json: bool
) -> None:
    from landbridge.cli.live import interruptible
    from landbridge.tables import write_run

    refuse_early(folder)
    counts = counts_of(case)
    told = ", ".join(f"{counts[table]:,} {table}" for table in ("regions", "hubs", "services", "orders"))
    typer.echo(f"{case.settings.name}: {told}", err=True)
    with interruptible() as interrupt:
        found = _search(wishes, solve, interrupt)
        if found.summary.value is None and found.summary.status == "cancelled":
            raise Ended(ExitCode.CANCELLED, "Cancelled before there was a plan; nothing was written.", name="cancelled")
        write_run(found, case, folder)
    _tell(case, found, folder, as_json=as_json)
    if found.summary.value is None:
        raise typer.Exit(ExitCode.NO_PLAN)


def _search(wishes: _Wishes, solve: Callable[[PlanLimits], Plan], interrupt: Interrupt) -> Plan:
    from landbridge.cli.console import err_console
    from landbridge.cli.live import State, run_shown
    from landbridge.planning import PlanLimits

    latest: list[State] = [State()]

    def report(progress: PlanProgress) -> None:
        latest[0] = State(value=progress.value, bound=progress.bound, gap=progress.gap, phase=progress.phase)

    limits = PlanLimits(
        time_s=wishes.time_limit,
        gap=wishes.gap,
        work=wishes.work,
        seed=wishes.seed,
        threads=wishes.threads,
        cancelled=interrupt,
        report=report,
    )
    return run_shown(
        lambda: solve(limits),
        state=lambda: latest[0],
        console=err_console(),
        time_limit_s=wishes.time_limit,
        interrupt=interrupt,
    )


def _tell(case: Case, found: Plan, folder: Path, *, as_json: bool) -> None:
    if as_json:
        from landbridge.cli.summary import summary_facts
        from landbridge.tables import summary_to_json

        document = {"ok": found.summary.value is not None, "run": folder, "summary": summary_to_json(found.summary)}
        write_json(document | summary_facts(case, found))
        return
    from landbridge.cli.console import out_console
    from landbridge.cli.summary import print_summary

    console = out_console()
    print_summary(console, case, found)
    console.print(f"Run: {folder}", soft_wrap=True)


def _read_pins(path: Path, case: Case) -> tuple[Pin, ...]:
    """Read a table of pins that stands by itself, checked as if it were the case's own."""
    from landbridge.tables import read_case, write_case

    if not path.is_file():
        raise Ended(
            ExitCode.INVALID_INPUT,
            f"{path}: not found; expected a table of pins (.csv or .parquet) with columns table, key, min, max.",
            name="missing-pins",
        )
    with tempfile.TemporaryDirectory(prefix="landbridge-") as box:
        folder = Path(box) / "case"
        write_case(replace(case, pins=()), folder)
        shutil.copyfile(path, folder / f"pins{'.parquet' if path.suffix.lower() == '.parquet' else '.csv'}")
        return read_case(folder).pins


def default_out(case: Path) -> Path:
    """A name that is free: ``runs/<case>-<date>-<time>``, with a number if need be."""
    stem = case.resolve().stem if case.suffix.lower() == ".xlsx" else case.resolve().name
    base = Path("runs") / f"{stem}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder


def refuse_early(folder: Path) -> None:
    """
    Raise before the search when the run could not be written after it.

    Raises
    ------
    OutputError
        When something is at the place of the run, or its folder takes no new file.
    """
    from landbridge.errors import OutputError
    from landbridge.tables.atomic import refuse_existing

    refuse_existing(folder)
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".landbridge-", dir=parent):
            pass
    except OSError as error:
        raise OutputError(
            f"{folder}: could not be written ({error.strerror}): {parent} takes no new folder. "
            "Choose another place with --out, or change its permissions.",
            code="output-unwritable",
        ) from error
