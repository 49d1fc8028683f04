"""From a case to a design problem, with the maps that lead back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from landbridge.engine import DesignProblem
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.model.case import Case, Pin
from landbridge.network.access import Riders
from landbridge.network.classes import Classes, build_classes
from landbridge.network.commodities import Commodities, build_commodities, read_demand
from landbridge.network.hubs import ENDS, HubNodes, build_hubs
from landbridge.network.instances import OrderInstance, list_instances
from landbridge.network.limits import LimitNote, RunLimit, build_run_limits
from landbridge.network.permissions import Permissions, read_permissions
from landbridge.network.pins import read_pins
from landbridge.network.places import Places, look_up
from landbridge.network.services import plan_services
from landbridge.network.vehicles import Vehicles, build_vehicles
from landbridge.units import MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    A case as a design problem, and what its indices mean.

    Parameters
    ----------
    places, permissions
        The case, indexed, and who may do what in it.
    nodes, vehicles
        What nodes, links, legs and vehicles stand for.
    groups
        Distinct sets of riders; ``Charter.rides`` has a place for each.
    instances
        Instances of orders; ``block_instance`` names that of each block.
    limit_notes, flow_limit_notes
        What each limit of the problem is.
    share_notes
        Giver and agreement of each share of a vehicle that a grant opens.
    must_run
        Runs that leave whatever they carry, by index of the service and minute.
    constant_cost
        Cost that no decision changes and the problem leaves out.
    """

    places: Places
    agreements: str
    permissions: Permissions
    nodes: HubNodes
    vehicles: Vehicles
    groups: tuple[Riders, ...]
    instances: tuple[OrderInstance, ...]
    block_instance: IntArray
    limit_notes: tuple[LimitNote, ...]
    flow_limit_notes: tuple[LimitNote, ...]
    share_notes: tuple[tuple[str, str], ...]
    must_run: dict[tuple[int, int], int]
    constant_cost: float
    problem: DesignProblem

    @property
    def case(self) -> Case:
        """The case it was built from."""
        return self.places.case


def build_network(
    case: Case,
    agreements: str = "in_force",
    pins: Iterable[Pin] = (),
    pins_only: bool = False,
    *,
    is_merged: bool = True,
) -> Network:
    """
    Build the design problem of a case (docs/design/semantics.md).

    Parameters
    ----------
    case
        A case without findings.
    agreements
        Set of agreements whose grants count: in_force, all or none.
    pins
        Locked besides the case's own pins.
    pins_only
        True: services and departures that no pin names do not run, must_run excepted.
    is_merged
        False: orders that differ in nothing but quantity and price keep their own flow too.

    Raises
    ------
    InvalidCase
        When a pin names what the case does not have, or quotas cannot be told apart.
    UnknownName
        When there is no such set of agreements.
    """
    places = look_up(case)
    permissions = read_permissions(places, agreements)
    locked = read_pins(places, (*case.pins, *pins), is_only=pins_only)
    instances = list_instances(places)
    demand = read_demand(places, permissions, instances, locked, is_merged=is_merged)
    kinds = demand.kinds
    groups: tuple[Riders, ...] = tuple(dict.fromkeys(kind.riders for kind in kinds))
    nodes = build_hubs(places)
    vehicles = build_vehicles(places, nodes, plan_services(places, permissions, groups, locked))
    classes = build_classes(places, permissions, nodes, vehicles, groups, kinds)
    limits = build_run_limits(places, permissions, vehicles)
    commodities = build_commodities(places, nodes, demand, classes.class_by_kind, locked, is_merged=is_merged)
    return Network(
        places=places,
        agreements=agreements,
        permissions=permissions,
        nodes=nodes,
        vehicles=vehicles,
        groups=groups,
        instances=instances,
        block_instance=commodities.block_instance,
        limit_notes=tuple(limit.note for limit in limits),
        flow_limit_notes=classes.flow_notes,
        share_notes=classes.share_notes,
        must_run=_must_run(vehicles),
        constant_cost=commodities.constant_cost,
        problem=_assemble(places, nodes, vehicles, classes, limits, commodities),
    )


def _must_run(vehicles: Vehicles) -> dict[tuple[int, int], int]:
    return {
        (plan.index, minute): slot.must_run
        for plan in vehicles.plans
        for minute, slot in (plan.slots or {}).items()
        if slot.must_run > 0
    }


