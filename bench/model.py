"""The arc-flow MIP that peers are given: strong rows, a layer of flow for each demand or for each origin (or end)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bench.instances import FloatArray, Instance, IntArray
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Mip:
    """
    Minimise ``cost @ x``; entries are (row, col, value), columns are copies y[L, M], flows x[layer, A], loads.

    Parameters
    ----------
    layer_of
        Shape ``(K,)``. Layer of each demand.
    balance
        Shape ``(layers, N)``. What leaves each node less what enters it.
    """

    cost: FloatArray
    high: FloatArray
    num_integer: int
    row_low: FloatArray
    row_high: FloatArray
    row: IntArray
    col: IntArray
    value: FloatArray
    layer_of: IntArray
    balance: FloatArray

    def copies(self, x: FloatArray, instance: Instance) -> FloatArray:
        """Copies of each module of each link, whole."""
        return np.rint(x[: self.num_integer]).reshape(instance.module_cost.shape)

    def flow(self, x: FloatArray, instance: Instance) -> FloatArray:
        """Flow of each layer on each arc."""
        num_arcs = len(instance.arcs[0])
        return x[self.num_integer :][: len(self.balance) * num_arcs].reshape(-1, num_arcs)


def merge_demands(instance: Instance) -> IntArray:
    """Layer of each demand when those of one origin, or those of one end, share one: whichever needs fewer."""
    layers = [np.unique(end, return_inverse=True)[1] for end in (instance.origin, instance.dest)]
    return min(layers, key=lambda layer: int(layer.max()))


def build_mip(instance: Instance, *, merged: bool) -> Mip:
    """
    Write the model.

    Merging is exact: unit costs do not depend on the demand, so a flow from one origin to several ends can be
    divided among them afterwards. Its strong rows are weaker, and it is much smaller.

    Rows: capacity of each arc (undirected: each link); balance of each layer and node; flow of a layer on an arc
    <= sum over modules of min(what the layer sends, capacity) copies, where that says more than the capacity;
    bidirected: load of a link >= flow of each direction. No flow returns to where all of its layer starts, or
    leaves where it ends: it would be a cycle.
    """
    i = instance
    layer_of = merge_demands(i) if merged else np.arange(len(i.demand))
    num_layers = int(layer_of.max()) + 1
    tail, head, link = i.arcs
    num_arcs, num_links, num_modules = len(tail), len(i.tail), i.module_cost.shape[1]
    balance = np.zeros((num_layers, i.num_nodes))
    np.add.at(balance, (layer_of, i.origin), i.demand)
    np.add.at(balance, (layer_of, i.dest), -i.demand)
    sent = np.bincount(layer_of, weights=i.demand)
    num_y = num_links * num_modules
    of_layer, of_arc = np.repeat(np.arange(num_layers), num_arcs), np.tile(np.arange(num_arcs), num_layers)
    flow_col = num_y + np.arange(num_layers * num_arcs)
    y_col = np.arange(num_y).reshape(num_links, num_modules)
    rows = _Rows()

    owner = link if i.kind == "undirected" else np.arange(num_arcs)
    room = np.arange(num_links) if i.kind == "undirected" else link
    first = rows.add(np.full(len(room), -np.inf), np.zeros(len(room)))
    rows.put(first + owner[of_arc], flow_col, 1.0)
    rows.put(np.repeat(first + np.arange(len(room)), num_modules), y_col[room], -i.module_capacity[room])

    first = rows.add(balance.ravel(), balance.ravel())
    rows.put(first + of_layer * i.num_nodes + tail[of_arc], flow_col, 1.0)
    rows.put(first + of_layer * i.num_nodes + head[of_arc], flow_col, -1.0)

    most = np.minimum(sent[of_layer, None], i.module_capacity[link[of_arc]])
    strong = np.flatnonzero((most < i.module_capacity[link[of_arc]]).any(axis=1))
    first = rows.add(np.full(len(strong), -np.inf), np.zeros(len(strong)))
    rows.put(first + np.arange(len(strong)), flow_col[strong], 1.0)
    rows.put(np.repeat(first + np.arange(len(strong)), num_modules), y_col[link[of_arc[strong]]], -most[strong])

    flow_cost, load_cost = i.unit_cost[link[of_arc]], np.zeros(0)
    if i.kind == "bidirected":
        flow_cost, load_cost = np.zeros(len(flow_col)), i.unit_cost
        first = rows.add(np.full(num_arcs, -np.inf), np.zeros(num_arcs))
        rows.put(first + of_arc, flow_col, 1.0)
        rows.put(first + np.arange(num_arcs), num_y + len(flow_col) + link, -1.0)
    flow_high = np.repeat(sent, num_arcs)
    starts, ends = (balance > 0).sum(axis=1) == 1, (balance < 0).sum(axis=1) == 1
    idle = (starts[of_layer] & (balance[of_layer, head[of_arc]] > 0)) | (
        ends[of_layer] & (balance[of_layer, tail[of_arc]] < 0)
    )
    flow_high[idle] = 0.0
    return Mip(
        cost=np.concatenate([i.module_cost.ravel(), flow_cost, load_cost]),
        high=np.concatenate([i.module_most.ravel(), flow_high, np.full(len(load_cost), i.demand.sum())]),
        num_integer=num_y,
        row_low=np.concatenate(rows.low),
        row_high=np.concatenate(rows.high),
        row=np.concatenate(rows.row),
        col=np.concatenate(rows.col),
        value=np.concatenate(rows.value),
        layer_of=layer_of,
        balance=balance,
    )


class _Rows:
    """Rows and their entries as they are written."""

    def __init__(self) -> None:
        self.low: list[FloatArray] = []
        self.high: list[FloatArray] = []
        self.row: list[IntArray] = []
        self.col: list[IntArray] = []
        self.value: list[FloatArray] = []
        self._count = 0

    def add(self, low: FloatArray, high: FloatArray) -> int:
        """Append rows without entries; index of the first."""
        first = self._count
        self._count += len(low)
        self.low.append(low)
        self.high.append(high)
        return first

    def put(self, row: IntArray, col: NDArray[np.int64], value: FloatArray | float) -> None:
        """Append entries."""
        self.row.append(row.ravel())
        self.col.append(col.ravel())
        self.value.append(np.broadcast_to(np.asarray(value, dtype=np.float64), col.shape).ravel())
