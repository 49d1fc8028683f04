"""Allocation: each parcel to a way of the plan, within its room, and the manifests that follow."""

from landbridge.operations.allocation.assign import REASONS, Change, allocate, compare_allocations
from landbridge.operations.allocation.demand import demand_patch
from landbridge.operations.allocation.manifests import rides, summarise, write_manifests
from landbridge.operations.allocation.ways import Ways, read_ways

__all__ = [
    "REASONS",
    "Change",
    "Ways",
    "allocate",
    "compare_allocations",
    "demand_patch",
    "read_ways",
    "rides",
    "summarise",
    "write_manifests",
]
