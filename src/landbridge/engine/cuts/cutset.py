"""Cut-set inequalities: freight that may ride one of several runs needs enough of them together."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from landbridge.engine.cuts.rounding import rounded_up
from landbridge.engine.cuts.strong import rides_per_unit
from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray

VIOLATION_TOL = 1e-3
"""Least violation of a cut that is added, in runs."""

MOST_SLOTS = 6
"""Slots taken together at most."""

MOST_PARTNERS = 8
"""Slots tried as the next of a set, those first that share most freight with it."""

LEAST_SHARE = 0.02
"""Rows whose right side is less than this above a whole number are not rounded: the cut would be steep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSet:
    """
    ``load of terminals on slots - coef @ runs <= right``, in one dimension.

    Parameters
    ----------
    violation
        At the point it was found for, in runs.
    slots, coef
        Slots, of different runs, and what a run of each adds to the right side.
    """

    violation: float
    dim: int
    slots: tuple[int, ...]
    coef: tuple[float, ...]
    terminals: frozenset[int]
    right: float


class CutSetFinder:
    """
    Separates cut-set inequalities [1]_ by mixed-integer rounding [2]_, over sets of slots grown one by one.

    Terminals S whose freight rides at most one of some slots Z: what does not ride them and the room of their runs
    cover what S has: ``sum of u_z y_z + (D - load on Z) >= D``, where no run counts for more than D. Rounding this
    row with a divisor among the u_z gives the cut; of one slot it is a residual capacity inequality.

    References
    ----------
    .. [1] Chouman, M., T. G. Crainic, and B. Gendron (2017). Commodity representations and cut-set-based inequalities
           for multicommodity capacitated fixed-charge network design. *Transportation Science* 51(2): 650-667.
           https://doi.org/10.1287/trsc.2015.0665.
    .. [2] Marchand, H., and L. A. Wolsey (2001). Aggregation and mixed integer rounding to solve MIPs. *Operations
           Research* 49(3): 363-371. https://doi.org/10.1287/opre.49.3.363.11211.
    """

    def __init__(self, master: Master) -> None:
        self.master = master
        self.window = master.terminal_deadline - master.terminal_ready
        self._times: dict[int, FloatArray] = {}
        self._next = _neighbours(master)
        self._spans: dict[tuple[int, int], float] = {}
        self.cuts: list[CutSet] = []
        self._seen: set[tuple[int, tuple[int, ...], frozenset[int]]] = set()

    def separate(self, x: FloatArray) -> int:
        """Add the cuts that a point violates; returns how many."""
        self._read(x)
        found: list[CutSet] = []
        for z in self.candidates:
            for d in np.where(self._limits(z))[0].tolist():
                for cut in self._grow(z, d):
                    key = (cut.dim, cut.slots, cut.terminals)
                    if key not in self._seen:
                        self._seen.add(key)
                        found.append(cut)
        add_cut_sets(self.master, found)
        self.cuts.extend(found)
        return len(found)

    def _limits(self, z: int) -> BoolArray:
        """Dimensions in which a slot has some room, and a row that keeps to it. Shape ``(D,)``."""
        limits: BoolArray = (self.master.capacity_row[z] >= 0) & (self.master.slot_cap[z] > 0)
        return limits

    def _read(self, x: FloatArray) -> None:
        """Flow by slot and terminal, and runs, at a point."""
        p, net, master = self.master.problem, self.master.net, self.master
        paths = master.paths
        self.runs = master.loaded_runs(np.concatenate([x, np.zeros(master.model.num_cols - len(x))]))
        self.flow: dict[int, dict[int, float]] = {}
        self.rides: dict[int, list[int]] = {}
        cols = np.array(paths.col, dtype=np.int64)
        known = np.where(cols < len(x))[0]
        for i in known[x[cols[known]] > 1e-9].tolist():
            t = int(p.commodity_supply[p.sink_commodity[paths.sink[i]]])
            for z in paths.slots[i].tolist():
                at = self.flow.setdefault(z, {})
                at[t] = at.get(t, 0.0) + float(x[cols[i]])
        for z, at in self.flow.items():
            for t in at:
                self.rides.setdefault(t, []).append(z)
        part = np.abs(self.runs - np.round(self.runs))
        slots = sorted(self.flow)
        self.candidates = [z for z in slots if part[net.slot_run[z]] > 0.01 and master.run_col[net.slot_run[z]] >= 0]

    def _grow(self, z: int, d: int) -> list[CutSet]:
        """Violated cuts of a slot alone and of the best set met while others are added, as long as that helps."""
        chosen = [z]
        alone = best = self._round(chosen, d)
        while len(chosen) < MOST_SLOTS:
            trials = [[*chosen, other] for other in self._partners(chosen, d)]
            cuts = [(cut, trial) for trial in trials if (cut := self._round(trial, d)) is not None]
            better, grown = max(cuts, key=lambda pair: pair[0].violation, default=(None, chosen))
            if better is None or (best is not None and better.violation <= best.violation + 1e-6):
                break
            best, chosen = better, grown
        found = [alone] if best is alone else [alone, best]
        return [cut for cut in found if cut is not None and cut.violation > VIOLATION_TOL]

    def _partners(self, chosen: list[int], d: int) -> list[int]:
        """Slots that share most freight with the chosen, of other runs."""
        master, net = self.master, self.master.net
        runs = {int(net.slot_run[z]) for z in chosen}
        shared: dict[int, float] = {}
        for z in chosen:
            for t, amount in self.flow[z].items():
                load = float(master.problem.commodity_load[master.commodity_of_supply(t), d])
                for other in self.rides[t]:
                    r = int(net.slot_run[other])
                    if r in runs or master.run_col[r] < 0 or not self._limits(other)[d]:
                        continue
                    if self.span(z, other) > self.window[t]:
                        shared[other] = shared.get(other, 0.0) + load * min(amount, self.flow[other][t])
        return sorted(shared, key=lambda other: (-shared[other], other))[:MOST_PARTNERS]

    def _round(self, slots: list[int], d: int) -> CutSet | None:
        """Most violated rounding over nested sets of terminals, those first that ride the slots with most they have."""
        master, net = self.master, self.master.net
        p = master.problem
        total: dict[int, float] = {}
        for z in slots:
            for t, amount in self.flow[z].items():
                total[t] = total.get(t, 0.0) + amount
        least = min((self.span(a, b) for i, a in enumerate(slots) for b in slots[:i]), default=np.inf)
        found = []
        for t, amount in total.items():
            load = float(p.commodity_load[master.commodity_of_supply(t), d])
            rides = max(rides_per_unit(master, t, z) for z in slots)
            if load <= 0.0 or self.window[t] >= least or (rides > 1.0 and len(slots) > 1):
                continue
            have = load * float(master.supply[t]) * rides
            found.append((-amount * load / have, t, have, amount * load))
        if not found:
            return None
        found.sort()
        most = np.cumsum([entry[2] for entry in found])
        short = most - np.cumsum([entry[3] for entry in found])
        unit = master.slot_cap[slots, d]
        runs = self.runs[net.slot_run[slots]]
        cap = np.minimum(unit[None, :], most[:, None])
        best: CutSet | None = None
        for divisor in (np.inf, *np.unique(unit).tolist()):
            by = np.minimum(divisor, most)
            need = np.ceil(most / by - 1e-9)
            share = most / by - (need - 1.0)
            ratio = cap / by[:, None]
            rounded = rounded_up(ratio, share[:, None])
            violation = np.where(share < LEAST_SHARE, -np.inf, need - rounded @ runs - short / (by * share))
            i = int(np.argmax(violation))
            if violation[i] > (-np.inf if best is None else best.violation):
                order = np.argsort(slots)
                factor = float(by[i] * share[i])
                best = CutSet(
                    violation=float(violation[i]),
                    dim=d,
                    slots=tuple(slots[j] for j in order),
                    coef=tuple((factor * rounded[i, order]).tolist()),
                    terminals=frozenset(entry[1] for entry in found[: i + 1]),
                    right=float(most[i] - factor * need[i]),
                )
        return best

    def span(self, a: int, b: int) -> float:
        """Least minutes from the start of the first to the end of the second, for freight that rides both slots."""
        key = (a, b) if a < b else (b, a)
        if key not in self._spans:
            self._spans[key] = min(self._span(a, b), self._span(b, a))
        return self._spans[key]

    def _span(self, a: int, b: int) -> float:
        p, net = self.master.problem, self.master.net
        head, tail = int(p.leg_head[net.slot_leg[a]]), int(p.leg_tail[net.slot_leg[b]])
        earliest = float(net.slot_end[a]) + float(self._times_from(head)[tail])
        if not np.isfinite(earliest):
            return np.inf
        later = 0.0
        if p.cyclic and p.horizon_min:
            later = float(np.ceil((earliest - float(net.slot_start[b])) / net.horizon_min)) * net.horizon_min
        elif net.slot_start[b] < earliest:
            return np.inf
        return float(net.slot_end[b] + later - net.slot_start[a])

    def _times_from(self, node: int) -> FloatArray:
        """Least minutes from a node of the flat network to each other, without any waiting."""
        if node not in self._times:
            times = np.full(len(self.master.problem.node_rank), np.inf)
            times[node] = 0.0
            heap = [(0.0, node)]
            while heap:
                t, n = heapq.heappop(heap)
                if t > times[n]:
                    continue
                for head, minutes in self._next[n]:
                    if t + minutes < times[head]:
                        times[head] = t + minutes
                        heapq.heappush(heap, (t + minutes, head))
            self._times[node] = times
        return self._times[node]


