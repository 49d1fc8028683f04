"""Strong inequalities: a terminal sends on a slot no more than its quantity times the runs."""

from __future__ import annotations

import numpy as np

from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray, IntArray

VIOLATION_TOL = 1e-5
"""Least violation of a strong inequality that is added, relative to the terminal's quantity."""


def separate_strong(master: Master, x: FloatArray) -> int:
    """
    Add the strong inequalities that a point violates: a terminal's flow on a slot <= its quantity times the runs.

    In a coarse master the slots of one leg that the terminal can use are taken together.
    """
    terminals, slots, amounts = _ridden(master, x)
    new = np.array([key not in master.strong_row for key in zip(terminals.tolist(), slots.tolist(), strict=True)], bool)
    terminals, slots, amounts = terminals[new], slots[new], amounts[new]
    where = -1 - master.net.slot_leg[slots] if master.coarse else slots
    terminals, where, amounts = _add_up(terminals, where, amounts)
    if master.coarse:
        sets = [strong_slots(master, t, group) for t, group in zip(terminals.tolist(), where.tolist(), strict=True)]
    else:
        sets = [[z] for z in where.tolist()]
    some = np.array([len(of) > 0 for of in sets], bool)
    bound = np.full(len(sets), np.inf)
    bound[some] = strong_coefficients(master, terminals[some], np.array([of[0] for of in sets if of], dtype=np.int64))
    size = [len(of) for of in sets]
    runs = master.run_col[master.net.slot_run[np.array([z for of in sets for z in of], dtype=np.int64)]]
    there = np.where((runs >= 0) & (runs < len(x)), x[np.minimum(runs, len(x) - 1)], 0.0)
    opened = np.bincount(np.repeat(np.arange(len(sets)), size), there, minlength=len(sets))
    binds = np.isfinite(bound)
    most = np.where(binds, bound, 0.0) * opened + VIOLATION_TOL * master.supply[terminals]
    found = np.flatnonzero(binds & (amounts > most))
    add_strong(master, list(zip(terminals[found].tolist(), where[found].tolist(), strict=True)))
    return len(found)


def _ridden(master: Master, x: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Terminal, slot and amount wherever a path of a point rides a run that is not free."""
    p, paths = master.problem, master.paths
    cols = np.array(paths.col, dtype=np.int64)
    known = np.flatnonzero(cols < len(x))
    used = known[x[cols[known]] > 1e-9]
    sinks = np.array(paths.sink, dtype=np.int64)[used]
    ridden = [paths.slots[i] for i in used.tolist()]
    size = [len(slots) for slots in ridden]
    slots = np.concatenate(ridden) if ridden else np.zeros(0, dtype=np.int64)
    terminals = np.repeat(p.commodity_supply[p.sink_commodity[sinks]], size)
    amounts = np.repeat(x[cols[used]], size)
    limited = ~master.run_is_free[master.net.slot_run[slots]]
    return terminals[limited], slots[limited], amounts[limited]


def _add_up(terminals: IntArray, where: IntArray, amounts: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Amounts by terminal and place, in the order in which pairs come first."""
    pairs, first, group = np.unique(np.column_stack((terminals, where)), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    total: FloatArray = np.bincount(group.ravel(), amounts, minlength=len(pairs)).astype(np.float64)
    return pairs[order, 0], pairs[order, 1], total[order]


def add_strong(master: Master, keys: list[tuple[int, int]]) -> None:
    """Add strong rows for pairs (terminal, slot)."""
    net, paths = master.net, master.paths
    entries = Entries()
    first = master.model.num_rows
    wanted: dict[int, dict[int, int]] = {}
    rows: list[dict[int, float]] = []
    for n, (t, group) in enumerate(keys):
        row: dict[int, float] = {}
        new = [z for z in strong_slots(master, t, group) if (t, z) not in master.strong_row]
        bounds = strong_coefficients(master, np.full(len(new), t), np.array(new, dtype=np.int64))
        assert np.isfinite(bounds).all()
        for z, bound in zip(new, bounds.tolist(), strict=True):
            master.strong_row[t, z] = first + n
            master.own.add(t, np.array([z]), first + n, 1.0)
            wanted.setdefault(t, {})[z] = n
            row[int(master.run_col[net.slot_run[z]])] = -bound
        rows.append(row)
    for t, slots in wanted.items():
        for i in master.paths_of_terminal[t]:
            for z in paths.slots[i].tolist():
                n = slots.get(z, -1)
                if n >= 0:
                    rows[n][paths.col[i]] = rows[n].get(paths.col[i], 0.0) + 1.0
    for row in rows:
        entries.add(row.items())
    if keys:
        master.model.add_rows(
            np.full(len(keys), -INF),
            np.zeros(len(keys)),
            *entries.arrays(),
        )


def strong_slots(master: Master, t: int, group: int) -> list[int]:
    """Slots of a strong row: the one, or (coarse, a leg) all of the leg that the terminal can ride in time."""
    if group >= 0:
        return [group]
    net = master.net
    first, last = np.searchsorted(master.slots_by_leg[0], [-1 - group, -group])
    slots = master.slots_by_leg[1][first:last]
    ready, deadline = master.terminal_ready[t], master.terminal_deadline[t]
    start, end = net.slot_start[slots], net.slot_end[slots]
    if net.num_cycles > 1 or master.problem.cyclic:
        wait = (start - ready) % net.horizon_min
        fits = ready + wait + (end - start) <= deadline
    else:
        fits = (start >= ready) & (end <= deadline)
    fits &= master.run_col[net.slot_run[slots]] >= 0
    return [int(z) for z in slots[fits]]


def strong_coefficients(master: Master, terminals: IntArray, slots: IntArray) -> FloatArray:
    """Most of each terminal's flow that one run can carry on a slot; inf where the capacity row says as much."""
    quantity = master.supply[terminals] * rides_per_unit(master, terminals, slots)
    load = master.problem.commodity_load[master.commodity_of[terminals]]
    room = np.where(load > 0, master.slot_cap[slots] / np.where(load > 0, load, 1.0), np.inf)
    found: FloatArray = np.where(quantity < room.min(axis=1, initial=np.inf) - 1e-9, quantity, np.inf)
    return found


def rides_per_unit(master: Master, terminals: IntArray, slots: IntArray) -> FloatArray:
    """How often a unit may ride a slot: once, and again for each cycle its time window is longer than."""
    p, net = master.problem, master.net
    if net.num_cycles == 1:
        return np.ones(len(slots))
    window = master.terminal_deadline[terminals] - master.terminal_ready[terminals]
    again = (window - p.leg_travel_min[net.slot_leg[slots]]) // net.horizon_min
    found: FloatArray = 1.0 + np.maximum(0, again)
    return found
