"""Cut-set inequalities: freight that may ride one of several runs needs enough of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.cuts.kernels import Flow, Sizes, grow_sets
from landbridge.engine.cuts.reach import Reach
from landbridge.engine.cuts.rounding import rounded_up
from landbridge.engine.cuts.strong import rides_per_unit
from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray

VIOLATION_TOL = 1e-3
"""Least violation of a cut that is added, in runs."""

STRONG_TOL = 1e-5
"""Least violation of a strong inequality of a bid that is added, relative to its quantity."""

MOST_SLOTS = 6
"""Slots taken together at most; a mask of them must fit a whole number."""

MOST_PARTNERS = 8
"""Slots tried as the next of a set, those first that share most freight with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSet:
    """
    ``load of groups on slots - coef @ runs <= right``, in one dimension.

    Parameters
    ----------
    violation
        At the point it was found for, in runs.
    slots, coef
        Slots, of different runs, and what a run of each adds to the right side.
    groups
        Supplies and bids: what starts from these or ends there counts.
    counted
        Of each supply whose freight counts, the slots on which it does: of these a unit rides one at most.
    """

    violation: float
    dim: int
    slots: tuple[int, ...]
    coef: tuple[float, ...]
    groups: frozenset[int]
    counted: tuple[tuple[int, tuple[int, ...]], ...]
    right: float


