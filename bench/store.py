"""Results on disk: a CSV line for each finished run, and its value and bound over time in a companion file."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

Point = tuple[float, float, float]
"""Seconds, best value (inf: none), bound (-inf: none)."""

KEEP_PART = 1e-5
"""A point is kept when value or bound moved by this part of the value since the point kept before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One finished run of one side on one instance.

    Parameters
    ----------
    commit
        Last commit that changed the engine; of a peer, that of ours it was measured beside.
    upper, lower
        Best value (inf: none) and proved bound (-inf: none).
    seconds, wall_s, process_s
        The side's own clock; the clock around its call; the whole process with start, reading and check.
    checked
        ``yes``, ``no``, or blank where there is no solution.
    session
        When the run of the bench began that it is part of, UTC.
    published, published_heuristic
        gins: CPLEX's value after five hours, and the paper's heuristic at 50 s; nan = none.
    """

    instance: str
    method: str
    seed: int
    commit: str
    time_s: float
    threads: int
    status: str
    upper: float
    lower: float
    seconds: float
    wall_s: float
    process_s: float
    peak_mb: float
    checked: str
    session: str
    machine: str
    versions: str
    note: str = ""
    published: float = math.nan
    published_heuristic: float = math.nan

    @property
    def gap(self) -> float:
        """(upper - lower) / upper, at most 1; 1 without a plan or a bound, 0 for a proof that there is no plan."""
        if self.status == "infeasible":
            return 0.0
        if not math.isfinite(self.upper) or not math.isfinite(self.lower):
            return 1.0
        return min(1.0, max(0.0, self.upper - self.lower) / max(abs(self.upper), 1e-9))

    @property
    def is_proved(self) -> bool:
        """Whether the side proved its value, to a part of 1e-6."""
        return self.gap <= 1e-6

    @property
    def key(self) -> tuple[str, ...]:
        """What tells a run apart from others."""
        return (self.session, self.instance, self.method, str(self.seed), f"{self.time_s:g}", str(self.threads))


def append_run(path: Path, row: Row, trace: Iterable[Point] = ()) -> None:
    """Append a run: its trace first, so that a run in the CSV always has one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"run": row.key, "trace": [_plain(point) for point in tidy(trace)]}, separators=(",", ":"))
    with traces_of(path).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow([part.name for part in fields(Row)])
        writer.writerow([_text(getattr(row, part.name)) for part in fields(Row)])


def read_runs(path: Path) -> list[Row]:
    """All runs, oldest first; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [_row(words) for words in csv.DictReader(file)]


def read_traces(path: Path) -> dict[tuple[str, ...], list[Point]]:
    """Trace by key of its run; of one written twice the last."""
    found: dict[tuple[str, ...], list[Point]] = {}
    if traces_of(path).exists():
        for line in traces_of(path).read_text(encoding="utf-8").splitlines():
            words = json.loads(line)
            found[tuple(words["run"])] = [
                (seconds, math.inf if upper is None else upper, -math.inf if lower is None else lower)
                for seconds, upper, lower in words["trace"]
            ]
    return found


def traces_of(path: Path) -> Path:
    """The companion of a CSV of runs."""
    return path.with_suffix(".traces.jsonl")


def tidy(trace: Iterable[Point]) -> list[Point]:
    """Values that only fall and bounds that only rise, without points that say next to nothing."""
    upper, lower = math.inf, -math.inf
    kept: list[Point] = []
    last: Point | None = None
    for seconds, new_upper, new_lower in sorted(trace, key=lambda point: point[0]):
        upper, lower = min(upper, new_upper), max(lower, new_lower)
        last = (seconds, upper, lower)
        if not kept or _moved(kept[-1][1], upper) or _moved(kept[-1][2], lower):
            kept.append(last)
    if last is not None and last != kept[-1]:
        kept.append(last)
    return kept


def _moved(old: float, new: float) -> bool:
    if math.isinf(old) or math.isinf(new):
        return old != new
    return abs(new - old) > KEEP_PART * max(1.0, abs(old))


def _plain(point: Point) -> list[float | None]:
    seconds, upper, lower = point
    return [round(seconds, 2), *(float(f"{value:.9g}") if math.isfinite(value) else None for value in (upper, lower))]


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _row(words: Mapping[str, str]) -> Row:
    numbers = {"seed": int, "threads": int, **dict.fromkeys(_FLOATS, float)}
    return Row(**{part.name: numbers.get(part.name, str)(words[part.name]) for part in fields(Row)})


_FLOATS = ("time_s", "upper", "lower", "seconds", "wall_s", "process_s", "peak_mb", "published", "published_heuristic")
