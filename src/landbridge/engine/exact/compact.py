"""Small problems closed exactly: one arc-flow MIP over the expanded network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.cuts.strong import strong_coefficients
from landbridge.engine.lp import Entries, LinearModel, MipLimits
from landbridge.engine.master.choices import add_at_most_one, add_min_fill
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan, settle
from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.engine.watch import Watch
from landbridge.units import FLOW_TOL

MOST_FLOWS = 60_000
"""Most arc-flow columns for which a problem counts as small."""

USUAL_FLOWS = 20
"""Columns that a sink has at least, as a rule: with very many sinks they are not even counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """
    Flow of one commodity to some of its sinks over the arcs it can use.

    ``arc`` and ``cycle`` name the unrolled arcs; ``exits`` are (sink, unrolled node, cost per unit).
    """

    commodity: int
    arc: IntArray
    cycle: IntArray
    exits: tuple[tuple[int, int, float], ...]


def build_layers(master: Master) -> list[Layer] | None:
    """The layers of a problem, or None when they have more than ``MOST_FLOWS`` columns."""
    p = master.problem
    if len(p.sink_node) * USUAL_FLOWS > MOST_FLOWS:
        return None
    layers: list[Layer] = []
    total = 0
    for k in range(len(p.commodity_supply)):
        first, last = np.searchsorted(p.sink_commodity, [k, k + 1])
        sinks = list(range(int(first), int(last)))
        single = [s for s in sinks if p.terminal_single[p.sink_terminal[s]] or p.terminal_single[p.commodity_supply[k]]]
        groups = [[s] for s in single] + ([rest] if (rest := [s for s in sinks if s not in single]) else [])
        for group in groups:
            layer = _layer(master, k, group)
            total += len(layer.arc) + len(layer.exits)
            if total > MOST_FLOWS:
                return None
            layers.append(layer)
    return layers


def _layer(master: Master, k: int, sinks: list[int]) -> Layer:
    """Arcs both reachable from the origin and leading to a sink in time."""
    p, net = master.problem, master.net
    deadline = int(p.sink_deadline_min[sinks].max())
    allowed = np.ones(len(net.arc_tail), dtype=np.bool_)
    limited = net.arc_access >= 0
    allowed[limited] = net.access[p.commodity_class[k], net.arc_access[limited]]
    arcs = np.where(allowed)[0]
    size = net.num_nodes * net.num_cycles
    cycles = range(net.num_cycles)
    tail = np.concatenate([net.arc_tail[arcs] + c * net.num_nodes for c in cycles])
    head_cycle = np.concatenate([net.arc_wrap[arcs] + c for c in cycles])
    head = np.tile(net.arc_head[arcs], net.num_cycles) + head_cycle * net.num_nodes
    arc, cycle = np.tile(arcs, net.num_cycles), np.repeat(np.arange(net.num_cycles), len(arcs))
    minute = np.tile(net.node_min[net.arc_head[arcs]], net.num_cycles) + head_cycle * net.horizon_min
    keep = (head_cycle < net.num_cycles) & (minute <= deadline)
    tail, head, arc, cycle = tail[keep], head[keep], arc[keep], cycle[keep]
    exits: list[tuple[int, int, float]] = []
    for s in sinks:
        place = int(p.sink_node[s])
        for c in cycles:
            for n in net.place_node[net.place_ptr[place] : net.place_ptr[place + 1]].tolist():
                at = int(net.node_min[n]) + c * net.horizon_min
                if at <= p.sink_deadline_min[s]:
                    late = max(0, at - int(p.sink_due_min[s]))
                    exits.append((s, c * net.num_nodes + n, late * float(p.sink_late_cost[s])))
    forward = _reach(tail, head, [int(net.origin_node[k])], size, net.is_static)
    backward = _reach(head[::-1], tail[::-1], [n for _, n, _ in exits], size, net.is_static)
    use = forward[tail] & backward[head]
    return Layer(commodity=k, arc=arc[use], cycle=cycle[use], exits=tuple(e for e in exits if forward[e[1]]))


def _reach(tail: IntArray, head: IntArray, start: list[int], size: int, is_static: bool) -> BoolArray:
    reached = np.zeros(size, dtype=np.bool_)
    reached[start] = True
    while True:
        before = int(reached.sum())
        for t, h in zip(tail.tolist(), head.tolist(), strict=True) if not is_static else ():
            if reached[t]:
                reached[h] = True
        if is_static:
            reached[head[reached[tail]]] = True
        if int(reached.sum()) == before:
            return reached


