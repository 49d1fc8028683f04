"""Finds the cut-set inequalities that a point violates."""

from __future__ import annotations

import numpy as np

from landbridge.engine.cuts.cutset import CutSet, add_cut_sets
from landbridge.engine.cuts.kernels import Flow, Sizes, grow_sets
from landbridge.engine.cuts.rounding import rounded_up
from landbridge.engine.master.master import Master
from landbridge.engine.problem import BoolArray, FloatArray, IntArray

VIOLATION_TOL = 1e-3
"""Least violation of a cut that is added, in runs."""

STRONG_TOL = 1e-5
"""Least violation of a strong inequality of a bid that is added, relative to its quantity."""

MOST_GROWN = 6
"""Slots taken together at most while sets grow."""

MOST_SLOTS = 30
"""Slots of a set at most after lifting."""

MOST_PARTNERS = 8
"""Slots tried as the next of a set, those first that share most freight with it."""

IDLE_POINTS = 4
"""Points in a row at which a cut has no price before it is dropped."""

FEWEST_DROPPED = 200
"""Cuts are dropped when there are so many to drop."""

IDLE_TOL = 1e-6
"""A run of which the point has no more than this is idle: sets are lifted by its slots."""


class CutSetFinder:
    """
    Separates cut-set inequalities [1]_ by mixed-integer rounding [2]_, over sets of slots grown one by one.

    Groups S are supplies and bids; what starts or ends in them is at most their load D. What does not ride any of
    some slots Z, and the room of their runs, cover what S has: ``sum of u_z y_z + (D - load on Z) >= D``, where no
    run counts for more than D, and a unit that rides several of Z counts once. Rounding this row with a divisor among
    the u_z gives the cut; of one slot it is a residual capacity inequality, and of one slot and one bid a strong
    inequality. Sets are lifted by slots that are idle at the point: the row stays as much violated, and freight
    cannot move over to the next departure.

    In a network without time sets have one slot.

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
        self.cuts: list[CutSet] = []
        self._rows, self._idle = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._seen: set[tuple[object, ...]] = set()
        p = master.problem
        self._load = np.zeros((len(master.supply), p.commodity_load.shape[1]))
        np.maximum.at(self._load, p.commodity_supply, p.commodity_load)
        for b, suppliers in master.suppliers_of.items():
            self._load[b] = self._load[suppliers].max(axis=0)
        self._can = np.zeros((len(master.supply), len(master.net.slot_run)), dtype=np.bool_)
        self._known = np.zeros(len(master.supply), dtype=np.bool_)
        self._supply, self._bid, self._length, self._slots = (np.zeros(0, dtype=np.int64) for _ in range(4))

    def separate(self, x: FloatArray, row_dual: FloatArray | None = None) -> int:
        """Add the cuts that a point violates; returns how many. Duals there say which paths freight may escape by."""
        self._read(x, row_dual)
        found = self._strong_of_bids()
        for d in range(self._load.shape[1]):
            found += self._grow(d)
        fresh = []
        for cut in found:
            if cut.key not in self._seen:
                self._seen.add(cut.key)
                fresh.append(cut)
        first = add_cut_sets(self.master, fresh)
        self.cuts.extend(fresh)
        self._rows = np.concatenate([self._rows, first + np.arange(len(fresh))])
        self._idle = np.concatenate([self._idle, np.zeros(len(fresh), dtype=np.int64)])
        return len(fresh)

    def drop_idle(self, row_dual: FloatArray) -> IntArray | None:
        """
        Drop the cuts without a price in the last points, if they are many; returns new numbers of all rows.

        They may be found again.
        """
        priced = row_dual[self._rows] < -1e-9
        self._idle = np.where(priced, 0, self._idle + 1)
        idle = self._idle >= IDLE_POINTS
        if idle.sum() < FEWEST_DROPPED:
            return None
        gone = np.zeros(self.master.model.num_rows, dtype=np.bool_)
        gone[self._rows[idle]] = True
        new_row = self.master.drop_cuts(gone)
        for i in np.where(idle)[0].tolist():
            self._seen.discard(self.cuts[i].key)
        self.cuts = [self.cuts[i] for i in np.where(~idle)[0].tolist()]
        self._rows, self._idle = new_row[self._rows[~idle]], self._idle[~idle]
        return new_row

    def priced(self, row_dual: FloatArray) -> list[CutSet]:
        """The cuts that have a price."""
        known = self._rows < len(row_dual)
        return [self.cuts[i] for i in np.where(known)[0].tolist() if row_dual[self._rows[i]] < -1e-9]

    def _list_paths(self) -> None:
        """Take up the paths that came since."""
        p, paths = self.master.problem, self.master.paths
        known = len(self._supply)
        sinks = np.array(paths.sink[known:], dtype=np.int64)
        self._supply = np.concatenate([self._supply, p.commodity_supply[p.sink_commodity[sinks]]])
        self._bid = np.concatenate([self._bid, p.sink_terminal[sinks]])
        rides = paths.slots[known:]
        self._length = np.concatenate([self._length, np.array([len(r) for r in rides], dtype=np.int64)])
        self._slots = np.concatenate([self._slots, *rides]).astype(np.int64)

    def _read(self, x: FloatArray, row_dual: FloatArray | None) -> None:
        """Read the flow by slot and group, and the runs, at a point."""
        net, master = self.master.net, self.master
        self._list_paths()
        x = np.concatenate([x, np.zeros(master.model.num_cols - len(x))])
        self.runs = np.maximum(master.loaded_runs(x)[net.slot_run], 0.0)
        amount = x[np.array(master.paths.col, dtype=np.int64)]
        amount = np.where(amount > 1e-9, amount, 0.0)
        num_slots, num_groups, count = len(net.slot_run), len(master.supply), len(amount)
        path_of = np.repeat(np.arange(count), self._length)
        flows = amount[path_of] > 0.0
        order = np.argsort(self._slots[flows], kind="stable")
        traded = np.where(self._bid != self._supply)[0]
        group = np.concatenate([self._supply, self._bid[traded]])
        member = np.concatenate([np.arange(count), traded])
        by_group = np.lexsort((member, amount[member] == 0.0, group))
        flowing = np.bincount(group[amount[member] > 0.0], minlength=num_groups)
        for g in np.where((flowing > 0) & ~self._known)[0].tolist():
            self._can[g] = master.reach.can_ride(g)
            self._known[g] = True
        self.flow = Flow(
            supply=self._supply,
            bid=self._bid,
            amount=amount,
            dear=self._dear(row_dual),
            slots_ptr=np.concatenate([[0], np.cumsum(self._length)]).astype(np.int64),
            slots=self._slots,
            slot_ptr=np.searchsorted(self._slots[flows][order], np.arange(num_slots + 1)).astype(np.int64),
            slot_path=path_of[flows][order],
            group_ptr=np.searchsorted(group[by_group], np.arange(num_groups + 1)).astype(np.int64),
            group_path=member[by_group],
            group_used=flowing.astype(np.int64),
        )

    def _dear(self, row_dual: FloatArray | None) -> FloatArray:
        """Reduced cost of each path as a part of what its freight is worth, at least 0."""
        master = self.master
        if row_dual is None:
            return np.zeros(len(self._supply))
        ptr, index, value, cost, *_ = master.model.matrix()
        dual = master.extend_dual(row_dual)
        products = np.concatenate([[0.0], np.cumsum(value * dual[index])])
        cols = np.array(master.paths.col, dtype=np.int64)
        reduced = cost[cols] - (products[ptr[cols + 1]] - products[ptr[cols]])
        worth = np.abs(dual[master.terminal_row + self._supply])
        dear: FloatArray = np.maximum(reduced, 0.0) / np.maximum(worth, 1.0)
        return dear

    def _usable(self, d: int) -> BoolArray:
        """Slots with limited room in a dimension, of runs that have a column."""
        master = self.master
        has = master.run_col[master.net.slot_run] >= 0
        usable: BoolArray = has & (master.slot_cap[:, d] > 0) & np.isfinite(master.slot_cap[:, d])
        return usable

    def _strong_of_bids(self) -> list[CutSet]:
        """Violated strong inequalities of bids: what ends there rides no slot beyond its quantity times the runs."""
        master, flow = self.master, self.flow
        found: list[CutSet] = []
        usable = [self._usable(d) for d in range(self._load.shape[1])]
        for b in master.suppliers_of:
            most = float(master.supply[b])
            span = slice(int(flow.group_ptr[b]), int(flow.group_ptr[b] + flow.group_used[b]))
            on: dict[int, float] = {}
            for i in flow.group_path[span].tolist():
                for z in np.unique(master.paths.slots[i]).tolist():
                    on[z] = on.get(z, 0.0) + float(flow.amount[i])
            for z, amount in on.items():
                if amount <= most * self.runs[z] + STRONG_TOL * most:
                    continue
                for d in range(self._load.shape[1]):
                    all_load = float(self._load[b, d]) * most
                    if usable[d][z] and 0.0 < all_load < master.slot_cap[z, d] - 1e-9:
                        found.append(
                            CutSet(
                                violation=amount / most - float(self.runs[z]),
                                dim=d,
                                slots=(z,),
                                coef=(all_load,),
                                groups=frozenset([b]),
                                right=0.0,
                            )
                        )
                        break
        return found

    def _grow(self, d: int) -> list[CutSet]:
        """Violated cuts of slots with fractional runs alone, and of the best set met while others are added."""
        master, net = self.master, self.master.net
        usable = self._usable(d)
        apart = np.abs(self.runs - np.round(self.runs)) > 0.01
        starts = np.where(usable & apart & (np.diff(self.flow.slot_ptr) > 0))[0]
        if not len(starts):
            return []
        sizes = Sizes(
            unit=np.ascontiguousarray(master.slot_cap[:, d]),
            runs=self.runs,
            run_of=net.slot_run.astype(np.int64),
            usable=usable & (np.diff(self.flow.slot_ptr) > 0),
            idle=usable & (self.runs <= IDLE_TOL),
            quantity=master.supply,
            load=np.ascontiguousarray(self._load[:, d]),
            can=self._can,
        )
        most = 2 * len(starts)
        row, ptr = np.zeros((most, 4)), np.zeros(2 * most + 1, dtype=np.int64)
        out = np.zeros(most * 400, dtype=np.int64)
        grown, slots = (1, 1) if net.is_static else (MOST_GROWN, MOST_SLOTS)
        count = grow_sets(
            starts.astype(np.int64), self.flow, sizes, grown, slots, MOST_PARTNERS, VIOLATION_TOL, row, ptr, out
        )
        return [self._cut(d, row[n], *(out[ptr[m] : ptr[m + 1]] for m in (2 * n, 2 * n + 1))) for n in range(count)]

    def _cut(self, d: int, row: FloatArray, slots: IntArray, groups: IntArray) -> CutSet:
        """Write out a cut the kernel found."""
        violation, total, by, share = row.tolist()
        slots = np.sort(slots)
        all_load = (self._load[groups, d] * self.master.supply[groups]) @ self._can[np.ix_(groups, slots)]
        coef = by * share * rounded_up(np.minimum(self.master.slot_cap[slots, d], all_load) / by, share)
        return CutSet(
            violation=violation,
            dim=d,
            slots=tuple(slots.tolist()),
            coef=tuple(coef.tolist()),
            groups=frozenset(groups.tolist()),
            right=float(total - by * share * np.ceil(total / by - 1e-9)),
        )
