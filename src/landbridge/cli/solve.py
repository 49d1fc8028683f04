"""``landbridge solve``: a benchmark file straight to the engine."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landbridge.cli import options
from landbridge.cli.numbers import amount, duration, percent
from landbridge.cli.outcome import Ended, ExitCode, ending, write_json

if TYPE_CHECKING:
    from landbridge.cli.live import State
    from landbridge.engine import DesignSolution, Progress

FORMATS = ("canad",)


def solve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A benchmark instance.")],
    file_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"Format of the file: {', '.join(FORMATS)}.")
    ] = "canad",
    time_limit: options.TimeLimit = 60.0,
    gap: options.Gap = 0.0,
    seed: options.Seed = 0,
    threads: options.Threads = 1,
    work: options.Work = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Solve a published network design instance; the gap is (upper - lower) / upper."""
    with ending(as_json=as_json, debug=debug):
        if file_format not in FORMATS:
            raise Ended(
                ExitCode.USAGE,
                f"solve: --format is {file_format!r}; expected one of {', '.join(FORMATS)}.",
                name="usage",
            )
        solution = _solve_canad(file, time_limit, gap, seed, threads, work)
        row = _row(file, solution)
        if as_json:
            write_json({"ok": solution.status != "infeasible"} | row)
        else:
            typer.echo(_text(row))
        if not math.isfinite(solution.upper):
            raise typer.Exit(ExitCode.NO_PLAN)


def _solve_canad(
    file: Path, time_limit: float, gap: float, seed: int, threads: int, work: float | None
) -> DesignSolution:
    from landbridge.cli.console import err_console
    from landbridge.cli.live import State, interruptible, run_shown
    from landbridge.engine import Limits
    from landbridge.engine import solve as solve_problem
    from landbridge.network.benchmarks.canad import read_canad

    problem = read_canad(file)
    latest: list[State] = [State(phase="starting")]

    def report(progress: Progress) -> None:
        latest[0] = _state(progress)

    with interruptible() as interrupt:
        limits = Limits(
            time_s=time_limit,
            gap=gap,
            work=math.inf if work is None else work,
            seed=seed,
            threads=threads or os.cpu_count() or 1,
            cancelled=interrupt,
            report=report,
        )
        return run_shown(
            lambda: solve_problem(problem, limits),
            state=lambda: latest[0],
            console=err_console(),
            time_limit_s=time_limit,
            interrupt=interrupt,
        )


def _state(progress: Progress) -> State:
    from landbridge.cli.live import State

    return State(
        value=_finite(progress.upper),
        bound=_finite(progress.lower),
        gap=_gap(progress.upper, progress.lower),
        phase=progress.phase,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _gap(upper: float, lower: float) -> float | None:
    """Gap of a cost benchmark."""
    if not (math.isfinite(upper) and math.isfinite(lower)) or upper == 0:
        return None
    return max(0.0, upper - lower) / abs(upper)


def _row(file: Path, solution: DesignSolution) -> dict[str, Any]:
    return {
        "file": str(file),
        "status": str(solution.status),
        "upper": _finite(solution.upper),
        "lower": _finite(solution.lower),
        "gap": _gap(solution.upper, solution.lower),
        "seconds": round(solution.seconds, 3),
        "work": solution.work,
        "trace": [
            {"seconds": round(point.seconds, 3), "upper": _finite(point.upper), "lower": _finite(point.lower)}
            for point in solution.trace
        ],
    }


def _text(row: dict[str, Any]) -> str:
    return "\n".join(
        (
            f"{row['file']}: {row['status']} in {duration(row['seconds'])}",
            f"upper {amount(row['upper'], 2) or '-'}",
            f"lower {amount(row['lower'], 2) or '-'}",
            f"gap   {percent(row['gap'], 3)}",
        )
    )