class CutSetFinder:
    """
    Separates cut-set inequalities [1]_ by mixed-integer rounding [2]_, over sets of slots grown one by one.

    Groups S are supplies and bids; what starts or ends in them is at most their load D. Of each supply, count rides
    on such of the slots Z that a unit rides one at most. What does not ride them and the room of their runs
    cover what S has: ``sum of u_z y_z + (D - load on Z) >= D``, where no run counts for more than D. Rounding this
    row with a divisor among the u_z gives the cut; of one slot it is a residual capacity inequality, and of one slot
    and one bid a strong inequality.

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
        self.reach = Reach(master)
        self.cuts: list[CutSet] = []
        self._seen: set[tuple[object, ...]] = set()
        p = master.problem
        self._suppliers: dict[int, list[int]] = {}
        for s, b in master.owner_of_pair:
            self._suppliers.setdefault(b, []).append(s)
        self._load = np.zeros((len(master.supply), p.commodity_load.shape[1]))
        np.maximum.at(self._load, p.commodity_supply, p.commodity_load)
        for b, suppliers in self._suppliers.items():
            self._load[b] = self._load[suppliers].max(axis=0)

    def separate(self, x: FloatArray) -> int:
        """Add the cuts that a point violates; returns how many."""
        self._read(x)
        if not len(self.slots):
            return 0
        found = self._strong_of_bids()
        for d in range(self._load.shape[1]):
            found += self._grow(d)
        fresh = []
        for cut in found:
            key = (cut.dim, cut.slots, cut.coef, cut.groups, cut.counted)
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(cut)
        add_cut_sets(self.master, fresh)
        self.cuts.extend(fresh)
        return len(fresh)

    def _read(self, x: FloatArray) -> None:
        """Read the flow by slot and pair, and the runs, at a point."""
        p, net, master = self.master.problem, self.master.net, self.master
        paths = master.paths
        runs = master.loaded_runs(np.concatenate([x, np.zeros(master.model.num_cols - len(x))]))
        cols = np.array(paths.col, dtype=np.int64)
        used = np.where(cols < len(x))[0]
        used = used[x[cols[used]] > 1e-9]
        sinks = np.array(paths.sink, dtype=np.int64)[used]
        ends = np.column_stack([p.commodity_supply[p.sink_commodity[sinks]], p.sink_terminal[sinks]])
        pairs, of_path = np.unique(ends, axis=0, return_inverse=True)
        rides = [paths.slots[i] for i in used.tolist()]
        length = np.array([len(r) for r in rides], dtype=np.int64)
        flat = np.concatenate([np.zeros(0, dtype=np.int64), *rides])
        self.slots, place = np.unique(flat, return_inverse=True)
        pair, amount = np.repeat(of_path.ravel(), length), np.repeat(x[cols[used]], length)
        self.runs = runs[net.slot_run[self.slots]]
        slot_ptr, slot_pair, slot_amount = _add_up(place, pair, amount, len(self.slots))
        group_ptr, group_slot, group_amount = _add_up(
            np.concatenate([pairs[pair, 0], pairs[pair, 1]]),
            np.concatenate([place, place]),
            np.concatenate([amount, np.where(pairs[pair, 0] == pairs[pair, 1], 0.0, amount)]),
            len(master.supply),
        )
        both_ptr = np.zeros(len(master.supply) + 1, dtype=np.int64)
        both = [np.zeros(0, dtype=np.bool_)]
        supplies = set(pairs[:, 0].tolist())
        for t in range(len(master.supply)):
            if t in supplies:
                mine = self.slots[group_slot[group_ptr[t] : group_ptr[t + 1]]]
                both.append(self.reach.rides_both(t, mine).ravel())
                both_ptr[t + 1] = both[-1].size
        at = pairs[slot_pair, 0]
        slot_of_entry = np.repeat(np.arange(len(self.slots)), np.diff(slot_ptr))
        key = np.repeat(np.arange(len(master.supply)), np.diff(group_ptr)) * (len(self.slots) + 1) + group_slot
        slot_place = np.searchsorted(key, at * (len(self.slots) + 1) + slot_of_entry) - group_ptr[at]
        self.pairs = pairs
        self.flow = Flow(
            pair_supply=np.ascontiguousarray(pairs[:, 0]),
            pair_bid=np.ascontiguousarray(pairs[:, 1]),
            slot_ptr=slot_ptr,
            slot_pair=slot_pair,
            slot_place=slot_place.astype(np.int64),
            slot_amount=slot_amount,
            group_ptr=group_ptr,
            group_slot=group_slot,
            group_amount=group_amount,
            both_ptr=np.cumsum(both_ptr),
            both=np.concatenate(both),
        )

    def _usable(self, d: int) -> BoolArray:
        """Of the slots with flow, those with a row that keeps to some room in a dimension."""
        master, runs = self.master, self.master.run_col[self.master.net.slot_run[self.slots]]
        usable: BoolArray = (
            (master.capacity_row[self.slots, d] >= 0) & (master.slot_cap[self.slots, d] > 0) & (runs >= 0)
        )
        return usable

    def _strong_of_bids(self) -> list[CutSet]:
        """Violated strong inequalities of bids: what ends there rides no slot beyond its quantity times the runs."""
        master, flow = self.master, self.flow
        pending = np.arange(len(self._load))
        pending = pending[np.isin(pending, list(self._suppliers))]
        found: list[CutSet] = []
        for d in range(self._load.shape[1]):
            usable = self._usable(d)
            for b in pending.tolist():
                span = slice(int(flow.group_ptr[b]), int(flow.group_ptr[b + 1]))
                most = float(master.supply[b])
                for i, amount in zip(flow.group_slot[span].tolist(), flow.group_amount[span].tolist(), strict=True):
                    z = int(self.slots[i])
                    rides = self._most_rides(z, self._suppliers[b])
                    all_load = float(self._load[b, d]) * most * rides
                    if (
                        usable[i]
                        and 0.0 < all_load < master.slot_cap[z, d] - 1e-9
                        and amount > most * rides * self.runs[i] + STRONG_TOL * most
                    ):
                        counted = tuple((s, (z,)) for s in self._suppliers[b])
                        found.append(
                            CutSet(
                                violation=amount / most - float(self.runs[i]),
                                dim=d,
                                slots=(z,),
                                coef=(all_load,),
                                groups=frozenset([b]),
                                counted=counted,
                                right=0.0,
                            )
                        )
        return found

    def _most_rides(self, z: int, supplies: list[int]) -> float:
        """How often at most a unit of these supplies may ride a slot."""
        if self.master.net.num_cycles == 1:
            return 1.0
        return max(rides_per_unit(self.master, s, z) for s in supplies)

    def _grow(self, d: int) -> list[CutSet]:
        """Violated cuts of slots with fractional runs alone, and of the best set met while others are added."""
        master, net = self.master, self.master.net
        usable = self._usable(d)
        starts = np.where(usable & (np.abs(self.runs - np.round(self.runs)) > 0.01))[0]
        if not len(starts):
            return []
        sizes = Sizes(
            unit=np.ascontiguousarray(master.slot_cap[self.slots, d]),
            runs=self.runs,
            run_of=net.slot_run[self.slots].astype(np.int64),
            usable=usable,
            quantity=master.supply,
            load=np.ascontiguousarray(self._load[:, d]),
        )
        flow = self.flow
        rides = np.array(
            [
                self._most_rides(
                    int(self.slots[i]),
                    flow.pair_supply[flow.slot_pair[flow.slot_ptr[i] : flow.slot_ptr[i + 1]]].tolist(),
                )
                for i in starts.tolist()
            ]
        )
        most = 2 * len(starts)
        row, ptr = np.zeros((most, 5)), np.zeros(3 * most + 1, dtype=np.int64)
        out = np.zeros(most * 400, dtype=np.int64)
        count = grow_sets(
            starts, rides, flow, sizes, MOST_SLOTS, MOST_PARTNERS, VIOLATION_TOL, row, ptr, out
        )
        return [
            self._cut(d, row[n], *(out[ptr[3 * n + k] : ptr[3 * n + k + 1]] for k in range(3))) for n in range(count)
        ]

    def _cut(self, d: int, row: FloatArray, places: IntArray, groups: IntArray, masks: IntArray) -> CutSet:
        """Write out a cut the kernel found."""
        violation, total, by, share, _ = row.tolist()
        order = np.argsort(places)
        slots = self.slots[places]
        unit = self.master.slot_cap[slots, d]
        need = np.ceil(total / by - 1e-9)
        coef = by * share * rounded_up(np.minimum(unit, total) / by, share)
        inside = frozenset(groups.tolist())
        counted: dict[int, tuple[int, ...]] = {}
        for s, mask in masks.reshape(-1, 2).tolist():
            counted[s] = tuple(int(slots[j]) for j in range(len(slots)) if mask >> j & 1)
        for b in inside:
            for s in self._suppliers.get(b, ()):
                if s not in counted:
                    counted[s] = self._apart(s, slots)
        relevant = {s for s in counted if s in inside or any((s, b) in self.master.owner_of_pair for b in inside)}
        return CutSet(
            violation=violation,
            dim=d,
            slots=tuple(slots[order].tolist()),
            coef=tuple(coef[order].tolist()),
            groups=inside,
            counted=tuple(sorted((s, z) for s, z in counted.items() if s in relevant)),
            right=float(total - by * share * need),
        )

    def _apart(self, supply: int, slots: IntArray) -> tuple[int, ...]:
        """Slots, the first ones first, of which freight of a supply rides one at most."""
        if len(slots) == 1:
            return (int(slots[0]),)
        both = self.reach.rides_both(supply, slots)
        chosen: list[int] = []
        for j in range(len(slots)):
            if not both[j, [*chosen, j]].any():
                chosen.append(j)
        return tuple(int(slots[j]) for j in chosen)


def _add_up(first: IntArray, second: IntArray, amount: FloatArray, count: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Sum amounts by a pair of keys: pointers by the first key, the second keys in order, and the sums above 0."""
    width = int(second.max(initial=0)) + 1
    key, place = np.unique(first.astype(np.int64) * width + second, return_inverse=True)
    total = np.bincount(place.ravel(), weights=amount, minlength=len(key))
    key, total = key[total > 0.0], total[total > 0.0]
    ptr = np.searchsorted(key // width, np.arange(count + 1)).astype(np.int64)
    return ptr, (key % width).astype(np.int64), total


def add_cut_sets(master: Master, cuts: list[CutSet]) -> None:
    """Add cuts as rows."""
    if not cuts:
        return
    net, paths = master.net, master.paths
    first, entries = master.model.num_rows, Entries()
    for n, cut in enumerate(cuts):
        row = {int(master.run_col[net.slot_run[z]]): -c for z, c in zip(cut.slots, cut.coef, strict=True)}
        for owner, slots, weight in _owners(master, cut):
            for z in slots:
                master.cut_at.setdefault((owner, z), []).append((first + n, weight))
                master.own.add(owner, z, first + n, weight)
            mine = master.paths_of_terminal[owner] if owner < len(master.supply) else master.paths_of_pair.get(owner, [])
            wanted = set(slots)
            for i in mine:
                rides = sum(z in wanted for z in paths.slots[i].tolist())
                if rides:
                    row[paths.col[i]] = row.get(paths.col[i], 0.0) + weight * rides
        entries.add(row.items())
    master.model.add_rows(np.full(len(cuts), -INF), np.array([cut.right for cut in cuts]), *entries.arrays())


def _owners(master: Master, cut: CutSet) -> list[tuple[int, tuple[int, ...], float]]:
    """Whose freight counts in a cut (a supply's all, or what flows from it to a bid), on which slots, and its load."""
    p = master.problem
    found = []
    for s, slots in cut.counted:
        weight = float(p.commodity_load[master.commodity_of_supply(s), cut.dim])
        if s in cut.groups:
            found.append((s, slots, weight))
            continue
        found += [
            (master.owner_of_pair[s, b], slots, weight) for b in sorted(cut.groups) if (s, b) in master.owner_of_pair
        ]
    return found
