"""Paths found so far, shared by every model of one solve."""

from __future__ import annotations

import threading
from typing import TypeVar

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.network import StaticNetwork

Number = TypeVar("Number", IntArray, FloatArray)


class PathPool:
    """
    Paths of commodities as flat arrays; each is kept once.

    ``commodity[p]`` and the arcs ``arcs[ptr[p]:ptr[p + 1]]`` of path p, in no promised order. Threads may add at once.
    """

    def __init__(self, net: StaticNetwork) -> None:
        self.net = net
        self._lock = threading.Lock()
        self._seen: dict[tuple[int, bytes], int] = {}
        self._commodity = np.zeros(1024, dtype=np.int64)
        self._ptr = np.zeros(1025, dtype=np.int64)
        self._arcs = np.zeros(8192, dtype=np.int64)
        self._unit_cost = np.zeros(1024)
        self.size = 0

    @property
    def commodity(self) -> IntArray:
        """Commodity of each path."""
        return self._commodity[: self.size]

    @property
    def unit_cost(self) -> FloatArray:
        """Cost of a unit of flow on each path."""
        return self._unit_cost[: self.size]

    def arcs_of(self, path: int) -> IntArray:
        """Arcs of one path."""
        return self._arcs[self._ptr[path] : self._ptr[path + 1]]

    def entries(self, paths: IntArray) -> tuple[IntArray, IntArray]:
        """All (position in ``paths``, arc) pairs of some paths."""
        counts = self._ptr[paths + 1] - self._ptr[paths]
        position = np.repeat(np.arange(len(paths)), counts)
        first = np.cumsum(counts) - counts
        at = np.arange(int(counts.sum())) - first[position] + self._ptr[paths][position]
        return position, self._arcs[at]

    def add(self, commodity: int, arcs: IntArray) -> int:
        """Index of a path, which is added when it is new."""
        key = (commodity, np.sort(arcs).astype(np.int32).tobytes())
        with self._lock:
            known = self._seen.get(key)
            if known is not None:
                return known
            path, first = self.size, int(self._ptr[self.size])
            self._make_room(path + 1, first + len(arcs))
            self._commodity[path] = commodity
            self._arcs[first : first + len(arcs)] = arcs
            self._ptr[path + 1] = first + len(arcs)
            self._unit_cost[path] = float(self.net.arc_cost[arcs].sum())
            self._seen[key] = path
            self.size = path + 1
            return path

    def _make_room(self, paths: int, entries: int) -> None:
        if paths > len(self._commodity):
            grown = 2 * len(self._commodity)
            self._commodity = _longer(self._commodity, grown)
            self._unit_cost = _longer(self._unit_cost, grown)
            self._ptr = _longer(self._ptr, grown + 1)
        if entries > len(self._arcs):
            self._arcs = _longer(self._arcs, 2 * max(entries, len(self._arcs)))


def total_by(index: IntArray, weights: FloatArray, size: int) -> FloatArray:
    """Sum of the weights at each index from 0 to ``size`` - 1."""
    total: FloatArray = np.bincount(index, weights=weights, minlength=size).astype(np.float64)
    return total


def _longer(array: Number, size: int) -> Number:
    """The array with zeros behind it."""
    longer = np.zeros(size, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
