"""Reads published benchmark files as design problems."""

from landbridge.network.benchmarks.canad import read_canad

__all__ = ["read_canad"]
