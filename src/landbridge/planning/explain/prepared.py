"""A run made ready for questions: what each change to it would have to work out again, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.point import KnownPaths
from landbridge.engine.repair import Repair
from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.network import Network, build_network
from landbridge.planning.encode import encode

Check = Callable[[Plan, Case], bool]
"""Whether a checker that does not share the engine accepts a plan."""

AMOUNTS = frozenset({
    "limit_cap", "flow_limit_cap_t", "fleet_count", "vehicle_capacity", "sink_due_min", "sink_deadline_min",
    "block_value", "block_penalty", "block_low", "block_qty",
})  # fmt: skip
"""Arrays of a problem that say how much or how late, never what an index means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    A run with its network, its plan as arrays on it, and whether the checker accepts it.

    Parameters
    ----------
    known
        Paths of the plan as arcs; the same for every change that leaves the expanded network as it is.
    check
        Called with each plan and its case; ``verify`` in commands and tests.
    """

    case: Case
    plan: Plan
    network: Network
    solution: DesignSolution
    known: KnownPaths
    check: Check
    is_sound: bool

    def solution_on(self, network: Network) -> DesignSolution:
        """The plan as arrays of the network of a changed case."""
        return self.solution if _means_the_same(self.network, network) else encode(network, self.plan)


def prepare(case: Case, plan: Plan, check: Check) -> Prepared:
    """
    Make a run ready for questions.

    Raises
    ------
    InvalidRun
        When a row names what the case does not have; ``verify`` refuses such a run too.
    """
    network = build_network(case, plan.summary.agreements, is_merged=False)
    solution = encode(network, plan)
    return Prepared(
        case=case,
        plan=plan,
        network=network,
        solution=solution,
        known=Repair(network.problem, solution).known,
        check=check,
        is_sound=check(plan, case),
    )


def _means_the_same(a: Network, b: Network) -> bool:
    """Whether vehicles, legs, links, orders and sinks have the same numbers in two networks."""
    if _names(a) != _names(b) or a.vehicles.charter_by_vehicle != b.vehicles.charter_by_vehicle:
        return False
    names = [item.name for item in fields(a.problem) if item.name not in AMOUNTS]
    pairs = ((getattr(a.problem, name), getattr(b.problem, name)) for name in names)
    return np.array_equal(a.block_instance, b.block_instance) and all(_is_equal(x, y) for x, y in pairs)


def _is_equal(a: Any, b: Any) -> bool:
    is_float = isinstance(a, np.ndarray) and a.dtype.kind == "f"
    return bool(np.array_equal(a, b, equal_nan=is_float))  # what a vehicle cannot do costs NaN


def _names(network: Network) -> tuple[list[str], ...]:
    """Ids of services, handlings of links, and orders, by number."""
    return (
        [row.service for row in network.case.services],
        ["" if link.row is None else link.row.handling for link in network.nodes.links],
        [row.order for row in network.case.orders],
        [f"{item.order}#{item.repeat}" for item in network.instances],
    )
