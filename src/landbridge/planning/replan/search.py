"""Where a plan is opened when something happens, and the search there (changes.md §5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import IntArray
from landbridge.engine.repair import Repair
from landbridge.errors import Finding, InvalidRun
from landbridge.network import Network
from landbridge.planning.departures import leg_offsets, run_of_leg
from landbridge.planning.limits import PlanLimits
from landbridge.planning.replan.onward import Begun, Onward
from landbridge.units import MINUTES_PER_DAY, QTY_TOL

GROUP = 50
"""Terminals opened at a time after the first repair."""

FIRST_SHARE = 0.5
"""Part of the time in which the plan is made possible again; the rest makes it better."""


SETTLE_MIN = 7 * MINUTES_PER_DAY
"""How long after the last departure that is met vehicles of its fleet may still go other ways than planned."""

Runs = dict[tuple[int, int], float]
"""Most runs by vehicle and minute of leaving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Terminals to open first, others by nearness, and runs that must be opened with them."""

    first: tuple[int, ...]
    others: tuple[int, ...]
    runs: IntArray
    riders: dict[tuple[int, int], set[int]]


def find_affected(
    network: Network,
    base: DesignSolution,
    repair: Repair,
    most: Runs,
    begun: Begun,
    broken: frozenset[int],
    onward: Onward,
    now_min: int,
) -> Affected:
    """What events touch: freight that rode what cannot leave or shares its fleet, and whoever could step in."""
    p = network.problem
    offsets = leg_offsets(network)
    riders: dict[tuple[int, int], set[int]] = {}
    of_path: list[set[int]] = []
    for path in range(len(base.path_qty)):
        ends = {int(p.commodity_supply[base.path_commodity[path]]), int(p.sink_terminal[base.path_sink[path]])}
        of_path.append(ends)
        for step in range(int(base.path_ptr[path]), int(base.path_ptr[path + 1])):
            if not base.step_is_link[step]:
                key = run_of_leg(network, offsets, int(base.step_index[step]), int(base.step_start_min[step]))
                riders.setdefault(key, set()).update(ends)
    met = np.array([key in most for key in _keys(repair)], dtype=np.bool_)
    vehicles = np.unique(repair.master.net.run_vehicle[met])
    last = max((minute for _, minute in most), default=now_min)
    fleet_runs = repair.runs_of_fleets(vehicles, now_min, last + SETTLE_MIN)
    runs = np.union1d(fleet_runs, np.where(met)[0])
    first: set[int] = set()
    for path in broken:
        first |= of_path[path]
    for run in runs.tolist():
        first |= riders.get(_keys(repair)[run], set())
    first |= {onward.first_terminal + at for at in range(len(onward.paths))}
    others = _open_traders(network, base, broken, now_min)
    return Affected(
        first=tuple(sorted(first)), others=tuple(t for t in others if t not in first), runs=runs, riders=riders
    )


def _open_traders(network: Network, base: DesignSolution, broken: frozenset[int], now_min: int) -> list[int]:
    """Terminals of offers and bids still open of goods whose trades are broken: whoever could step in."""
    p = network.problem
    order_of = {
        int(t): network.case.orders[network.instances[int(i)].order]
        for t, i in zip(p.block_terminal, network.block_instance, strict=True)
    }
    ends = {int(p.sink_terminal[base.path_sink[path]]) for path in broken}
    goods = {order_of[t].good for t in ends if not order_of[t].from_hub}
    latest = np.zeros(len(p.terminal_single))
    np.maximum.at(latest, p.commodity_supply[p.sink_commodity], p.sink_deadline_min)
    np.maximum.at(latest, p.sink_terminal, p.sink_deadline_min)
    return [
        int(t)
        for t, served, qty in zip(p.block_terminal, base.block_served, p.block_qty, strict=True)
        if served < qty - QTY_TOL * max(1.0, qty)
        and latest[t] > now_min
        and order_of[int(t)].good in goods
        and not (order_of[int(t)].from_hub and order_of[int(t)].to_hub)
    ]


def _keys(repair: Repair) -> list[tuple[int, int]]:
    net = repair.master.net
    return list(zip(net.run_vehicle.tolist(), net.run_min.tolist(), strict=True))


def search(
    repair: Repair, affected: Affected, until: float, limits: PlanLimits, say: Callable[[str], None]
) -> DesignSolution | None:
    """Make the plan possible with what is there, then better with new ways, group by group, until the time is up."""
    if not repair.fits:
        message = "the plan does not fit its case; verify the run first"
        raise InvalidRun([Finding(where="run.json", message=message, code="run-does-not-fit")])
    first = FIRST_SHARE * (until - time.monotonic())
    if not repair.open(affected.first, first, runs=affected.runs) and affected.first:
        repair.open(affected.first, first, runs=affected.runs, price=False)
    say("making it better")
    rng = np.random.default_rng(limits.seed)
    terminals = [*affected.first, *affected.others]
    quiet = 0
    while terminals and time.monotonic() < until and not limits.cancelled() and quiet < 2 * len(terminals) / GROUP + 3:
        seed = int(rng.choice(np.array(affected.first if affected.first else terminals)))
        group = _group(seed, terminals, affected.riders, rng)
        is_better = repair.open(group, min(10.0, until - time.monotonic()), runs=None)
        quiet = 0 if is_better else quiet + 1
    return repair.solution()


def _group(
    seed: int, terminals: list[int], riders: dict[tuple[int, int], set[int]], rng: np.random.Generator
) -> list[int]:
    """Terminals that share departures with one, and others at random to fill the group."""
    near = {t for group in riders.values() if seed in group for t in group}
    chosen = [seed, *rng.permutation(sorted(near - {seed})).tolist()][: GROUP // 2]
    rest = rng.permutation(np.array(terminals)).tolist()
    return list(dict.fromkeys([*chosen, *rest]))[:GROUP]
