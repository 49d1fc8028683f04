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
from landbridge.planning.explain.prepared import Prepared
from landbridge.planning.limits import PlanLimits
from landbridge.planning.pieces import only_paths
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
    solution: DesignSolution


def force(run: Prepared, case: Case, order: str, repeat: int, *, by_due: bool = False) -> Forced | None:
    """
    Serve an order wholly in a case, with the rest of a run's plan pinned.

    First the order alone is opened, with whom it may trade and up to ``NEIGHBOURS`` who trade with these now; then up
    to ``NEIGHBOURS`` orders that ride what it now rides too.

    Parameters
    ----------
    case
        The case, changed in one thing from that of the run.
    by_due
        It must be there when it is due, whatever lateness is allowed.

    Returns
    -------
    Forced or None
        None where it cannot be served so.
    """
    network = build_network(case, run.plan.summary.agreements, is_merged=False)
    terminal = terminal_of(network, order, repeat)
    if terminal is None:
        return None
    base = run.solution_on(network)
    problem = _forced(network, terminal, by_due=by_due)
    keep = np.where(network.problem.sink_terminal[base.path_sink] != terminal)[0]
    if by_due:
        repair = Repair(problem, only_paths(base, keep), known=run.known.only(keep.tolist()))
    else:
        repair = Repair(problem, base, known=run.known)
    if not repair.fits:
        return None
    partners = _partners(problem, terminal)
    partners += _rivals(problem, base, partners, terminal)
    emptied = _ridden(network, base, repair, terminal) if by_due else None
    repair.open([terminal, *partners], SOLVE_S, runs=emptied)
    if repair.unmet() > QTY_TOL:
        return None
    near = repair.companions(terminal)[:NEIGHBOURS]
    if near:
        repair.open([terminal, *partners, *near], SOLVE_S)
    found = repair.solution()
    if found is None:
        return None
    kept = replace(found, terminal_dual=base.terminal_dual)
    return Forced(case=case, plan=_decode(network, kept), solution=kept)


def reprice(forced: Forced, case: Case) -> Forced:
    """
    The same plan at another price of the order that is served.

    All of it is served whatever it pays, so its price is a constant: what was best before is best still.
    """
    network = build_network(case, forced.plan.summary.agreements, is_merged=False)
    return Forced(case=case, plan=_decode(network, forced.solution), solution=forced.solution)


def _decode(network: Network, solution: DesignSolution) -> Plan:
    return decode(network, solution, PlanLimits(), is_explained=False)


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
