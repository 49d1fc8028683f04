"""Why an order is not, or not wholly, served: in words, with ids and figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from landbridge.engine import DesignSolution, SolveStatus
from landbridge.engine.problem import BoolArray, FloatArray
from landbridge.model.case import Order
from landbridge.network import Network
from landbridge.network.access import FreightKind, kind_of, riders_of, transit_of
from landbridge.network.classes import LegAccess, LinkAccess
from landbridge.network.instances import OrderInstance, Terms, terms_of, trade_terms
from landbridge.planning.flows import FlowTable
from landbridge.planning.ways import Reach, Step, Way, WayFinder
from landbridge.planning.wording import Names, some
from landbridge.units import exceeds

MOST_SEARCHES = 1000
"""Searches in time of one plan; what is asked after them is answered without looking at the clock."""

NO_TIME = "open: not looked into before the time was up; a longer time limit tells more"
"""Reason of an order that the time for reasons did not suffice for."""

MOST_PARTNERS = 3
"""Offers (or bids) that are tried, best first, to explain a bid (or offer)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """
    Freight that wants to travel.

    Parameters
    ----------
    gain
        What serving a unit brings before any cost of the way: price and penalty avoided, less the price paid.
    qty
        Units that are left.
    taker
        Order whose lateness counts: a shipment's own, of a trade the bid's.
    """

    kind: FreightKind
    good: str
    from_hub: str
    to_hub: str
    terms: Terms
    gain: float
    qty: float
    taker: str


def explain_orders(
    network: Network, solution: DesignSolution, table: FlowTable, *, seconds: float = math.inf
) -> dict[int, str]:
    """
    Say of each instance of an order that is not wholly served why.

    The answers come from searches on the network with the plan laid on it: is
    there a way at all, by which restriction none is left, is one in time, what
    would it cost, and what is full on it. Freight alike shares its searches. What is worth most is looked into
    first; what is left when the ``seconds`` are over is said to be so.
    """
    until = time.monotonic() + seconds
    rest = {}
    for index, instance in enumerate(network.instances):
        order = network.case.orders[instance.order]
        filled = table.received[index].filled if index in table.received else 0.0
        if exceeds(order.qty, filled):
            rest[index] = order.qty - filled
    if not rest:
        return {}
    explainer = Explainer(network, solution, rest)
    found = {}
    for index in sorted(rest, key=lambda index: (-explainer.missed(index), index)):
        found[index] = explainer.explain(index) if time.monotonic() < until else NO_TIME
    return found


@dataclass(frozen=True, slots=True)
class Access:
    """Legs and links that are open, numbered."""

    number: int
    legs: BoolArray
    links: BoolArray


@dataclass(slots=True)
class _Memory:
    """Answers of searches that freight alike shares."""

    cheapest: dict[object, Reach] = field(default_factory=dict)
    blocked: dict[object, str] = field(default_factory=dict)
    timed: dict[object, Reach] = field(default_factory=dict)
    access: dict[FreightKind, Access] = field(default_factory=dict)
    alike: dict[object, Access] = field(default_factory=dict)