def _assemble(
    places: Places,
    nodes: HubNodes,
    vehicles: Vehicles,
    classes: Classes,
    limits: tuple[RunLimit, ...],
    commodities: Commodities,
) -> DesignProblem:
    clock = places.clock
    store, store_cap_t = _stores(places, nodes)
    uses = np.array([(limit, *use) for limit, item in enumerate(limits) for use in item.uses], dtype=np.int64).reshape(
        -1, 4
    )
    link_windows = [link.windows or () for link in nodes.links]
    windows = np.array([window for found in link_windows for window in found], dtype=np.int64).reshape(-1, 2)
    fleets = places.case.fleets
    return DesignProblem(
        horizon_min=clock.horizon_min,
        cyclic=clock.cyclic,
        dimensions=places.dimensions,
        node_rank=np.array(nodes.node_rank, dtype=np.int64),
        node_hold_cost=_hold_cost(places, nodes),
        node_store=store,
        store_cap_t=store_cap_t,
        leg_vehicle=vehicles.leg_vehicle,
        leg_tail=vehicles.leg_tail,
        leg_head=vehicles.leg_head,
        leg_travel_min=vehicles.leg_travel_min,
        leg_cost_per_t=vehicles.leg_cost_per_t,
        vehicle_service=np.array([vehicles.plans[plan].index for plan in vehicles.plan_by_vehicle], dtype=np.int64),
        vehicle_capacity=vehicles.vehicle_capacity,
        vehicle_run_cost=vehicles.vehicle_run_cost,
        vehicle_empty_cost=vehicles.vehicle_empty_cost,
        vehicle_timed=vehicles.vehicle_timed,
        vehicle_fleet=vehicles.vehicle_fleet,
        vehicle_from_hub=vehicles.vehicle_from_hub,
        vehicle_to_hub=vehicles.vehicle_to_hub,
        departure_vehicle=vehicles.departure_vehicle,
        departure_min=vehicles.departure_min,
        limit_cap=np.array([limit.cap for limit in limits], dtype=np.float64),
        limit_low=np.array([limit.low for limit in limits], dtype=np.float64),
        limit_period_min=np.array([limit.period_min for limit in limits], dtype=np.int64),
        limit_shift_min=np.array([limit.shift_min for limit in limits], dtype=np.int64),
        use_limit=uses[:, 0].copy(),
        use_vehicle=uses[:, 1].copy(),
        use_departure=uses[:, 2].copy(),
        use_offset_min=uses[:, 3].copy(),
        link_tail=np.array([link.tail for link in nodes.links], dtype=np.int64),
        link_head=np.array([link.head for link in nodes.links], dtype=np.int64),
        link_duration_min=np.array([link.duration_min for link in nodes.links], dtype=np.int64),
        link_cost_per_t=np.array(
            [0.0 if link.row is None else link.row.cost_per_t for link in nodes.links], dtype=np.float64
        ),
        link_window_ptr=np.cumsum([0, *(len(found) for found in link_windows)], dtype=np.int64),
        window_start=windows[:, 0].copy(),
        window_end=windows[:, 1].copy(),
        flow_limit_cap_t=classes.flow_cap_t,
        flow_limit_period_min=np.full(len(classes.flow_cap_t), MINUTES_PER_DAY, dtype=np.int64),
        flow_limit_shift_min=classes.flow_shift_min,
        flow_use_limit=classes.flow_uses[:, 0].copy(),
        flow_use_link=classes.flow_uses[:, 1].copy(),
        flow_use_class=classes.flow_uses[:, 2].copy(),
        leg_access=classes.leg_access,
        link_access=classes.link_access,
        share_vehicle=classes.share_vehicle,
        share_frac=classes.share_frac,
        share_class_ptr=classes.share_class_ptr,
        share_class=classes.share_class,
        fleet_count=np.array([np.inf if row.count is None else row.count for row in fleets], dtype=np.float64),
        fleet_fixed_cost=np.array([row.fixed_cost for row in fleets], dtype=np.float64),
        fleet_start_hub=np.array(
            [places.hub_idx[row.hub] if row.hub and not clock.cyclic else -1 for row in fleets], dtype=np.int64
        ),
        fleet_returns=np.array([row.round_the_week or clock.cyclic for row in fleets], dtype=np.bool_),
        commodity_origin=commodities.origin,
        commodity_ready_min=commodities.ready_min,
        commodity_class=commodities.class_idx,
        commodity_weight_t=commodities.weight_t,
        commodity_load=commodities.load,
        commodity_supply=commodities.supply,
        sink_commodity=commodities.sink_commodity,
        sink_node=commodities.sink_node,
        sink_due_min=commodities.sink_due_min,
        sink_deadline_min=commodities.sink_deadline_min,
        sink_late_cost=commodities.sink_late_cost,
        sink_terminal=commodities.sink_terminal,
        terminal_single=commodities.terminal_single,
        block_terminal=commodities.block_terminal,
        block_qty=commodities.block_qty,
        block_value=commodities.block_value,
        block_penalty=commodities.block_penalty,
        block_low=commodities.block_low,
        block_min_fill=commodities.block_min_fill,
    )


def _hold_cost(places: Places, nodes: HubNodes) -> FloatArray:
    """Cost of waiting, a tonne a minute; nobody waits where freight ends."""
    by_hub = np.array([hub.store_cost_per_t_h / 60 for hub in places.case.hubs], dtype=np.float64)
    cost: FloatArray = by_hub[np.array(nodes.node_hub, dtype=np.int64)]
    cost[np.array(nodes.node_rank) == ENDS] = 0.0
    return cost


def _stores(places: Places, nodes: HubNodes) -> tuple[IntArray, FloatArray]:
    store_by_hub = np.full(len(places.case.hubs), -1, dtype=np.int64)
    caps: list[float] = []
    for index, hub in enumerate(places.case.hubs):
        if hub.store_cap_t is not None:
            store_by_hub[index] = len(caps)
            caps.append(hub.store_cap_t)
    store: IntArray = store_by_hub[np.array(nodes.node_hub, dtype=np.int64)]
    store[np.array(nodes.node_rank) == ENDS] = -1
    return store, np.array(caps, dtype=np.float64)
