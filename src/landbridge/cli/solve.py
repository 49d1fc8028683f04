"""``landbridge solve`` and ``landbridge export``: a benchmark file to the engine, or to a file for other solvers."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landbridge.cli import options
from landbridge.cli.numbers import amount, duration, percent
from landbridge.cli.outcome import Ended, ExitCode, ending, finding_row, write_json

if TYPE_CHECKING:
    from landbridge.cli.live import State
    from landbridge.engine import DesignProblem, DesignSolution, Progress
    from landbridge.errors import Finding
    from landbridge.network.benchmarks.benchmark import Benchmark

FORMATS = ("canad", "gins")

Instance = Annotated[Path, typer.Argument(metavar="FILE", help="A benchmark instance.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"Format of the file: {', '.join(FORMATS)}.")]


def solve(
    file: Instance,
    file_format: Format = "canad",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the solution to this new file (JSON).")
    ] = None,
    time_limit: options.TimeLimit = 60.0,
    gap: options.Gap = 0.0,
    seed: options.Seed = 0,
    threads: options.Threads = 1,
    work: options.Work = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Solve a published network design instance, check the solution; the gap is (upper - lower) / upper."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.network.benchmarks import solution_document
        from landbridge.tables.atomic import refuse_existing

        if out is not None:
            refuse_existing(out)
        benchmark = _read(file, file_format, "solve")
        num_threads = threads or os.cpu_count() or 1
        solution = _solve(benchmark.problem, time_limit, gap, seed, num_threads, work)
        document = solution_document(benchmark, solution, seed=seed, threads=num_threads)
        findings = _check(document, file)
        if out is not None and not findings:
            write_solution(document, out)
        row = _row(file, document, solution, out) | {"checked": None if document["upper"] is None else not findings}
        if as_json:
            problems = {"findings": [finding_row(item) for item in findings]} if findings else {}
            write_json({"ok": document["upper"] is not None and not findings} | row | problems)
        else:
            typer.echo(_text(row))
        if findings:
            _refuse(findings)
        if document["upper"] is None:
            raise typer.Exit(ExitCode.NO_PLAN)


def export(
    file: Instance,
    out: Annotated[Path, typer.Argument(metavar="MODEL.mps", help="The file to write; it must not exist.")],
    file_format: Format = "canad",
    aggregate: Annotated[
        bool, typer.Option("--aggregate", help="Merge the commodities of one origin: exact, and much smaller.")
    ] = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write the arc-flow model of an instance, with its strong inequalities, as an MPS file for other solvers."""
    with ending(as_json=as_json, debug=debug):
        from landbridge.engine.exact.arc_flow import write_mps
        from landbridge.tables.atomic import whole_file

        problem = _read(file, file_format, "export").problem
        with whole_file(out) as temporary:
            write_mps(problem, temporary, aggregate=aggregate)
        if as_json:
            write_json({"ok": True, "file": str(file), "model": str(out)})
        else:
            typer.echo(f"{out}: written")


def write_solution(document: dict[str, Any], out: Path) -> None:
    """Write a solution file: whole or not at all, never over another."""
    from landbridge.tables.atomic import whole_file

    with whole_file(out) as temporary:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def _read(file: Path, file_format: str, command: str) -> Benchmark:
    from landbridge.network import read_benchmark

    if file_format not in FORMATS:
        raise Ended(
            ExitCode.USAGE,
            f"{command}: --format is {file_format!r}; expected one of {', '.join(FORMATS)}.",
            name="usage",
        )
    return read_benchmark(file, file_format)


def _solve(
    problem: DesignProblem, time_limit: float, gap: float, seed: int, threads: int, work: float | None
) -> DesignSolution:
    from landbridge.cli.console import err_console
    from landbridge.cli.live import State, interruptible, run_shown
    from landbridge.engine import Limits
    from landbridge.engine import solve as solve_problem

    latest: list[State] = [State(phase="starting")]

    def report(progress: Progress) -> None:
        latest[0] = _state(progress)

    with interruptible() as interrupt:
        limits = Limits(
            time_s=time_limit,
            gap=gap,
            work=math.inf if work is None else work,
            seed=seed,
            threads=threads,
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


def _check(document: dict[str, Any], file: Path) -> tuple[Finding, ...]:
    """Ask the checker, which reads the instance itself, of the document as it would be written."""
    from landbridge.verify import check_solution

    return check_solution(json.loads(json.dumps(document)), file)


def _refuse(findings: tuple[Finding, ...]) -> None:
    for item in findings:
        typer.echo(str(item), err=True)
    typer.echo("The solution does not hold and was not written: a defect of Landbridge; please report it.", err=True)
    raise typer.Exit(ExitCode.REFUSED)


def _state(progress: Progress) -> State:
    from landbridge.cli.live import State
    from landbridge.network.benchmarks.solution_file import relative_gap

    return State(
        value=_finite(progress.upper),
        bound=_finite(progress.lower),
        gap=relative_gap(progress.upper, progress.lower),
        phase=progress.phase,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(file: Path, document: dict[str, Any], solution: DesignSolution, out: Path | None) -> dict[str, Any]:
    return {
        "file": str(file),
        **{key: document[key] for key in ("status", "upper", "lower", "gap", "seconds")},
        "work": solution.work,
        "out": None if out is None else str(out),
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
