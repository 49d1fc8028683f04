"""Reads a published instance in any of the formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from landbridge.errors import UnknownName
from landbridge.network.benchmarks.benchmark import Benchmark
from landbridge.network.benchmarks.canad import canad_benchmark
from landbridge.network.benchmarks.gins import gins_benchmark

READERS: dict[str, Callable[[Path], Benchmark]] = {"canad": canad_benchmark, "gins": gins_benchmark}


def read_benchmark(path: str | Path, file_format: str) -> Benchmark:
    """
    Read a published instance.

    Parameters
    ----------
    path
        Its file.
    file_format
        ``canad`` (see :func:`read_canad`) or ``gins`` (:func:`read_gins`).

    Raises
    ------
    InvalidInstance
        When the file is malformed; the message names file and line.
    UnknownName
        When there is no such format.
    """
    if file_format not in READERS:
        raise UnknownName(f"format {file_format!r}: expected one of {', '.join(READERS)}.")
    return READERS[file_format](Path(path))
