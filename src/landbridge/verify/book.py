"""The case and the run's rows with their indexes, built once: what every check reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from landbridge.model.case import Case, Fleet, Good, Handling, Hub, Order, Service
from landbridge.model.clock import Clock
from landbridge.model.plan import Departure, Plan, Trade
from landbridge.units import to_minutes
from landbridge.verify.permissions import Rights
from landbridge.verify.times import Instance, Slot, hub_zones, list_instances, read_minute, read_timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A row of departures that can be read: its service and the minute it leaves its first hub."""

    row: int
    departure: Departure
    service: Service
    leaves: int
    legs: tuple[tuple[int, int], ...]
    """Minutes at which each leg leaves and arrives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The case and the run, indexed by id."""

    case: Case
    plan: Plan
    clock: Clock
    rights: Rights
    zones: Mapping[str, str]
    hubs: Mapping[str, Hub]
    country_by_hub: Mapping[str, str]
    handlings: Mapping[str, Handling]
    handlings_at_hub: Mapping[str, tuple[Handling, ...]]
    goods: Mapping[str, Good]
    services: Mapping[str, Service]
    leg_min: Mapping[str, tuple[int, ...]]
    timetables: Mapping[str, Mapping[int, Slot]]
    fleets: Mapping[str, Fleet]
    orders: Mapping[str, Order]
    instances: Mapping[tuple[str, int], Instance]
    runs: tuple[Run, ...]
    run_by_id: Mapping[str, Run]
    trades: Mapping[str, tuple[int, Trade]]

    @property
    def horizon_min(self) -> int:
        """Length of the plan or of its cycle, minutes."""
        return self.clock.horizon_min

    @property
    def cyclic(self) -> bool:
        """True when the plan repeats."""
        return self.clock.cyclic

    def wrap(self, minute: int) -> int:
        """Minute within the cycle; unchanged in a case that is not cyclic."""
        return minute % self.clock.horizon_min if self.clock.cyclic else minute

    def minute(self, text: str) -> int | None:
        """Minute of a time in a table, None when it cannot be read."""
        return read_minute(text, self.clock)

    def text(self, minute: int, hub: str) -> str:
        """Local time at a hub as a table must show it."""
        return self.clock.text(minute, self.zones.get(hub, ""))

    def day(self, minute: int, hub: str) -> int:
        """Local day at a hub."""
        return self.clock.day(minute, self.zones.get(hub, ""))

    def tonnes_per_unit(self, good: str) -> float:
        """Tonnes of a unit, 0 where the good has none."""
        return self.goods[good].per_unit.get("t", 0.0)


def leg_value(values: tuple[float, ...], leg: int) -> float:
    """Value of a leg; one number holds for each leg."""
    if not values:
        return 0.0
    return values[0] if len(values) == 1 else values[leg]


def build_book(plan: Plan, case: Case) -> Book:
    """Index a case and a run."""
    clock = Clock.of(case.settings)
    zones = hub_zones(case)
    country_by_region = {region.region: region.country for region in case.regions}
    at_hub: dict[str, list[Handling]] = defaultdict(list)
    for handling in case.handling:
        at_hub[handling.hub].append(handling)
    services = {service.service: service for service in case.services}
    leg_min = {
        service.service: tuple(to_minutes(leg_value(service.travel_h, leg)) for leg in range(len(service.route) - 1))
        for service in case.services
    }
    runs = _read_runs(plan, services, leg_min, clock)
    return Book(
        case=case,
        plan=plan,
        clock=clock,
        rights=Rights.of(case, plan.summary.agreements, clock),
        zones=zones,
        hubs={hub.hub: hub for hub in case.hubs},
        country_by_hub={hub.hub: country_by_region.get(hub.region, "") for hub in case.hubs},
        handlings={handling.handling: handling for handling in case.handling},
        handlings_at_hub={hub: tuple(rows) for hub, rows in at_hub.items()},
        goods={good.good: good for good in case.goods},
        services=services,
        leg_min=leg_min,
        timetables=_read_timetables(case, services, clock, zones),
        fleets={fleet.fleet: fleet for fleet in case.fleets},
        orders={order.order: order for order in case.orders},
        instances={
            (item.order.order, item.repeat): item
            for order in case.orders
            for item in list_instances(order, clock, zones)
        },
        runs=runs,
        run_by_id={run.departure.departure: run for run in runs},
        trades={trade.trade: (row, trade) for row, trade in enumerate(plan.trades)},
    )


def _read_timetables(
    case: Case, services: Mapping[str, Service], clock: Clock, zones: Mapping[str, str]
) -> dict[str, dict[int, Slot]]:
    rows = defaultdict(list)
    for row in case.timetable:
        rows[row.service].append(row)
    return {name: read_timetable(services[name], tuple(found), clock, zones) for name, found in rows.items()}


def _read_runs(
    plan: Plan, services: Mapping[str, Service], leg_min: Mapping[str, tuple[int, ...]], clock: Clock
) -> tuple[Run, ...]:
    runs = []
    for row, departure in enumerate(plan.departures):
        service = services.get(departure.service)
        leaves = read_minute(departure.leaves, clock)
        if service is None or leaves is None:
            continue
        legs = []
        at = leaves
        for minutes in leg_min[service.service]:
            legs.append((at, at + minutes))
            at += minutes
        runs.append(Run(row=row, departure=departure, service=service, leaves=leaves, legs=tuple(legs)))
    return tuple(runs)
