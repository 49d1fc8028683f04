"""A plan inside the engine: whole runs and flows by path, and its cost recomputed from the problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.master.master import Master
from landbridge.engine.master.rooms import largest_loads
from landbridge.engine.master.switches import blocks_at, costs_of_on, free_switches
from landbridge.engine.problem import FloatArray
from landbridge.units import FLOW_TOL


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerPlan:
    """
    A feasible plan over the paths of a master.

    Parameters
    ----------
    runs, empties
        Loaded and empty runs of each candidate run. Shape ``(R,)``.
    flow
        Quantity by path index; paths without flow are absent.
    setting
        Of each switch, 0 or 1. Shape ``(W,)``.
    served
        Units served of each block.
    cost
        What it costs, recomputed.
    """

    runs: FloatArray
    empties: FloatArray
    flow: dict[int, float]
    setting: FloatArray
    served: FloatArray
    cost: float

    def whole_values(self, master: Master) -> FloatArray:
        """Values of the integer columns, in the order of :meth:`Master.whole_cols`."""
        runs = np.concatenate([self.runs, self.empties])
        has = np.concatenate([master.run_col, master.empty_col]) >= 0
        return np.concatenate([runs[has], self.setting[free_switches(master.problem)]])


def plan_from_point(master: Master, x: FloatArray) -> InnerPlan | None:
    """Read a plan off a point whose runs are whole; None when it leaves unserved what must be served."""
    if master.unmet(x) > 1e-6:
        return None
    flow = {i: float(x[col]) for i, col in enumerate(master.paths.col) if 0 <= col < len(x) and x[col] > FLOW_TOL}
    setting = np.round(master.setting(x))
    return settle(master, np.round(master.loaded_runs(x)), np.round(master.empty_runs(x)), flow, setting)


def settle(
    master: Master, runs: FloatArray, empties: FloatArray, flow: dict[int, float], setting: FloatArray
) -> InnerPlan:
    """
    Make a plan of whole runs and flows: blocks filled by worth, free runs as the load needs, cost recomputed.

    Within its tolerance the solver lets a trace of freight ride a trace of a run; what rides a run that does not
    go is left out.
    """
    p, net = master.problem, master.net
    goes = (runs > 0) | master.run_is_free
    flow = {i: quantity for i, quantity in flow.items() if goes[net.slot_run[master.paths.slots[i]]].all()}
    runs = runs.copy()
    load = np.zeros((len(net.slot_run), p.vehicle_capacity.shape[1]))
    through = np.zeros(len(p.terminal_single))
    cost = 0.0
    for i, quantity in flow.items():
        s = master.paths.sink[i]
        commodity = int(p.sink_commodity[s])
        np.add.at(load, master.paths.slots[i], p.commodity_load[commodity] * quantity)
        supply, sink = int(p.commodity_supply[commodity]), int(p.sink_terminal[s])
        through[supply] += quantity
        if sink != supply:
            through[sink] += quantity
        cost += master.paths.cost[i] * quantity
    if master.load_cost.any():
        cost += float((largest_loads(p, net, load[:, 0]) * master.load_cost[net.run_vehicle]).sum())
    if master.run_is_free.any():
        load = add_up_rooms(master, load)
        with np.errstate(divide="ignore", invalid="ignore"):
            need = np.nan_to_num(load / master.slot_cap, nan=0.0).max(axis=1, initial=0.0)
        used = (load > 0).any(axis=1)
        need = np.where(used, np.maximum(np.ceil(need - 1e-9), 1.0), 0.0)
        most = np.zeros(len(runs))
        np.maximum.at(most, net.slot_run, need)
        for i in flow:
            np.maximum.at(most, net.slot_run[master.paths.slots[i]], 1.0)
        runs = np.where(master.run_is_free, most, runs)
    vehicle = net.run_vehicle
    cost += float((runs * p.vehicle_run_cost[vehicle]).sum())
    cost += float((empties * np.nan_to_num(p.vehicle_empty_cost[vehicle])).sum())
    served = fill_blocks(master, through, setting)
    cost += float((costs_of_on(p) * setting).sum())
    cost -= float((served * (p.block_value + p.block_penalty)).sum())
    cost += master.penalty_constant
    used_fleet = fleet_in_use(master, runs, empties)
    cost += float((used_fleet * p.fleet_fixed_cost).sum())
    return InnerPlan(runs=runs, empties=empties, flow=flow, setting=setting, served=served, cost=cost)


def add_up_rooms(master: Master, load: FloatArray) -> FloatArray:
    """Load of the room of each slot, from the loads of slots. Shape ``(Z, D)``."""
    if not len(master.problem.leg_room):
        return load
    of_room = np.zeros_like(load)
    np.add.at(of_room, master.slot_room, load)
    total: FloatArray = of_room[master.slot_room]
    return total


def fill_blocks(master: Master, through: FloatArray, setting: FloatArray) -> FloatArray:
    """Share what goes through each terminal among its blocks, least amounts first, then by worth."""
    p = master.problem
    there = blocks_at(p, setting)
    served = p.block_low * there
    left = through.copy()
    np.subtract.at(left, p.block_terminal, served)
    worth = p.block_value + p.block_penalty
    for b in np.argsort(-worth, kind="stable").tolist():
        t = int(p.block_terminal[b])
        extra = min(max(left[t], 0.0), float(p.block_qty[b] * there[b] - served[b]))
        served[b] += extra
        left[t] -= extra
    return served


def fleet_in_use(master: Master, runs: FloatArray, empties: FloatArray) -> FloatArray:
    """Least vehicles of each fleet for the runs: those on the way at minute 0 and those that must stand."""
    p, net = master.problem, master.net
    used = np.zeros(len(p.fleet_count))
    if not len(used):
        return used
    total = runs + empties
    changes: dict[tuple[int, int], dict[int, float]] = {}
    for r in np.where((total > 0) & (p.vehicle_fleet[net.run_vehicle] >= 0))[0].tolist():
        v = int(net.run_vehicle[r])
        f = int(p.vehicle_fleet[v])
        end = int(net.slot_end[net.run_slot_ptr[r + 1] - 1])
        if p.cyclic:
            used[f] += total[r] * (end // p.horizon_min)
            end %= p.horizon_min
        leave = changes.setdefault((f, int(p.vehicle_from_hub[v])), {})
        leave[int(net.run_min[r])] = leave.get(int(net.run_min[r]), 0.0) - total[r]
        if p.cyclic or end <= p.horizon_min:
            arrive = changes.setdefault((f, int(p.vehicle_to_hub[v])), {})
            arrive[end] = arrive.get(end, 0.0) + total[r]
    for (f, _), change in changes.items():
        lowest = level = 0.0
        for minute in sorted(change):
            level += change[minute]
            lowest = min(lowest, level)
        used[f] -= lowest
    return used
