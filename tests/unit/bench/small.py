"""Two instances small enough to check by hand, and rows of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.store import Row

DOW = """MULTIGEN.DAT:
   3   3   2
   1   2   1  10   5  0  0
   2   3   1  10   5  0  0
   1   3   3  10  40  0  0
   1   3   6
   2   3   4
"""
"""The way over node 2 has room for both demands: 5 + 5 + 6 * 2 + 4 = 26; alone, the direct arc would cost 58."""

GINS = """GINS small {kind}
3 2 2 2
10 7
4 4
0 1 1 2 1
1 2 0 1 1
0 1 9
1 0 8
"""
"""Undirected: 17 units fill two modules of 10; bidirected: 9 fill one; only link 0 is used."""


def write_dow(folder: Path) -> Path:
    path = folder / "small.dow"
    path.write_text(DOW)
    return path


def write_gins(folder: Path, kind: str) -> Path:
    path = folder / kind / "small.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(GINS.format(kind=kind))
    return path


def make_row(instance: str, method: str, upper: float, lower: float, **other: Any) -> Row:
    words: dict[str, Any] = {
        "seed": 0,
        "commit": "abc1234",
        "time_s": 60.0,
        "threads": 2,
        "status": "time_limit",
        "seconds": 60.0,
        "wall_s": 60.1,
        "process_s": 61.0,
        "peak_mb": 300.0,
        "checked": "yes",
        "session": "2026-01-05T08:00:00Z",
        "machine": "a machine",
        "versions": f"{method} 1",
    }
    return Row(instance=instance, method=method, upper=upper, lower=lower, **(words | other))
