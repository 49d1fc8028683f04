"""What the tables of the benches have in common: one row, and on what machine and versions it was measured."""

from __future__ import annotations

import math
import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from landbridge import __version__

LIBRARIES = ("highspy", "numba", "numpy", "polars")


@dataclass(frozen=True, slots=True)
class Row:
    """One solve of a cost benchmark; inf where there is no plan or no bound."""

    instance: str
    solver: str
    upper: float
    lower: float
    seconds: float

    @property
    def gap(self) -> float:
        """(upper - lower) / upper."""
        return (self.upper - self.lower) / abs(self.upper) if math.isfinite(self.upper) else math.inf


def print_rows(rows: list[Row], *, header: bool) -> None:
    """Print rows of a Markdown table."""
    if header:
        print("| instance | solver | upper | lower | gap | seconds |")
        print("|---|---|---:|---:|---:|---:|")
    for row in rows:
        gap = f"{100 * max(row.gap, 0.0):.2f} %" if math.isfinite(row.gap) else "none"
        cells = (row.instance, row.solver, number(row.upper), number(row.lower), gap, f"{row.seconds:.1f}")
        print(f"| {' | '.join(cells)} |", flush=True)


def number(value: float | None) -> str:
    """A number with thousands apart; a word where there is none."""
    return f"{value:,.0f}" if value is not None and math.isfinite(value) else "none"


def environment(time_s: float, threads: int, seed: int) -> str:
    """A line that says on what, with what and how it was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{processor()}, {os.cpu_count()} cores; {platform.system()}, Python {platform.python_version()}; "
        f"landbridge {__version__}, {libraries}; time limit {time_s:g} s, threads {threads}, seed {seed}\n"
    )


def processor() -> str:
    """Name of the processor, as well as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