def _neighbours(master: Master) -> list[list[tuple[int, float]]]:
    """Steps out of each node of the flat network with their minutes: legs, links, and staying aboard."""
    p = master.problem
    found: list[list[tuple[int, float]]] = [[] for _ in range(len(p.node_rank))]
    for tail, head, minutes in (
        *zip(p.leg_tail.tolist(), p.leg_head.tolist(), p.leg_travel_min.tolist(), strict=True),
        *zip(p.link_tail.tolist(), p.link_head.tolist(), p.link_duration_min.tolist(), strict=True),
    ):
        found[tail].append((head, float(minutes)))
    for i in range(len(p.leg_tail) - 1):
        if p.leg_vehicle[i] == p.leg_vehicle[i + 1] and p.leg_head[i] != p.leg_tail[i + 1]:
            found[int(p.leg_head[i])].append((int(p.leg_tail[i + 1]), 0.0))
    return found


def add_cut_sets(master: Master, cuts: list[CutSet]) -> None:
    """Add cuts as rows."""
    p, net, paths = master.problem, master.net, master.paths
    if not cuts:
        return
    first, entries = master.model.num_rows, Entries()
    for n, cut in enumerate(cuts):
        row = {int(master.run_col[net.slot_run[z]]): -c for z, c in zip(cut.slots, cut.coef, strict=True)}
        slots = np.array(cut.slots)
        for t in sorted(cut.terminals):
            weight = float(p.commodity_load[master.commodity_of_supply(t), cut.dim])
            for z in cut.slots:
                master.cut_at.setdefault((t, z), []).append((first + n, weight))
                master.cuts_of_terminal[t].append((z, first + n, weight))
            for i in master.paths_of_terminal[t]:
                rides = int(np.isin(paths.slots[i], slots).sum())
                if rides:
                    row[paths.col[i]] = row.get(paths.col[i], 0.0) + weight * rides
        entries.add(row.items())
    master.model.add_rows(np.full(len(cuts), -INF), np.array([cut.right for cut in cuts]), *entries.arrays())
