"""Turns a case, or a benchmark file, into a design problem of arrays."""

from landbridge.network.benchmarks.canad import read_canad
from landbridge.network.benchmarks.gins import read_gins
from landbridge.network.benchmarks.reading import read_benchmark
from landbridge.network.build import Network, build_network
from landbridge.network.permissions import counted_agreements, ended_agreements

__all__ = [
    "Network",
    "build_network",
    "counted_agreements",
    "ended_agreements",
    "read_benchmark",
    "read_canad",
    "read_gins",
]
