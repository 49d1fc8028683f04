"""A case made ready for the oracle: look-ups, legs, departures, commodities. Nothing is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.oracle.permissions import Permissions
from tests.oracle.timing import Instance, Slot, due_of_bid, instances_of, minutes, slots_of

from landbridge.model.case import Case, Fleet, Good, Handling, Hub, Service
from landbridge.model.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a service; offsets are minutes after the departure from the first hub."""

    from_hub: str
    to_hub: str
    leaves: int
    arrives: int
    cost_per_t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Commodity:
    """A shipment instance, or an offer instance sold to a bid instance."""

    instances: tuple[Instance, ...]
    riders: tuple[str, ...]
    origin: str
    goal: str
    good: Good
    ready: int
    due: int
    deadline: int
    late_cost_per_unit_h: float
    unit_value: float
    most: float
    crosses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the path search and the model ask for."""

    case: Case
    clock: Clock
    permissions: Permissions
    hubs: Mapping[str, Hub]
    country: Mapping[str, str]
    services: Mapping[str, Service]
    fleets: Mapping[str, Fleet]
    legs: Mapping[str, tuple[Leg, ...]]
    charterers: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, Sequence[Slot]]
    handling_by_hub: Mapping[str, Sequence[Handling]]
    instances: tuple[Instance, ...]
    commodities: tuple[Commodity, ...]

    def zone(self, hub: str) -> str:
        """Time zone of a hub, blank = the case's."""
        return self.hubs[hub].timezone


def build_world(case: Case, candidates: Mapping[str, Sequence[int]], agreements: str) -> World:
    """Look everything up once."""
    clock = Clock.of(case.settings)
    permissions = Permissions(case, agreements)
    zones = {hub.hub: hub.timezone for hub in case.hubs}
    countries = {region.region: region.country for region in case.regions}
    instances = tuple(instance for order in case.orders for instance in instances_of(order, zones, clock))
    return World(
        case=case,
        clock=clock,
        permissions=permissions,
        hubs={hub.hub: hub for hub in case.hubs},
        country={hub.hub: countries[hub.region] for hub in case.hubs},
        services={service.service: service for service in case.services},
        fleets={fleet.fleet: fleet for fleet in case.fleets},
        legs={service.service: legs_of(service, case.settings.co2_cost_per_t) for service in case.services},
        charterers={service.service: tuple(permissions.charterers(service)) for service in case.services},
        slots=slots_of(case, candidates, clock),
        handling_by_hub={hub.hub: [row for row in case.handling if row.hub == hub.hub] for hub in case.hubs},
        instances=instances,
        commodities=tuple(_commodities(case, instances, permissions, clock)),
    )


def legs_of(service: Service, co2_cost_per_t: float) -> tuple[Leg, ...]:
    """Legs of a service with their offsets and cost a tonne (§3.2, §3.6)."""
    legs = []
    offset = 0
    for number, (from_hub, to_hub) in enumerate(zip(service.route, service.route[1:], strict=False)):
        arrives = offset + minutes(_of_leg(service.travel_h, number))
        emitted = _of_leg(service.kgco2e_per_t, number) / 1000
        cost = _of_leg(service.cost_per_t, number) + co2_cost_per_t * emitted
        legs.append(Leg(from_hub=from_hub, to_hub=to_hub, leaves=offset, arrives=arrives, cost_per_t=cost))
        offset = arrives
    return tuple(legs)


def _of_leg(values: Sequence[float], number: int) -> float:
    return values[0] if len(values) == 1 else values[number]


def _commodities(case: Case, instances: Sequence[Instance], permissions: Permissions, clock: Clock) -> list[Commodity]:
    goods = {good.good: good for good in case.goods}
    shipments = [instance for instance in instances if instance.order.from_hub and instance.order.to_hub]
    offers = [instance for instance in instances if not instance.order.to_hub]
    bids = [instance for instance in instances if not instance.order.from_hub]
    found = [_shipment(instance, goods[instance.order.good], clock) for instance in shipments]
    for offer in offers:
        for bid in bids:
            good = offer.order.good
            if bid.order.good == good and permissions.may_trade(offer.order.party, bid.order.party, good):
                found.append(_trade(offer, bid, goods[good], clock))
    return found


def _shipment(instance: Instance, good: Good, clock: Clock) -> Commodity:
    order = instance.order
    return Commodity(
        instances=(instance,),
        riders=(order.party,) if order.party else (),
        origin=order.from_hub,
        goal=order.to_hub,
        good=good,
        ready=instance.ready,
        due=instance.due,
        deadline=_deadline(instance.ready, instance.due + minutes(order.late_max_h), good, clock),
        late_cost_per_unit_h=order.late_cost_per_unit_h,
        unit_value=order.price_per_unit,
        most=order.qty,
        crosses=frozenset(order.transit or good.transit),
    )


def _trade(offer: Instance, bid: Instance, good: Good, clock: Clock) -> Commodity:
    due = min(offer.due, due_of_bid(bid, offer.ready, clock))
    listed = [frozenset(side.order.transit or good.transit) for side in (offer, bid)]
    crosses = listed[0] & listed[1]
    if "*" in listed[0]:
        crosses = listed[1]
    elif "*" in listed[1]:
        crosses = listed[0]
    return Commodity(
        instances=(offer, bid),
        riders=tuple(dict.fromkeys(side.order.party for side in (offer, bid) if side.order.party)),
        origin=offer.order.from_hub,
        goal=bid.order.to_hub,
        good=good,
        ready=offer.ready,
        due=due,
        deadline=_deadline(offer.ready, due + minutes(bid.order.late_max_h), good, clock),
        late_cost_per_unit_h=bid.order.late_cost_per_unit_h,
        unit_value=bid.order.price_per_unit - offer.order.price_per_unit,
        most=min(offer.order.qty, bid.order.qty),
        crosses=crosses,
    )


def _deadline(ready: int, latest: int, good: Good, clock: Clock) -> int:
    """§2.3."""
    if not clock.cyclic:
        latest = min(latest, clock.horizon_min)
    return latest if good.life_h is None else min(latest, ready + minutes(good.life_h))
