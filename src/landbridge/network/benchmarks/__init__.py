"""Reads published benchmark files as design problems, and writes down their solutions."""

from landbridge.network.benchmarks.canad import read_canad
from landbridge.network.benchmarks.gins import read_gins
from landbridge.network.benchmarks.reading import read_benchmark
from landbridge.network.benchmarks.solution_file import solution_document

__all__ = ["read_benchmark", "read_canad", "read_gins", "solution_document"]
