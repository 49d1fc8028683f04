"""Cut-set inequalities as rows: freight that may ride one of several runs needs enough of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSet:
    """
    ``load of groups that rides any of the slots - coef @ runs <= right``, in one dimension; each unit counts once.

    Parameters
    ----------
    violation
        At the point it was found for, in runs.
    slots, coef
        Slots, of different runs, and what a run of each adds to the right side.
    groups
        Supplies and bids: what starts from these or ends there counts.
    """

    violation: float
    dim: int
    slots: tuple[int, ...]
    coef: tuple[float, ...]
    groups: frozenset[int]
    right: float

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two cuts the same."""
        return self.dim, self.slots, self.coef, self.groups


def add_cut_sets(master: Master, cuts: list[CutSet]) -> int:
    """Add cuts as rows; returns the number of the first."""
    if not cuts:
        return master.model.num_rows
    p, net, paths = master.problem, master.net, master.paths
    window = master.terminal_deadline - master.terminal_ready
    first, entries = master.model.num_rows, Entries()
    for n, cut in enumerate(cuts):
        row = {int(master.run_col[net.slot_run[z]]): -c for z, c in zip(cut.slots, cut.coef, strict=True)}
        slots = np.array(cut.slots, dtype=np.int64)
        wanted = set(cut.slots)
        least = master.reach.least_span(slots)
        for owner in _owners(master, cut):
            supply = master.supply_of_owner(owner)
            weight = float(p.commodity_load[master.commodity_of[supply], cut.dim])
            for z in cut.slots:
                master.cut_at.setdefault((owner, z), []).append((first + n, weight))
            master.own.add(owner, slots, first + n, weight, once=bool(window[supply] >= least))
            for i in master.paths_of_owner(owner):
                if not wanted.isdisjoint(paths.slots[i].tolist()):
                    row[paths.col[i]] = weight
        entries.add(row.items())
    return master.model.add_rows(np.full(len(cuts), -INF), np.array([cut.right for cut in cuts]), *entries.arrays())


def _owners(master: Master, cut: CutSet) -> list[int]:
    """Whose freight counts in a cut: all of a supply, or what flows from another one to a bid."""
    found = []
    for g in sorted(cut.groups):
        if g in master.suppliers_of:
            found += [master.owner_of_pair[s, g] for s in master.suppliers_of[g] if s not in cut.groups]
        else:
            found.append(g)
    return found
