"""Runs what is asked for, one process after the other, and leaves out what is known."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import ROOT, commit_of, machine_line
from bench.methods import METHODS, Job
from bench.store import Row, append_run, read_runs
from bench.suites import OURS, Wanted

AT_ONCE_S = 5.0
"""What a side proves in less is not repeated with other seeds."""

GRACE_S = 180.0
"""Seconds beyond the time limit after which a process is stopped: start, reading, building of the model, check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all runs of a session have in common; the commit as long as nobody edits the sources."""

    time_s: float
    threads: int
    commit: str
    machine: str
    session: str


def new_terms(time_s: float, threads: int) -> Terms:
    """Terms of a session that begins now."""
    begun = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Terms(time_s=time_s, threads=threads, commit=commit_of(), machine=machine_line(), session=begun)


def run_job(job: Job) -> dict[str, Any]:
    """Run a job in a process of its own; a process that fails or hangs is a result too."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        job_file, out_file = Path(folder) / "job.json", Path(folder) / "out.json"
        job_file.write_text(json.dumps(asdict(job) | {"path": str(job.path)}), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", str(job_file), str(out_file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        status, errors = "failed", ""
        try:
            errors = process.communicate(timeout=job.time_s + GRACE_S)[1]
        except subprocess.TimeoutExpired:
            status = "stopped"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        last = (errors.strip().splitlines() or [""])[-1]
        found: dict[str, Any] = {"status": status, "note": last.replace(str(job.path), job.path.name)}
        if process.returncode == 0 and out_file.exists():
            found = json.loads(out_file.read_text(encoding="utf-8"))
    return found | {"process_s": time.perf_counter() - begun}


def measure(
    wanted: Wanted, terms: Terms, published: dict[str, tuple[float, float]], run: Callable[[Job], dict[str, Any]]
) -> tuple[Row, list[tuple[float, float, float]]]:
    """One run as a line of the results, and its trace."""
    found = run(
        Job(
            path=wanted.path,
            method=wanted.method,
            seed=wanted.seed,
            time_s=terms.time_s,
            threads=terms.threads,
        )
    )
    wrong = found.get("wrong")
    cplex, heuristic = published.get(wanted.instance, (math.nan, math.nan))
    row = Row(
        instance=wanted.instance,
        method=wanted.method,
        seed=wanted.seed,
        commit=terms.commit,
        time_s=terms.time_s,
        threads=terms.threads,
        status=found["status"],
        upper=found.get("upper", math.inf),
        lower=found.get("lower", -math.inf),
        seconds=round(found.get("seconds", math.nan), 2),
        wall_s=round(found.get("wall_s", math.nan), 2),
        process_s=round(found["process_s"], 2),
        peak_mb=round(found.get("peak_mb", math.nan), 1),
        checked="" if wrong is None else "no" if wrong else "yes",
        session=terms.session,
        machine=terms.machine,
        versions=METHODS[wanted.method].versions,
        note="; ".join([*(wrong or ()), *filter(None, [found.get("note", "")])]),
        published=cplex,
        published_heuristic=heuristic,
    )
    return row, [tuple(point) for point in found.get("trace", [])]


def is_known(wanted: Wanted, terms: Terms, rows: Iterable[Row]) -> bool:
    """
    Whether a run needs no repeating.

    It is there under the same terms, or its side proved the instance at once with another seed. A peer does not
    depend on our commit. What failed is tried again.
    """
    for row in rows:
        same = (
            (row.instance, row.method, row.time_s, row.threads, row.machine)
            == (wanted.instance, wanted.method, terms.time_s, terms.threads, terms.machine)
            and row.versions == METHODS[row.method].versions
            and (row.method != OURS or row.commit == terms.commit)
            and row.status not in ("failed", "stopped")
        )
        if same and (row.seed == wanted.seed or (row.is_proved and row.seconds < AT_ONCE_S)):
            return True
    return False


def run_all(
    runs: list[Wanted],
    terms: Terms,
    results: Path,
    published: dict[str, tuple[float, float]],
    *,
    again: bool = False,
    run: Callable[[Job], dict[str, Any]] = run_job,
    say: Callable[[str], None] = print,
    commit: Callable[[], str] = commit_of,
) -> None:
    """
    Run what is not known yet and append each run as it ends.

    With ``again`` only runs of this session count as known, so that all sides are measured side by side. Every run
    has the commit its process starts from: it is read anew each time, for sources may be edited meanwhile.
    """
    absent = sorted({wanted.method for wanted in runs if not METHODS[wanted.method].is_here})
    if absent:
        say(f"Left out, not installed: {', '.join(absent)} (pip install -r bench/requirements.txt)")
    runs = [wanted for wanted in runs if wanted.method not in absent]
    rows = [row for row in read_runs(results) if not again or row.session == terms.session]
    if any(wanted.method == OURS and not is_known(wanted, terms, rows) for wanted in runs):
        first = next(wanted for wanted in runs if wanted.method == OURS)
        run(Job(path=first.path, method=OURS, seed=0, time_s=2.0, threads=terms.threads, until_compiled=True))
    say(HEAD)
    for number, wanted in enumerate(runs):
        terms = replace(terms, commit=commit())
        if is_known(wanted, terms, rows):
            continue
        left = sum(not is_known(later, terms, rows) for later in runs[number:])
        row, trace = measure(wanted, terms, published, run)
        append_run(results, row, trace)
        rows.append(row)
        say(row_line(row) + f"  {left - 1} to go, at most {(left - 1) * (terms.time_s + 2) / 60:.0f} min")


HEAD = f"{'instance':26} {'method':26} seed {'upper':>13} {'lower':>13} {'gap':>8} {'seconds':>8}  checked"


def row_line(row: Row) -> str:
    """A run as a line for the terminal."""
    upper, lower = (f"{value:,.0f}" if math.isfinite(value) else "none" for value in (row.upper, row.lower))
    return (
        f"{row.instance:26} {row.method:26} {row.seed:4} {upper:>13} {lower:>13} {100 * row.gap:6.2f} % "
        f"{row.wall_s:8.1f}  {row.checked or row.status}"
    )
