"""Residual capacity inequalities: what the last run of some terminals leaves free."""

from __future__ import annotations

import numpy as np

from landbridge.engine.cuts.strong import rides_per_unit
from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray

VIOLATION_TOL = 1e-5
"""Least violation of an inequality that is added, relative to the capacity of a run."""


def separate_residual(master: Master, x: FloatArray) -> int:
    """
    Add the residual capacity inequalities that a point violates.

    For terminals S on a slot whose loads, all together D, need at least
    m = ceil(D / u) runs of capacity u, with remainder r = D - u (m - 1): load of S <= D - r (m - runs) [1]_.
    The most violated S holds the terminals that send more than the fractional part of the
    runs of what they have [2]_.

    References
    ----------
    .. [1] Magnanti, T. L., P. Mirchandani, and R. Vachani (1993). The convex hull of two core capacitated network
           design problems. *Mathematical Programming* 60: 233-250. https://doi.org/10.1007/BF01580612.
    .. [2] Atamturk, A., and D. Rajan (2002). On splittable and unsplittable flow capacitated network design
           arc-set polyhedra. *Mathematical Programming* 92: 315-333. https://doi.org/10.1007/s101070100269.
    """
    p, net, paths = master.problem, master.net, master.paths
    riders: dict[int, dict[int, float]] = {}
    cols = np.array(paths.col, dtype=np.int64)
    known = np.where(cols < len(x))[0]
    for i in known[x[cols[known]] > 1e-9].tolist():
        t = int(p.commodity_supply[p.sink_commodity[paths.sink[i]]])
        for z in paths.slots[i].tolist():
            at = riders.setdefault(z, {})
            at[t] = at.get(t, 0.0) + float(x[cols[i]])
    found = []
    for z, flow in riders.items():
        r = int(net.slot_run[z])
        if master.run_col[r] < 0 or master.run_col[r] >= len(x):
            continue
        runs = float(x[master.run_col[r]])
        part = runs - np.floor(runs)
        if not 0.01 < part < 0.99:
            continue
        for d in np.where(master.capacity_row[z] >= 0)[0].tolist():
            cut = _residual_cut(master, z, d, flow, runs, part)
            if cut is not None and (z, d, cut[0]) not in master.residual_seen:
                master.residual_seen.add((z, d, cut[0]))
                found.append((z, d, *cut))
    _add_residual(master, found)
    return len(found)


def _residual_cut(
    master: Master, z: int, d: int, flow: dict[int, float], runs: float, part: float
) -> tuple[frozenset[int], float, float] | None:
    """The set, remainder and right side of the residual capacity inequality most violated on a slot; None: none."""
    p = master.problem
    unit = float(master.slot_cap[z, d])
    members, load, total = [], 0.0, 0.0
    for t, amount in flow.items():
        weight = float(p.commodity_load[master.commodity_of_supply(t), d])
        have = float(master.supply[t]) * rides_per_unit(master, t, z)
        if weight > 0.0 and amount > have * part:
            members.append(t)
            load += weight * amount
            total += weight * have
    needed = float(np.ceil(total / unit - 1e-9)) if unit > 0.0 else 0.0
    if not members or needed != np.ceil(runs):
        return None
    remainder = total - unit * (needed - 1.0)
    right = total - remainder * needed
    if load <= right + remainder * runs + VIOLATION_TOL * unit:
        return None
    return frozenset(members), remainder, right


def _add_residual(master: Master, cuts: list[tuple[int, int, frozenset[int], float, float]]) -> None:
    p, net, paths = master.problem, master.net, master.paths
    if not cuts:
        return
    first = master.model.num_rows
    entries = Entries()
    for n, (z, d, members, remainder, _) in enumerate(cuts):
        row = {int(master.run_col[net.slot_run[z]]): -remainder}
        for t in members:
            weight = float(p.commodity_load[master.commodity_of_supply(t), d])
            master.residual_at.setdefault((t, z), []).append((first + n, weight))
            master.residual_of_terminal[t].append((z, first + n, weight))
            for i in master.paths_of_terminal[t]:
                rides = int((paths.slots[i] == z).sum())
                if rides:
                    row[paths.col[i]] = row.get(paths.col[i], 0.0) + weight * rides
        entries.add(row.items())
    master.model.add_rows(
        np.full(len(cuts), -INF),
        np.array([right for *_, right in cuts]),
        *entries.arrays(),
    )
