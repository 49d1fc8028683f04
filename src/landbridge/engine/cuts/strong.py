"""Strong inequalities: a terminal sends on a slot no more than its quantity times the runs."""

from __future__ import annotations

import numpy as np

from landbridge.engine.lp import INF, Entries
from landbridge.engine.master.master import Master
from landbridge.engine.problem import FloatArray

VIOLATION_TOL = 1e-5
"""Least violation of a strong inequality that is added, relative to the terminal's quantity."""


def separate_strong(master: Master, x: FloatArray) -> int:
    """
    Add the strong inequalities that a point violates: a terminal's flow on a slot <= its quantity times the runs.

    In a coarse master the slots of one leg that the terminal can use are taken together.
    """
    p, net, paths = master.problem, master.net, master.paths
    flow: dict[tuple[int, int], float] = {}
    cols = np.array(paths.col, dtype=np.int64)
    known = np.where(cols < len(x))[0]
    for i in known[x[cols[known]] > 1e-9].tolist():
        t = int(p.commodity_supply[p.sink_commodity[paths.sink[i]]])
        for z in paths.slots[i].tolist():
            if not master.run_is_free[net.slot_run[z]] and (t, z) not in master.strong_row:
                group = (t, -1 - int(net.slot_leg[z])) if master.coarse else (t, z)
                flow[group] = flow.get(group, 0.0) + float(x[cols[i]])
    keys = []
    for (t, where), amount in flow.items():
        slots = strong_slots(master, t, where)
        bound = strong_coefficient(master, t, slots[0]) if slots else None
        runs = master.run_col[net.slot_run[slots]] if slots else np.zeros(0, dtype=np.int64)
        if bound is not None and amount > bound * x[runs[runs < len(x)]].sum() + VIOLATION_TOL * master.supply[t]:
            keys.append((t, where))
    add_strong(master, keys)
    return len(keys)


def add_strong(master: Master, keys: list[tuple[int, int]]) -> None:
    """Add strong rows for pairs (terminal, slot)."""
    net, paths = master.net, master.paths
    entries = Entries()
    first = master.model.num_rows
    wanted: dict[int, dict[int, int]] = {}
    rows: list[dict[int, float]] = []
    for n, (t, group) in enumerate(keys):
        row: dict[int, float] = {}
        for z in strong_slots(master, t, group):
            if (t, z) in master.strong_row:
                continue
            master.strong_row[t, z] = first + n
            master.own.add(t, np.array([z]), first + n, 1.0)
            wanted.setdefault(t, {})[z] = n
            bound = strong_coefficient(master, t, z)
            assert bound is not None
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


def strong_coefficient(master: Master, t: int, z: int) -> float | None:
    """Most of a terminal's flow that one run can carry there; None where the capacity row says as much."""
    p = master.problem
    quantity = float(master.supply[t]) * rides_per_unit(master, t, z)
    k = master.commodity_of_supply(t)
    load = p.commodity_load[k]
    with np.errstate(divide="ignore"):
        room = float(np.where(load > 0, master.slot_cap[z] / np.where(load > 0, load, 1.0), np.inf).min(initial=np.inf))
    return quantity if quantity < room - 1e-9 else None


def rides_per_unit(master: Master, t: int, z: int) -> float:
    """How often a unit may ride one slot: once, and again for each cycle its time window is longer than."""
    p, net = master.problem, master.net
    if net.num_cycles == 1:
        return 1.0
    travel = int(p.leg_travel_min[net.slot_leg[z]])
    window = int(master.terminal_deadline[t] - master.terminal_ready[t])
    return 1.0 + max(0, (window - travel) // net.horizon_min)