class Explainer:
    """Explains orders of one plan: instances by index, ``rest`` the units of each that are left."""

    def __init__(self, network: Network, solution: DesignSolution, rest: dict[int, float]) -> None:
        self.network = network
        self.solution = solution
        self.rest = rest
        self.places = network.places
        self.ways = WayFinder(network, solution)
        self.leg_access = LegAccess(network.places, network.vehicles)
        self.link_access = LinkAccess(network.places, network.permissions, network.nodes.links)
        self.memory = _Memory()
        self.names = Names(network)
        self.currency = network.case.settings.currency
        self.num_searches = 0
        self.transit = [transit_of(network.places, order) for order in network.case.orders]
        self.partners: dict[tuple[bool, str], list[int]] = {}
        for index, instance in enumerate(network.instances):
            order = network.case.orders[instance.order]
            if not (order.from_hub and order.to_hub):
                self.partners.setdefault((bool(order.from_hub), order.good), []).append(index)

    def missed(self, index: int) -> float:
        """Money that what is left of an instance would bring and save, the cost of its way left out."""
        order = self.network.case.orders[self.network.instances[index].order]
        return self.rest[index] * (abs(order.price_per_unit) + order.unserved_cost_per_unit)

    def explain(self, index: int) -> str:
        """Explain one instance."""
        instance = self.network.instances[index]
        order = self.network.case.orders[instance.order]
        if order.from_hub and order.to_hub:
            return self._explain_freight(self._shipment(order, instance, self.rest[index]), order)
        return self._explain_trading(index, order, instance)

    def asks(self, index: int) -> list[Ask]:
        """What is left of an instance as freight: a shipment, or trades with partners it may have, best first."""
        instance = self.network.instances[index]
        order = self.network.case.orders[instance.order]
        if order.from_hub and order.to_hub:
            return [self._shipment(order, instance, self.rest[index])]
        is_offer = bool(order.from_hub)
        orders = self.network.case.orders
        found = []
        for partner in self.partners.get((not is_offer, order.good), []):
            theirs = orders[self.network.instances[partner].order]
            if self.rest.get(partner, 0.0) > 0 and self._may_trade(order, theirs, is_offer=is_offer):
                pair = (index, partner) if is_offer else (partner, index)
                qty = min(self.rest[index], self.rest[partner])
                found.append(self._trade(pair, self._gain(order, theirs), qty))
        return sorted(found, key=lambda ask: -ask.gain)

    # Offers and bids.

    def _explain_trading(self, index: int, order: Order, instance: OrderInstance) -> str:
        is_offer = bool(order.from_hub)
        what, other = ("bid", "offer") if is_offer else ("offer", "bid")
        candidates = self.partners.get((not is_offer, order.good), [])
        orders = self.network.case.orders
        if not candidates:
            return f"no path: there is no {what} for {order.good!r}"
        allowed = [
            partner
            for partner in candidates
            if self._may_trade(order, orders[self.network.instances[partner].order], is_offer=is_offer)
        ]
        if not allowed:
            names = some(
                dict.fromkeys(orders[self.network.instances[c].order].party or "the outside" for c in candidates)
            )
            return f"no permission: no grant to trade {order.good!r} with {names}, who have the only {what}s"
        left = [partner for partner in allowed if self.rest.get(partner, 0.0) > 0]
        if not left:
            return f"capacity: all {len(allowed)} {what}s this {other} may meet are filled"
        gain = {partner: self._gain(order, orders[self.network.instances[partner].order]) for partner in left}
        left.sort(key=lambda partner: (-gain[partner], partner))
        best = orders[self.network.instances[left[0]].order]
        if gain[left[0]] <= 0:
            return (
                f"price: the best {what} still open, {best.order!r}, is at {best.price_per_unit:g} a unit; "
                f"this {other} is at {order.price_per_unit:g}"
            )
        found = []
        for partner in left[:MOST_PARTNERS]:
            theirs = orders[self.network.instances[partner].order]
            pair = (index, partner) if is_offer else (partner, index)
            qty = min(self.rest[index], self.rest[partner])
            reason = self._explain_freight(self._trade(pair, gain[partner], qty), order)
            found.append(f"{reason} ({what} {theirs.order!r})")
        # the reason that is nearest to being served: the last kind of obstacle that was met
        return max(found, key=_nearness)

    def _may_trade(self, order: Order, other: Order, *, is_offer: bool) -> bool:
        seller, buyer = (order, other) if is_offer else (other, order)
        return self.network.permissions.may_trade(seller.party, buyer.party, order.good)

    def _gain(self, order: Order, other: Order) -> float:
        bid, offer = (order, other) if order.to_hub else (other, order)
        penalties = order.unserved_cost_per_unit + other.unserved_cost_per_unit
        return bid.price_per_unit - offer.price_per_unit + penalties

    def _shipment(self, order: Order, instance: OrderInstance, qty: float) -> Ask:
        good = self.places.good_by_id[order.good]
        ends = (order.from_hub, order.to_hub)
        kind = kind_of(self.places, riders_of([order.party]), good, self.transit[instance.order], ends)
        terms = terms_of(order, instance, good, self.places.clock)
        return Ask(
            kind, order.good, *ends, terms, order.price_per_unit + order.unserved_cost_per_unit, qty, order.order
        )

    def _trade(self, pair: tuple[int, int], gain: float, qty: float) -> Ask:
        offer, bid = (self.network.instances[index] for index in pair)
        seller, buyer = self.network.case.orders[offer.order], self.network.case.orders[bid.order]
        good = self.places.good_by_id[seller.good]
        ends = (seller.from_hub, buyer.to_hub)
        transit = self.transit[offer.order] & self.transit[bid.order]
        kind = kind_of(self.places, riders_of([seller.party, buyer.party]), good, transit, ends)
        return Ask(
            kind, seller.good, *ends, trade_terms(offer, bid, buyer, good, self.places.clock), gain, qty, buyer.order
        )

    # Freight.

    def _explain_freight(self, ask: Ask, order: Order) -> str:
        blocked = self.blocked(ask)
        if blocked:
            return blocked
        steps = (self._late, self._too_dear, self._no_room)
        for step in steps:
            reason = step(ask)
            if reason:
                return reason
        if order.min_fill_frac > 0:
            least = order.min_fill_frac * order.qty
            return f"capacity: fewer than {least:g} units (min_fill_frac {order.min_fill_frac:g}) find a way that pays"
        if not order.split:
            return "capacity: no single path that pays takes all that is left (split = 0)"
        if self.solution.status is SolveStatus.OPTIMAL:
            return "price: no way brings more than it costs the plan as a whole"
        return "open: the search ended before it was decided; a longer search may serve it"

    def blocked(self, ask: Ask) -> str:
        """Restriction that leaves no way, whatever the time; blank when there is one."""
        key = (ask.kind, ask.from_hub, ask.to_hub)
        if key not in self.memory.blocked:
            self.memory.blocked[key] = self._find_block(ask)
        return self.memory.blocked[key]

    def _find_block(self, ask: Ask) -> str:
        kind, pair = ask.kind, f"from {ask.from_hub} to {ask.to_hub}"
        start, end = self.network.nodes.start_node[ask.from_hub], self.network.nodes.end_node[ask.to_hub]
        legs = np.ones(len(self.network.problem.leg_vehicle), dtype=np.bool_)
        links = np.ones(len(self.network.nodes.links), dtype=np.bool_)
        if end not in self._reach(start, legs, links, legs, links).at:
            return f"no path: no services lead {pair}"
        takes, serves = self.leg_access.accepts(kind.handling_class), self.link_access.serves(kind.handling_class)
        way = self._reach(start, legs, links, takes, serves).way_to(end)
        if bad := self.offending(way, takes, serves):
            return f"handling class {kind.handling_class!r}: no way {pair} takes it ({self.names.steps(bad)} do not)"
        legs, links = takes, serves
        within = self.leg_access.within(kind.countries)
        way = self._reach(start, legs, links, within, links).way_to(end)
        if bad := self.offending(way, within, links):
            countries = sorted({country for step in bad for country in self._ends(step)} - kind.countries)
            return f"transit: every way {pair} crosses {some(countries)}, which transit does not allow"
        legs = legs & within
        rides, opens = self.rides(kind), self.link_access.opens(kind.riders)
        way = self._reach(start, legs, links, rides, opens).way_to(end)
        if bad := self.offending(way, rides, opens):
            return f"no permission: {self.names.wanted_grants(bad)}"
        return ""

    def _reach(
        self, start: int, legs: BoolArray, links: BoolArray, good_legs: BoolArray, good_links: BoolArray
    ) -> Reach:
        """Ways by open legs and links with the fewest that are not good."""
        key = (start, legs.tobytes(), good_legs.tobytes(), links.tobytes(), good_links.tobytes())
        if key not in self.memory.cheapest:
            leg_cost = np.where(legs, np.where(good_legs, 1e-6, 1.0), np.inf)
            link_cost = np.where(links, np.where(good_links, 0.0, 1.0), np.inf)
            self.memory.cheapest[key] = self.ways.cheapest(start, leg_cost, link_cost)
        return self.memory.cheapest[key]

    def offending(self, way: Way, legs: BoolArray, links: BoolArray) -> list[Step]:
        """Steps of a way that are not among those open."""
        return [step for step in way if not (links if step.is_link else legs)[step.index]]

    def rides(self, kind: FreightKind) -> BoolArray:
        """Legs of vehicles that freight of a kind may ride."""
        if kind.riders in self.network.groups:
            group = self.network.groups.index(kind.riders)
            by_vehicle = [charter.rides[group] is not None for charter in self.network.vehicles.charter_by_vehicle]
            found: BoolArray = np.array(by_vehicle, dtype=np.bool_)[self.network.problem.leg_vehicle]
            return found
        return np.zeros(len(self.network.problem.leg_vehicle), dtype=np.bool_)

    def _open(self, kind: FreightKind) -> Access:
        """What freight of a kind may use; kinds that may use the same share one answer."""
        if kind not in self.memory.access:
            legs = self.leg_access.accepts(kind.handling_class) & self.leg_access.within(kind.countries)
            legs = legs & self.rides(kind)
            links = self.link_access.serves(kind.handling_class) & self.link_access.opens(kind.riders)
            key = (legs.tobytes(), links.tobytes())
            self.memory.access[kind] = self.memory.alike.setdefault(key, Access(len(self.memory.alike), legs, links))
        return self.memory.access[kind]

    # Time.

    def _late(self, ask: Ask) -> str:
        reach = self.timed(ask, "all")
        end = self.network.nodes.end_node[ask.to_hub]
        if reach is None or reach.at.get(end, math.inf) <= ask.terms.deadline_min:
            return ""
        zone = self.places.zone_by_hub[ask.to_hub]
        due = f"it is due {self.names.when(ask.terms.due_min, zone)}"
        if ask.terms.deadline_min > ask.terms.due_min:
            due += f", at the latest {self.names.when(ask.terms.deadline_min, zone)}"
        elif ask.terms.deadline_min < ask.terms.due_min:
            due = f"it must be there by {self.names.when(ask.terms.deadline_min, zone)} (life, horizon)"
        if end in reach.at:
            return f"deadline: the earliest possible arrival is {self.names.when(int(reach.at[end]), zone)}, {due}"
        return f"deadline: nothing arrives in the horizon after it is ready; {due}"

    def timed(self, ask: Ask, stage: str) -> Reach | None:
        """Earliest arrivals: by all departures, by those with room, or by those with room or place for a run."""
        if stage == "runs" and not self.ways.limits.is_any_full:
            stage = "all"
        load = self._load(ask.good) if stage != "all" else ()
        access = self._open(ask.kind)
        ready = ask.terms.ready_min
        key = (stage, access.number, ask.from_hub, ready, load)
        if key not in self.memory.timed:
            if self.num_searches >= MOST_SEARCHES:
                return None
            self.num_searches += 1
            horizon = self.network.problem.horizon_min
            self.memory.timed[key] = self.ways.earliest(
                self.network.nodes.start_node[ask.from_hub],
                ready,
                ready + 4 * horizon if self.network.problem.cyclic else horizon,
                access.legs,
                access.links,
                self._usable(stage, load),
                is_running_only=stage == "room",
            )
        return self.memory.timed[key]

    def _usable(self, stage: str, load: tuple[float, ...]) -> Callable[[int, int], bool] | None:
        if stage == "all":
            return None
        if stage == "room":
            return lambda leg, minute: self.ways.has_room(leg, minute, load)

        def room_or_run(leg: int, minute: int) -> bool:
            return self.ways.has_room(leg, minute, load) or self.ways.can_add_run(self.ways.leg_vehicle[leg], minute)

        return room_or_run

    # Money.

    def _too_dear(self, ask: Ask) -> str:
        """Price is below what even full vehicles cost on the cheapest way."""
        access = self._open(ask.kind)
        problem = self.network.problem
        weight = self.places.good_by_id[ask.good].per_unit.get("t", 0.0)
        load = self._load(ask.good)
        key = ("cost", access.number, ask.from_hub, weight, load)
        if key not in self.memory.cheapest:
            leg_cost = np.where(access.legs, problem.leg_cost_per_t * weight + self._run_share(load), np.inf)
            link_cost = np.where(access.links, problem.link_cost_per_t * weight, np.inf)
            start = self.network.nodes.start_node[ask.from_hub]
            self.memory.cheapest[key] = self.ways.cheapest(start, leg_cost, link_cost)
        reach = self.memory.cheapest[key]
        end = self.network.nodes.end_node[ask.to_hub]
        cost = reach.at.get(end, math.inf)
        if cost < ask.gain:
            return ""
        return (
            f"price: even in full vehicles the cheapest way ({self.names.way(reach.way_to(end))}) costs {cost:.4g} "
            f"{self.currency} a unit; serving it brings {ask.gain:.4g}"
        )

    def _run_share(self, load: tuple[float, ...]) -> FloatArray:
        """Part of the cost of a full run that a unit bears on each leg."""
        problem = self.network.problem
        held = problem.vehicle_capacity
        with np.errstate(divide="ignore", invalid="ignore"):
            frac = np.where(np.array(load) > 0, np.array(load) / held, 0.0).max(axis=1, initial=0.0)
        num_legs = np.bincount(problem.leg_vehicle, minlength=len(held))
        share = np.where(np.isfinite(frac), frac, 0.0) * problem.vehicle_run_cost / np.maximum(1, num_legs)
        by_leg: FloatArray = share[problem.leg_vehicle]
        return by_leg

    def _load(self, good: str) -> tuple[float, ...]:
        per_unit = self.places.good_by_id[good].per_unit
        return tuple(per_unit.get(dim, 0.0) for dim in self.places.dimensions)

    # Room.

    def _no_room(self, ask: Ask) -> str:
        """Capacity that is full on every way in time, or a run of its own that does not pay."""
        end = self.network.nodes.end_node[ask.to_hub]
        deadline = ask.terms.deadline_min
        with_room = self.timed(ask, "room")
        if with_room is None:
            return "capacity: no room was found by the departures that run (not examined further)"
        if with_room.at.get(end, math.inf) <= deadline:
            return self._dear_with_room(ask, with_room.way_to(end))
        with_runs = self.timed(ask, "runs")
        if with_runs is not None and with_runs.at.get(end, math.inf) <= deadline:
            return self._dear_alone(ask, with_runs.way_to(end))
        reach = self.timed(ask, "all")
        return "" if reach is None else self._full(ask, reach.way_to(end))

    def _dear_with_room(self, ask: Ask, way: Way) -> str:
        cost = self._cost_of(ask, way)
        if cost >= ask.gain:
            return (
                f"price: the way in time with room ({self.names.way(way)}) costs {cost:.4g} {self.currency} a unit "
                f"with waiting and lateness; serving it brings {ask.gain:.4g}"
            )
        handled = [step for step in way if step.is_link and self._is_handling_full(step)]
        return f"capacity: {self.names.steps(handled)} has no tonnes left on the day" if handled else ""

    def _dear_alone(self, ask: Ask, way: Way) -> str:
        problem = self.network.problem
        load = np.array(self._load(ask.good))
        total, names = self._cost_of(ask, way) * ask.qty, []
        for key in dict.fromkeys(self.ways.run_of(step) for step in way if not step.is_link):
            legs = [step.index for step in way if not step.is_link and self.ways.run_of(step) == key]
            if all(self.ways.has_room(leg, key[1], load.tolist()) for leg in legs):
                continue
            vehicle = key[0]
            held = problem.vehicle_capacity[vehicle]
            need = max((ask.qty * load[d] / held[d] for d in range(len(load)) if 0 < held[d] < math.inf), default=0.0)
            total += float(problem.vehicle_run_cost[vehicle]) * max(1, math.ceil(need - 1e-9))
            names.append(self.names.run(key))
        cost = total / ask.qty
        if cost >= ask.gain:
            return (
                f"price: no departure that runs in time has room, and runs of its own for {ask.qty:.4g} units "
                f"on the quickest way ({some(names)}) make {cost:.4g} {self.currency} a unit; "
                f"serving it brings {ask.gain:.4g}"
            )
        fleets = {int(problem.vehicle_fleet[self.ways.run_of(step)[0]]) for step in way if not step.is_link} - {-1}
        used = [fleet for fleet in sorted(fleets) if self.solution.fleet_used[fleet] >= problem.fleet_count[fleet]]
        if used:
            names = [self.network.case.fleets[fleet].fleet for fleet in used]
            return f"capacity: all vehicles of fleet {some(names)} are in use"
        return ""

    def _full(self, ask: Ask, way: Way) -> str:
        """Name what is full on the earliest way."""
        load = self._load(ask.good)
        found: dict[str, None] = {}
        for step in way:
            if step.is_link:
                continue
            key = self.ways.run_of(step)
            if self.ways.has_room(step.index, key[1], load):
                continue
            full = self.ways.limits.full(*key)
            if full:
                loaded = self.ways.runs.get(key, (0, 0))[0]
                state = f"{loaded} runs, full" if loaded else "does not run"
                limits = some([self.names.limit(*limit) for limit in full])
                found[f"{self.names.run(key)} ({state}; {limits})"] = None
        return f"capacity: on the way in time {some(list(found))}" if found else ""

    def _cost_of(self, ask: Ask, way: Way) -> float:
        """Cost of a unit on a way in time, without runs."""
        problem = self.network.problem
        weight = self.places.good_by_id[ask.good].per_unit.get("t", 0.0)
        total, now = 0.0, ask.terms.ready_min
        for step in way:
            tail = problem.link_tail[step.index] if step.is_link else problem.leg_tail[step.index]
            total += weight * float(problem.node_hold_cost[tail]) * (step.start_min - now)
            costs = problem.link_cost_per_t if step.is_link else problem.leg_cost_per_t
            durations = problem.link_duration_min if step.is_link else problem.leg_travel_min
            total += weight * float(costs[step.index])
            now = step.start_min + int(durations[step.index])
        return total + ask.terms.late_cost * max(0, now - ask.terms.due_min)

    def _is_handling_full(self, step: Step) -> bool:
        problem = self.network.problem
        limits = problem.flow_use_limit[problem.flow_use_link == step.index]
        duals = self.solution.flow_limit_dual.reshape(-1, 3)
        return bool(len(limits) and np.isin(duals[np.abs(duals[:, 2]) > 0, 0], limits).any())

    def _ends(self, step: Step) -> tuple[str, ...]:
        if step.is_link:
            return ()
        service = self.names.service(self.ways.leg_vehicle[step.index])
        stop = int(self.network.vehicles.leg_stop[step.index])
        return tuple(self.places.country_by_hub[hub] for hub in service.route[stop : stop + 2])


OBSTACLES = ("no path", "handling class", "transit", "no permission", "deadline", "price", "capacity", "open")

"""Words a reason begins with, from the farthest from being served to the nearest."""


def _nearness(reason: str) -> int:
    return next((place for place, word in enumerate(OBSTACLES) if reason.startswith(word)), -1)