def solve_compact(master: Master, layers: list[Layer], watch: Watch, incumbent: InnerPlan | None) -> InnerPlan | None:
    """
    Solve the arc-flow MIP with all strong inequalities; updates the watch's bound and returns the plan found.

    The same rows as the master's stand for runs, fleets, limits and blocks;
    ``flow_conservation`` rows take the place of paths.
    """
    watch.phase = "exact"
    master.open_runs(np.arange(len(master.run_col)))
    model = master.model.copy()
    path_cols = np.array(master.paths.col, dtype=np.int64)
    if len(path_cols):
        model.set_col_bounds(path_cols, np.zeros(len(path_cols)), np.zeros(len(path_cols)))
    writer = _FlowWriter(master, model)
    for layer in layers:
        writer.add(layer)
    writer.add_strong()
    writer.add_terminal_choices()
    blocks = writer.add_fill()
    binaries = np.array(sorted(writer.binaries + blocks), dtype=np.int64)
    start = None
    if incumbent is not None:
        start = (master.whole_cols(), incumbent.whole_values(master))
    limits = MipLimits(
        time_s=max(watch.seconds_left, 0.1),
        nodes=-1 if not watch.counts_work else 2000,
        seed=watch.limits.seed,
        cancelled=lambda: watch.limits.cancelled() or watch.has_reached_gap(),
        on_progress=lambda lower, _: _note(watch, lower + master.penalty_constant),
    )
    result = model.solve_mip(np.concatenate([master.whole_cols(), binaries]), limits, start)
    master.work += result.iterations
    watch.work = master.work
    watch.exact_infeasible = result.is_infeasible
    if np.isfinite(result.bound):
        watch.improve_lower(result.bound + master.penalty_constant)
    if not result.has_point:
        return None
    x = result.x
    if master.unmet(x) > 1e-6:
        watch.exact_infeasible = result.is_optimal
        return None
    flow = writer.decompose(x)
    setting = np.round(master.setting(x))
    return settle(master, np.round(master.loaded_runs(x)), np.round(master.empty_runs(x)), flow, setting)


def _note(watch: Watch, lower: float) -> None:
    if np.isfinite(lower):
        watch.improve_lower(lower)
    watch.tick()


