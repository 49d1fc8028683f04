"""
``python -m bench.worker JOB OUT``: one run in a process of its own.

A process for each run keeps memory, threads and crashes of the sides apart, and lets the parent stop it.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from bench.methods import METHODS, Job


def main() -> None:
    job_file, out_file = (Path(word) for word in sys.argv[1:3])
    words = json.loads(job_file.read_text(encoding="utf-8"))
    job = Job(**{**words, "path": Path(words["path"])})
    outcome = METHODS[job.method].run(job)
    out_file.write_text(json.dumps(asdict(outcome) | {"peak_mb": peak_mb()}), encoding="utf-8")


def peak_mb() -> float:
    """Most memory this process had, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
