"""Rows on runs: which (limit, period) rows each candidate run counts against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.rooms import leg_rooms
from landbridge.engine.problem import DesignProblem, FloatArray, IntArray
from landbridge.engine.space.expansion import Expansion, period_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRows:
    """
    Rows ``sum of runs <= cap`` and ``sum of loaded runs >= low``.

    Parameters
    ----------
    cap, low, limit, period
        Of each row; the cap without what switches add.
    most
        The cap with all that switches may add.
    ptr, row, count
        Rows of run r: ``row[ptr[r]:ptr[r + 1]]``, each with how often the run counts.
    """

    cap: FloatArray
    most: FloatArray
    low: FloatArray
    limit: IntArray
    period: IntArray
    ptr: IntArray
    row: IntArray
    count: FloatArray


def build_run_rows(problem: DesignProblem, expansion: Expansion) -> RunRows:
    """Number the rows on runs and list those of each run."""
    p, e = problem, expansion
    cycle = p.horizon_min if p.cyclic else 0
    first = np.searchsorted(e.run_vehicle, np.arange(len(p.vehicle_service)), side="left")
    last = np.searchsorted(e.run_vehicle, np.arange(len(p.vehicle_service)), side="right")
    run_of = {(int(v), int(t)): r for r, (v, t) in enumerate(zip(e.run_vehicle, e.run_min, strict=True))}
    number: dict[tuple[int, int], int] = {}
    entries: dict[tuple[int, int], int] = {}
    for limit, vehicle, departure, offset in zip(
        p.use_limit.tolist(), p.use_vehicle.tolist(), p.use_departure.tolist(), p.use_offset_min.tolist(), strict=True
    ):
        if not np.isfinite(p.limit_cap[limit]) and p.limit_low[limit] <= 0:
            continue
        if departure >= 0:
            runs = [run_of[int(p.departure_vehicle[departure]), int(p.departure_min[departure])]]
        else:
            runs = list(range(int(first[vehicle]), int(last[vehicle])))
        period_min, shift = int(p.limit_period_min[limit]), int(p.limit_shift_min[limit])
        for r in runs:
            period = period_of(int(e.run_min[r]) + offset, period_min, shift, cycle)
            row = number.setdefault((limit, period), len(number))
            entries[r, row] = entries.get((r, row), 0) + 1
    added = np.zeros(len(p.limit_cap))
    np.add.at(added, p.limit_add_limit, np.maximum(p.limit_add_runs, 0.0) * p.switch_high[p.limit_add_switch])
    keys = np.array(list(number), dtype=np.int64).reshape(-1, 2)
    table = np.array([(r, row, count) for (r, row), count in sorted(entries.items())], dtype=np.int64).reshape(-1, 3)
    return RunRows(
        cap=np.floor(p.limit_cap[keys[:, 0]] + 1e-9),
        most=np.floor((p.limit_cap + added)[keys[:, 0]] + 1e-9),
        low=p.limit_low[keys[:, 0]],
        limit=keys[:, 0],
        period=keys[:, 1],
        ptr=np.searchsorted(table[:, 0], np.arange(len(e.run_vehicle) + 1)).astype(np.int64),
        row=table[:, 1],
        count=table[:, 2].astype(np.float64),
    )


def most_runs(problem: DesignProblem, expansion: Expansion, rows: RunRows) -> FloatArray:
    """
    Most loaded runs of each candidate run that can be of use.

    Enough to carry, on one leg, everything that may ride it, in each cycle its
    freight may still be on its way, and to bring vehicles of its fleet to where
    they are loaded; and no more than the limits allow.
    """
    p, e = problem, expansion
    supply = np.zeros(len(p.terminal_single))
    np.add.at(supply, p.block_terminal, p.block_qty)
    share = supply[p.commodity_supply]
    num_legs = len(p.leg_tail)
    load = np.zeros((len(p.leg_access), p.commodity_load.shape[1]))
    np.add.at(load, p.commodity_class, p.commodity_load * share[:, None])
    # all of it might ride by the grant that opens the smallest part of a run
    open_part = np.ones((len(p.vehicle_service), 1))
    np.minimum.at(open_part[:, 0], p.share_vehicle, p.share_frac)
    leg_load = p.leg_access.T.astype(np.float64) @ load * e.num_cycles
    if len(p.leg_room):
        of_room = np.zeros_like(leg_load)
        np.add.at(of_room, leg_rooms(p), leg_load)
        leg_load = of_room[leg_rooms(p)]
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(leg_load > 0, leg_load / (open_part * p.vehicle_capacity)[p.leg_vehicle], 0.0)
    needed = np.ceil(np.nan_to_num(needed, nan=0.0, posinf=1e9).max(axis=1, initial=0.0) - 1e-9)
    any_access = p.leg_access.any(axis=0) if len(p.leg_access) else np.zeros(num_legs, dtype=np.bool_)
    needed = np.where(any_access, np.maximum(needed, 1.0), 0.0)
    by_vehicle = np.zeros(len(p.vehicle_service))
    np.maximum.at(by_vehicle, p.leg_vehicle, needed)
    most = by_vehicle[e.run_vehicle]
    run_of_entry = np.repeat(np.arange(len(e.run_vehicle)), np.diff(rows.ptr))
    np.maximum.at(most, run_of_entry, np.minimum(rows.low[rows.row], 1e9))
    most = np.maximum(most, _most_to_reposition(p, e, most))
    np.minimum.at(most, run_of_entry, np.floor(rows.most[rows.row] / rows.count + 1e-9))
    return most


def _most_to_reposition(problem: DesignProblem, expansion: Expansion, loaded: FloatArray) -> FloatArray:
    """
    Most vehicles of its fleet that a run may have to move without load, at the cost of a run.

    A round of a vehicle that carries nothing anywhere is of no use, so there are
    no more rounds than loaded runs. Where an empty run costs no more than a
    run, empty runs do it.
    """
    p, vehicle = problem, expansion.run_vehicle
    found = np.zeros(len(vehicle))
    dear = (p.vehicle_fleet >= 0) & ~(p.vehicle_empty_cost <= p.vehicle_run_cost)
    for fleet in np.unique(p.vehicle_fleet[dear]).tolist():
        members = p.vehicle_fleet[vehicle] == fleet
        found[members & dear[vehicle]] = loaded[members].sum()
    return found
