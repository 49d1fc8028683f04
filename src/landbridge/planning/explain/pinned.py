"""A changed case planned with all but a neighbourhood pinned to a plan (changes.md §6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import DesignProblem, IntArray
from landbridge.engine.repair import Repair
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.network import Network, build_network
from landbridge.planning.departures import leg_offsets, run_of_leg
from landbridge.planning.encode import encode
from landbridge.planning.limits import PlanLimits
from landbridge.planning.solve import decode
from landbridge.units import QTY_TOL

NEIGHBOURS = 12
"""Other orders that are opened with the one in question: those that ride what it rides."""

SOLVE_S = 10.0
"""Most seconds of each of the two solves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A plan of a changed case in which an order is served, all else pinned but its neighbours."""

    case: Case
    plan: Plan


def force(case: Case, plan: Plan, order: str, repeat: int, *, by_due: bool = False) -> Forced | None:
    """
    Serve an order wholly in a case, with the rest of a plan pinned.

    First the order alone is opened, with whom it may trade and up to ``NEIGHBOURS`` who trade with these now; then up
    to ``NEIGHBOURS`` orders that ride what it now rides too.

    Parameters
    ----------
    case
        The case, changed in one thing from that of the plan.
    by_due
        It must be there when it is due, whatever lateness is allowed.

    Returns
    -------
    Forced or None
        None where it cannot be served so.
    """
    network = build_network(case, plan.summary.agreements, is_merged=False)
    base = encode(network, plan)
    terminal = terminal_of(network, order, repeat)
    if terminal is None:
        return None
    problem = _forced(network, terminal, by_due=by_due)
    repair = Repair(problem, base if not by_due else _without(network, base, terminal))
    if not repair.fits:
        return None
    partners = _partners(problem, terminal)
    partners += _rivals(problem, base, partners, terminal)
    emptied = _ridden(network, base, repair, terminal) if by_due else None
    repair.open([terminal, *partners], SOLVE_S, runs=emptied)
    if repair.unmet() > QTY_TOL:
        return None
    first = repair.solution()
    if first is None:
        return None
    near = _neighbours(network, first, terminal)
    if near:
        repair.open([terminal, *partners, *near], SOLVE_S)
    found = repair.solution() or first
    kept = replace(found, terminal_dual=base.terminal_dual)
    return Forced(case=case, plan=decode(network, kept, PlanLimits(), is_explained=False))


def terminal_of(network: Network, order: str, repeat: int) -> int | None:
    """Terminal of an instance of an order, None when there is none."""
    for block, instance in enumerate(network.block_instance.tolist()):
        item = network.instances[instance]
        if item.repeat == repeat and network.case.orders[item.order].order == order:
            return int(network.problem.block_terminal[block])
    return None


def _forced(network: Network, terminal: int, *, by_due: bool) -> DesignProblem:
    p = network.problem
    low = np.where(p.block_terminal == terminal, p.block_qty, p.block_low)
    deadline = p.sink_deadline_min
    if by_due:
        deadline = np.where(p.sink_terminal == terminal, np.minimum(deadline, p.sink_due_min), deadline)
    return replace(p, block_low=low, sink_deadline_min=deadline)


def _ridden(network: Network, base: DesignSolution, repair: Repair, terminal: int) -> IntArray:
    """Runs that the flow into a terminal rides in a plan; without it they may not be needed."""
    found = set()
    for path in np.where(network.problem.sink_terminal[base.path_sink] == terminal)[0].tolist():
        for step in range(int(base.path_ptr[path]), int(base.path_ptr[path + 1])):
            if not base.step_is_link[step]:
                found.add(repair.steps.run_of(int(base.step_index[step]), int(base.step_start_min[step])))
    return np.array(sorted(run for run in found if run is not None), dtype=np.int64)


def _without(network: Network, base: DesignSolution, terminal: int) -> DesignSolution:
    """The plan without the flow into a terminal, which is to go another way."""
    p = network.problem
    keep = np.where(p.sink_terminal[base.path_sink] != terminal)[0]
    lengths = np.diff(base.path_ptr)[keep]
    index = [np.arange(base.path_ptr[path], base.path_ptr[path + 1]) for path in keep]
    steps = np.concatenate([*index, np.zeros(0, dtype=np.int64)])
    return replace(
        base,
        path_commodity=base.path_commodity[keep],
        path_sink=base.path_sink[keep],
        path_qty=base.path_qty[keep],
        path_ptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        step_is_link=base.step_is_link[steps],
        step_index=base.step_index[steps],
        step_start_min=base.step_start_min[steps],
        step_end_min=base.step_end_min[steps],
    )


def _partners(p: DesignProblem, terminal: int) -> list[int]:
    """Terminals it may trade with."""
    supply = p.commodity_supply[p.sink_commodity]
    found = {*p.sink_terminal[supply == terminal].tolist(), *supply[p.sink_terminal == terminal].tolist()}
    return sorted(found - {terminal})


def _rivals(p: DesignProblem, base: DesignSolution, partners: list[int], terminal: int) -> list[int]:
    """Terminals that trade with the partners in the plan: who would have to give way."""
    supply, end = p.commodity_supply[base.path_commodity].tolist(), p.sink_terminal[base.path_sink].tolist()
    known = set(partners)
    found: dict[int, None] = {}
    for a, b in zip(supply, end, strict=True):
        if (a in known) != (b in known) and terminal not in (a, b):
            found[b if a in known else a] = None
    return list(found)[:NEIGHBOURS]


def _neighbours(network: Network, solution: DesignSolution, terminal: int) -> list[int]:
    """Terminals of freight that rides a departure the terminal's freight rides, those of most departures first."""
    p = network.problem
    offsets = leg_offsets(network)
    riders: dict[tuple[int, int], set[int]] = {}
    for path in range(len(solution.path_qty)):
        ends = {int(p.commodity_supply[solution.path_commodity[path]]), int(p.sink_terminal[solution.path_sink[path]])}
        for step in range(int(solution.path_ptr[path]), int(solution.path_ptr[path + 1])):
            if not solution.step_is_link[step]:
                leg, start = int(solution.step_index[step]), int(solution.step_start_min[step])
                riders.setdefault(run_of_leg(network, offsets, leg, start), set()).update(ends)
    count: dict[int, int] = {}
    for group in riders.values():
        if terminal in group:
            for other in group - {terminal}:
                count[other] = count.get(other, 0) + 1
    return sorted(count, key=lambda t: (-count[t], t))[:NEIGHBOURS]
