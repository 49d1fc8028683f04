"""Reads published benchmark files as design problems."""

from landbridge.network.benchmarks.canad import read_canad
from landbridge.network.benchmarks.gins import read_gins

__all__ = ["read_canad", "read_gins"]