class _FlowWriter:
    """Adds arc flows of layers to a copy of the master."""

    def __init__(self, master: Master, model: LinearModel) -> None:
        self.master, self.model = master, model
        self.p, self.net = master.problem, master.net
        self.layers: list[tuple[Layer, int, int]] = []
        self.binaries: list[int] = []
        self.strong: dict[tuple[int, int], list[int]] = {}
        self.starts: dict[int, list[int]] = {}

    def add(self, layer: Layer) -> None:
        p, net, master = self.p, self.net, self.master
        k = layer.commodity
        tail = net.arc_tail[layer.arc] + layer.cycle * net.num_nodes
        head = net.arc_head[layer.arc] + (layer.cycle + net.arc_wrap[layer.arc]) * net.num_nodes
        nodes = np.unique(
            np.concatenate([tail, head, [net.origin_node[k]], [n for _, n, _ in layer.exits]]).astype(np.int64)
        )
        row_of = {int(n): i for i, n in enumerate(nodes)}
        supply = int(p.commodity_supply[k])
        rows = self.model.add_rows(np.zeros(len(nodes)), np.zeros(len(nodes)))
        most = master.supply[supply]
        columns = Entries()
        cost: list[float] = []
        for a, t, h in zip(layer.arc.tolist(), tail.tolist(), head.tolist(), strict=True):
            entries = {rows + row_of[t]: -1.0}
            entries[rows + row_of[h]] = entries.get(rows + row_of[h], 0.0) + 1.0
            if net.arc_slot[a] >= 0:
                entries.update(master.slot_entries(k, int(net.arc_slot[a])))
            for row, amount in master.tonnage_entries(k, a):
                entries[row] = entries.get(row, 0.0) + amount
            columns.add(entries.items())
            cost.append(float(p.commodity_weight_t[k] * net.arc_cost_per_t[a]))
        for s, n, late in layer.exits:
            entries = {rows + row_of[n]: -1.0}
            sink = int(p.sink_terminal[s])
            if sink != supply:
                entries[master.terminal_row + sink] = 1.0
            columns.add(entries.items())
            cost.append(late)
        columns.add([(rows + row_of[int(net.origin_node[k])], 1.0), (master.terminal_row + supply, 1.0)])
        cost.append(0.0)
        first = self.model.add_cols(np.array(cost), np.zeros(len(cost)), np.full(len(cost), most), *columns.arrays())
        for i, a in enumerate(layer.arc.tolist()):
            if net.arc_slot[a] >= 0:
                self.strong.setdefault((supply, int(net.arc_slot[a])), []).append(first + i)
        self.layers.append((layer, first, len(cost)))
        singles = {supply} | {int(p.sink_terminal[s]) for s, _, _ in layer.exits}
        if layer.exits and any(p.terminal_single[t] for t in singles):
            self._single(layer, first, len(cost), most, tail, [t for t in singles if p.terminal_single[t]])

    def _single(self, layer: Layer, first: int, count: int, most: float, tail: IntArray, singles: list[int]) -> None:
        """One path: binaries on all columns of the layer, at most one leaves each node, one start a terminal."""
        ones = self.model.add_cols(
            np.zeros(count),
            np.zeros(count),
            np.ones(count),
            np.zeros(count + 1, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
            np.zeros(0),
        )
        self.binaries.extend(range(ones, ones + count))
        index = np.stack([first + np.arange(count), ones + np.arange(count)], axis=1).ravel()
        value = np.tile([1.0, -most], count)
        self.model.add_rows(np.full(count, -np.inf), np.zeros(count), 2 * np.arange(count + 1), index, value)
        leaves: dict[int, list[int]] = {}
        for i, t in enumerate(tail.tolist()):
            leaves.setdefault(t, []).append(ones + i)
        for i, (_, n, _) in enumerate(layer.exits):
            leaves.setdefault(n, []).append(ones + len(layer.arc) + i)
        for cols in leaves.values():
            add_at_most_one(self.model, cols)
        for t in singles:
            self.starts.setdefault(t, []).append(ones + count - 1)

    def add_terminal_choices(self) -> None:
        """A single-path terminal uses one of its layers."""
        for cols in self.starts.values():
            add_at_most_one(self.model, cols)

    def add_strong(self) -> None:
        """Add every strong inequality of supply terminals."""
        master = self.master
        terminals, slots = np.array(list(self.strong), dtype=np.int64).reshape(-1, 2).T
        bounds = strong_coefficients(master, terminals, slots).tolist()
        for ((_, z), cols), bound in zip(self.strong.items(), bounds, strict=True):
            run = int(master.run_col[self.net.slot_run[z]])
            if run < 0 or not np.isfinite(bound):
                continue
            self.model.add_rows(
                np.array([-np.inf]),
                np.zeros(1),
                np.array([0, len(cols) + 1]),
                np.array([*cols, run]),
                np.array([1.0] * len(cols) + [-bound]),
            )

    def add_fill(self) -> list[int]:
        """Add ``min_fill`` rows; returns their binaries."""
        p, first = self.p, self.master.block_col
        return [
            add_min_fill(self.model, first + b, float(p.block_min_fill[b]), float(p.block_qty[b]))
            for b in np.where(p.block_min_fill > 0)[0].tolist()
        ]

    def decompose(self, x: FloatArray) -> dict[int, float]:
        """Flows by path, added to the master's paths."""
        master, net = self.master, self.net
        flow: dict[int, float] = {}
        for layer, first, count in self.layers:
            amounts = x[first : first + count].copy()
            leaves: dict[int, list[int]] = {}
            tails = (net.arc_tail[layer.arc] + layer.cycle * net.num_nodes).tolist()
            heads = (net.arc_head[layer.arc] + (layer.cycle + net.arc_wrap[layer.arc]) * net.num_nodes).tolist()
            for i, t in enumerate(tails):
                if amounts[i] > FLOW_TOL:
                    leaves.setdefault(t, []).append(i)
            for i, (_, n, _) in enumerate(layer.exits):
                if amounts[len(tails) + i] > FLOW_TOL:
                    leaves.setdefault(n, []).append(len(tails) + i)
            while amounts[-1] > FLOW_TOL:
                walk = self._walk(layer, amounts, leaves, heads)
                if walk is None:
                    break
                steps, exit_at = walk
                amount = float(min(amounts[[*steps, exit_at, count - 1]]))
                amounts[[*steps, exit_at, count - 1]] -= amount
                s = layer.exits[exit_at - len(tails)][0]
                arcs, cycles = layer.arc[steps], layer.cycle[steps]
                path = master.path_index(s, arcs, cycles)
                flow[path] = flow.get(path, 0.0) + amount
        return flow

    def _walk(
        self, layer: Layer, amounts: FloatArray, leaves: dict[int, list[int]], heads: list[int]
    ) -> tuple[list[int], int] | None:
        """Follow positive flow from the origin to an exit; a loop met on the way is taken out."""
        steps: list[int] = []
        visited: dict[int, int] = {int(self.net.origin_node[layer.commodity]): 0}
        n = int(self.net.origin_node[layer.commodity])
        while True:
            onward = [i for i in leaves.get(n, ()) if amounts[i] > FLOW_TOL]
            if not onward:
                return None
            i = max(onward, key=lambda j: (j >= len(heads), amounts[j]))
            if i >= len(heads):
                return steps, i
            steps.append(i)
            n = heads[i]
            if n in visited:
                loop = steps[visited[n] :]
                amounts[loop] -= float(min(amounts[loop]))
                steps = steps[: visited[n]]
                visited = {m: at for m, at in visited.items() if at <= len(steps)}
            else:
                visited[n] = len(steps)
