"""Arrays of vehicles, legs and departures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, FloatArray, IntArray
from landbridge.network.hubs import HubNodes
from landbridge.network.places import Places
from landbridge.network.services import Charter, ServicePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicles:
    """
    Vehicles with their legs and departures, as arrays.

    Parameters
    ----------
    plan_by_vehicle, charter_by_vehicle
        Where each vehicle comes from.
    departures_by_plan
        Index of the first departure of each vehicle of a timed plan, by plan and minute, is
        ``first_departure[vehicle] + position of the minute``.
    leg_stop
        Index of each leg on its route.
    """

    plans: tuple[ServicePlan, ...]
    vehicles_by_plan: tuple[tuple[int, ...], ...]
    plan_by_vehicle: tuple[int, ...]
    charter_by_vehicle: tuple[Charter, ...]
    first_departure: tuple[int, ...]
    leg_vehicle: IntArray
    leg_tail: IntArray
    leg_head: IntArray
    leg_stop: IntArray
    leg_travel_min: IntArray
    leg_cost_per_t: FloatArray
    vehicle_capacity: FloatArray
    vehicle_run_cost: FloatArray
    vehicle_empty_cost: FloatArray
    vehicle_timed: BoolArray
    vehicle_fleet: IntArray
    vehicle_from_hub: IntArray
    vehicle_to_hub: IntArray
    departure_vehicle: IntArray
    departure_min: IntArray


def build_vehicles(places: Places, nodes: HubNodes, plans: tuple[ServicePlan, ...]) -> Vehicles:
    """Lay vehicles out: one a service and charterer, in the order of the case."""
    legs: list[tuple[int, int, int, int, int, float]] = []
    plan_of: list[int] = []
    charters: list[Charter] = []
    first_departure: list[int] = []
    departures: list[tuple[int, int]] = []
    vehicles_by_plan: list[tuple[int, ...]] = []
    for number, plan in enumerate(plans):
        own_legs = _legs(places, nodes, plan)
        members = []
        for charter in plan.charters:
            vehicle = len(plan_of)
            members.append(vehicle)
            plan_of.append(number)
            charters.append(charter)
            first_departure.append(len(departures))
            legs.extend((vehicle, *leg) for leg in own_legs)
            departures.extend((vehicle, minute) for minute in plan.slots or ())
        vehicles_by_plan.append(tuple(members))
    services = [plans[number].service for number in plan_of]
    columns = list(zip(*legs, strict=True)) or [()] * 6
    ints = [np.array(column, dtype=np.int64) for column in columns[:5]]
    return Vehicles(
        plans=plans,
        vehicles_by_plan=tuple(vehicles_by_plan),
        plan_by_vehicle=tuple(plan_of),
        charter_by_vehicle=tuple(charters),
        first_departure=tuple(first_departure),
        leg_vehicle=ints[0],
        leg_tail=ints[1],
        leg_head=ints[2],
        leg_stop=ints[3],
        leg_travel_min=ints[4],
        leg_cost_per_t=np.array(columns[5], dtype=np.float64),
        vehicle_capacity=np.array(
            [[service.capacity.get(dim, math.inf) for dim in places.dimensions] for service in services],
            dtype=np.float64,
        ).reshape(len(services), len(places.dimensions)),
        vehicle_run_cost=np.array([service.run_cost for service in services], dtype=np.float64),
        vehicle_empty_cost=np.array(
            [
                service.empty_cost if service.fleet and service.empty_cost is not None else math.nan
                for service in services
            ],
            dtype=np.float64,
        ),
        vehicle_timed=np.array([plans[number].slots is not None for number in plan_of], dtype=np.bool_),
        vehicle_fleet=np.array(
            [places.fleet_idx[service.fleet] if service.fleet else -1 for service in services], dtype=np.int64
        ),
        vehicle_from_hub=np.array([places.hub_idx[service.route[0]] for service in services], dtype=np.int64),
        vehicle_to_hub=np.array([places.hub_idx[service.route[-1]] for service in services], dtype=np.int64),
        departure_vehicle=np.array([vehicle for vehicle, _ in departures], dtype=np.int64),
        departure_min=np.array([minute for _, minute in departures], dtype=np.int64),
    )


def _legs(places: Places, nodes: HubNodes, plan: ServicePlan) -> list[tuple[int, int, int, int, float]]:
    service = plan.service
    co2_cost_per_t = places.case.settings.co2_cost_per_t
    num_legs = len(service.route) - 1
    cost_per_t = _each_leg(service.cost_per_t, num_legs)
    kgco2e_per_t = _each_leg(service.kgco2e_per_t, num_legs)
    return [
        (
            nodes.board_node[(service.route[stop], service.mode)],
            nodes.arrive_node[(service.route[stop + 1], service.mode)],
            stop,
            plan.travel_min[stop],
            cost_per_t[stop] + co2_cost_per_t * kgco2e_per_t[stop] / 1000,
        )
        for stop in range(num_legs)
    ]


def _each_leg(values: tuple[float, ...], num_legs: int) -> tuple[float, ...]:
    """One number holds for each leg; a blank is nothing."""
    if len(values) == num_legs:
        return values
    return (values[0] if values else 0.0,) * num_legs
